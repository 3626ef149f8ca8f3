"""The module map as it is drawn. Pure."""

from itertools import pairwise

from fakes.graph_snapshots import snapshot

from sigma_core.console.graph.module_picture import COLUMNS, MOST_MODULES, finding, module_map, picture
from sigma_core.graph.snapshot import GraphSnapshot
from sigma_core.strategies.module_communities import module_communities


def rooms(moved: str, count: int = 5) -> GraphSnapshot:
    """Two packages that keep to themselves; one module of the first lives in the second."""

    def name(room: str, number: int) -> str:
        return f"shop.{'stock' if f'{room}{number}' == moved else room}.{room}{number}"

    links = [
        (name(room, number), name(room, (number + step) % count), "IMPORTS")
        for room in ("bill", "stock")
        for number in range(count)
        for step in (1, 2)
    ]
    modules = {each for link in links for each in link[:2]}
    return snapshot(links, kinds=dict.fromkeys(modules, "module"))


def test_a_module_in_the_wrong_package_is_ringed_and_named_and_the_others_are_not() -> None:
    seen = rooms("bill3")
    found = module_communities(seen, 1)
    drawn = module_map(seen, found)
    data = picture(drawn, dark=False)["series"][0]["data"]
    ringed = [each["name"] for each in data if "itemStyle" in each]
    assert ringed == ["shop.stock.bill3 belongs to shop.bill"]
    assert "1 module out of place" in finding(drawn, found)
    home = next(each for each in drawn.modules if each.name == "shop.stock.bill3")
    box = next(each for each in drawn.boxes if each.package == "shop.stock")
    assert box.left < home.x < box.right
    assert box.top < home.y < box.bottom
    hue = {each["name"]: each["category"] for each in data}
    assert hue["shop.stock.bill3 belongs to shop.bill"] == hue["shop.bill.bill0"] != hue["shop.stock.stock0"]


def test_lines_are_imports_between_packages() -> None:
    seen = rooms("bill3")
    drawn = module_map(seen, module_communities(seen, 1))
    packages = [{drawn.modules[one].package, drawn.modules[other].package} for one, other in drawn.lines]
    assert packages == [{"shop.bill", "shop.stock"}] * 4


def test_no_two_boxes_lie_on_each_other_and_what_is_too_much_is_counted() -> None:
    names = [f"shop.p{package}.m{number}" for package in range(9) for number in range(30)]
    links = [(one, other, "IMPORTS") for one, other in pairwise(names)]
    seen = snapshot(links, kinds=dict.fromkeys(names, "module"))
    found = module_communities(seen, 1)
    drawn = module_map(seen, found)
    assert (len(drawn.modules), drawn.left_out) == (MOST_MODULES, 270 - MOST_MODULES)
    assert f"{270 - MOST_MODULES} modules not drawn" in finding(drawn, found)
    for one in drawn.boxes:
        assert 0 <= one.left < one.right <= COLUMNS
        for other in drawn.boxes:
            apart = one.right <= other.left or other.right <= one.left or one.bottom <= other.top
            assert one is other or apart or other.bottom <= one.top


def test_code_without_packages_has_no_map_and_nothing_out_of_place() -> None:
    for seen in (snapshot([]), snapshot([("a", "b", "IMPORTS")], kinds={"a": "module", "b": "module"})):
        found = module_communities(seen, 1)
        assert (len(found.modules), list(found.drift), found.agreement) == (0, [], 1.0)
