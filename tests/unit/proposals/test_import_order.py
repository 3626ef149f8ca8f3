"""Modules of the project that do something to the same object when they are imported keep their order."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from sigma_core.proposals.verification.patch import ChangedFile
from sigma_core.proposals.verification.static.import_effects import ImportEffects
from sigma_core.proposals.verification.static.import_order import ImportOrder
from sigma_core.proposals.verification.static.modules import Modules

REGISTRY = "NAMES = []\n\n\ndef register(each):\n    NAMES.append(each)\n    return each\n"
UNSORTED = "import pkg.second\nimport pkg.first\n"
SORTED = "import pkg.first\nimport pkg.second\n"

Read = Callable[..., list[str]]


@pytest.fixture
def swapped(tmp_path: Path) -> Read:
    """What is said of a file that comes to import otherwise, in a package of these modules."""

    def read(modules: Mapping[str, str], before: str = UNSORTED, after: str = SORTED) -> list[str]:
        files = {"__init__.py": "", "registry.py": REGISTRY, "order.py": before, **modules}
        (tmp_path / "pkg").mkdir()
        for name, text in files.items():
            (tmp_path / "pkg" / name).write_text(text)
        file = ChangedFile("pkg/order.py", "pkg/order.py", before, after, ())
        tree = Modules(tmp_path)
        return list(ImportOrder(tree, ImportEffects(tree)).swapped(file))

    return read


ACTS = {
    "a call of a method": "from pkg import registry\n\nregistry.NAMES.append(__name__)\n",
    "a call of a function": "from pkg.registry import register\n\nregister(__name__)\n",
    "a decorator": "from pkg.registry import register\n\n\n@register\ndef plugin():\n    pass\n",
    "a class with a decorator": "from pkg import registry as r\n\n\n@r.register\nclass Plugin:\n    pass\n",
    "an attribute": "import pkg.registry\n\npkg.registry.last = __name__\n",
    "an element": "from pkg.registry import NAMES\n\nNAMES[:] = [__name__]\n",
    "within a condition": "import sys\n\nfrom pkg import registry\n\nif sys.platform:\n    registry.NAMES.append(1)\n",
    "another library's state": "import logging\n\nlogging.basicConfig(level=1)\n",
    "what it was given another name": "from pkg import registry\n\nnames = registry.NAMES\nnames.append(1)\n",
    "a list that grows": "from pkg.registry import NAMES\n\nNAMES += [1]\n",
    "a function of its own": "def start():\n    pass\n\n\nstart()\n",
}


@pytest.mark.parametrize("text", ACTS.values(), ids=ACTS)
def test_two_that_act_on_the_same_are_not_swapped_without_a_word(swapped: Read, text: str) -> None:
    (said,) = swapped({"first.py": text, "second.py": text})
    assert said == (
        "pkg/order.py:1 comes to import pkg.first before pkg.second, and both do something when they are imported."
    )


def test_what_a_module_imports_acts_with_it(swapped: Read) -> None:
    modules = {"deep1.py": ACTS["a call of a method"], "deep2.py": ACTS["a call of a method"]}
    (said,) = swapped(modules | {"first.py": "from . import deep1\n", "second.py": "from pkg.deep2 import x\n"})
    assert "pkg.deep1 before pkg.deep2" in said


HARMLESS = {
    "definitions": "def f():\n    pass\n",
    "a logger": "import logging\n\nlog = logging.getLogger(__name__)\n",
    "a logger of its own": "import logging\n\nlog = logging.getLogger(__name__)\nlog.setLevel(1)\n",
    "a table of its own": "X = dict(a=1)\nX['b'] = 2\nX.update(c=3)\n",
    "a decorator of another library": "import click\n\n\n@click.command()\ndef main():\n    pass\n",
    "what it does as a script": "from pkg import registry as r\n\nif __name__ == '__main__':\n    r.NAMES.append(1)\n",
    "imports for types": "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from pkg import registry\n",
}


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_modules_that_only_define_things_may_come_in_any_order(swapped: Read, text: str) -> None:
    assert swapped({"first.py": text, "second.py": text}) == []


def test_those_that_act_on_different_things_may_too(swapped: Read) -> None:
    assert swapped({"first.py": ACTS["a call of a method"], "second.py": ACTS["another library's state"]}) == []


def test_one_that_was_loaded_before_either_way_is_not_swapped(swapped: Read) -> None:
    acts = ACTS["a call of a method"]
    before = "import pkg.first\nimport pkg.second\nimport pkg.third\n"
    after = "import pkg.first\nimport pkg.third\nimport pkg.second\n"
    modules = {"first.py": "from pkg import second, third\n", "second.py": acts, "third.py": acts}
    assert swapped(modules, before, after) == []


def test_modules_in_a_circle_are_read_to_their_end(swapped: Read) -> None:
    acts = ACTS["a call of a method"]
    assert len(swapped({"first.py": f"import pkg.second\n{acts}", "second.py": f"import pkg.first\n{acts}"})) == 1


def test_a_file_that_imports_the_same_in_the_same_order_says_nothing(swapped: Read) -> None:
    acts = ACTS["a call of a method"]
    assert swapped({"first.py": acts, "second.py": acts}, UNSORTED, UNSORTED + "X = 1\n") == []
