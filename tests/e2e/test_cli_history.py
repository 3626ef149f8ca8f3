"""`sigma project history` as its users meet it."""

from pathlib import Path

from fakes.checkout import Checkout
from fakes.command import Command

TAX = "def rate():\n    return 2\n"


def test_who_knows_a_function_and_what_its_last_commits_did(home: Path, tmp_path: Path) -> None:
    sigma = Command(home)
    checkout = Checkout(tmp_path / "shop", {"shop/__init__.py": "", "shop/tax.py": TAX, "shop/cart.py": "x = 1\n"})
    for number in (3, 4):
        checkout.commit(
            {"shop/tax.py": TAX.replace("2", str(number)), "shop/cart.py": f"x = {number}\n"},
            f"Fix the rate\n\nIt has to be {number}.",
        )
    sigma("project", "add", str(checkout.path), "--name", "shop")
    sigma("run", "--project", "shop", "--worker", "analysis")
    told = sigma.json("project", "history", "shop", "tax.rate")
    assert (told["entity"]["kind"], told["entity"]["name"]) == ("function", "shop.tax.rate")
    assert [(each["subject"], each["is_fix"]) for each in told["commits"]] == [
        ("Fix the rate", True),
        ("Fix the rate", True),
        ("change", False),
    ]
    assert told["commits"][0]["body"] == "It has to be 4."
    module = sigma.json("project", "history", "shop", "shop/tax.py", "--fixes")
    assert [each["name"] for each in module["known_by"]] == ["A Person"]
    assert "shop.cart" in [each["name"] for each in module["changes_with"]]
    assert len(module["commits"]) == 2
    shown = sigma("project", "history", "shop", "shop.tax").out
    assert "module shop.tax (shop/tax.py)" in shown
    assert "known by" in shown
    assert "Fix the rate" in shown
    assert "nothing.of.it" in sigma("project", "history", "shop", "nothing.of.it", code=None).err
