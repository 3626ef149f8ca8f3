"""Where the code around speaks against a fix, none is proposed."""

import pytest

from sigma_core.proposals.fixers.traps import is_trap

TRIED = "try:\n    import readline\nexcept Exception:\n    HAVE = False\n"
STEPS = "def f(x):\n    x = first(x)\n    x = last(x)\n    return x\n"
UPDATE = """def update(self, other):
    if callable(getattr(other, "keys", None)):
        for key in other.keys():
            self[key] = other[key]
"""
SAME = "if {}:\n    x = 1\nelif {}:\n    x = 1\n"
GUARDS = """def f(a, b):
    if a:
        return False
    if b:
        return False
    return True
"""


@pytest.mark.parametrize(
    ("rule", "text", "line"),
    [
        ("F401", TRIED, 2),
        ("SIM118", UPDATE, 3),
        ("SIM118", UPDATE.replace('callable(getattr(other, "keys", None))', "hasattr(other, 'keys')"), 3),
        ("F841", "def f(x):\n    first, second = x\n    return second\n", 2),
        ("C416", "x = 1\ny = {k: v for k, v in a.items()}\n", 2),
        ("RET504", STEPS, 4),
        ("RET504", STEPS.replace("= last(x)", "+= 1"), 4),
        ("SIM103", GUARDS, 4),
        ("SIM103", "def f(a, b):\n    if a and b:\n        return False\n    return True\n", 2),
        ("RET501", "def f(x):\n    'Answer None.'\n    return None\n", 3),
        ("SIM114", SAME.format("a", "b and c"), 1),
        ("SIM114", SAME.format("a" * 40, "b" * 40), 1),
        ("SIM102", "if a:\n    if b:\n        x = 1\nelif c:\n    if d:\n        x = 1\n", 4),
        ("F401", "from typing import List\nx = []  # type: List[int]\n", 1),
        ("F401", "import shop\n\ndef f(x):\n    # type: (shop.Cart) -> None\n    return x\n", 1),
    ],
)
def test_a_trap_is_known(rule: str, text: str, line: int) -> None:
    assert is_trap(rule, text, line)


@pytest.mark.parametrize(
    ("rule", "text", "line"),
    [
        ("F401", TRIED.replace("Exception", "ValueError"), 2),
        ("F401", f"import os\n{TRIED}", 1),
        ("F401", "from typing import List\nx = List_  # type: ignore[List]\n", 1),
        ("F401", "from typing import List\nx = []  # type: Listed\n", 1),
        ("SIM118", UPDATE.replace('    if callable(getattr(other, "keys", None)):\n', "    if other:\n"), 3),
        ("SIM118", f"{UPDATE}\n\ndef use(x):\n    for key in x.keys():\n        print(key)\n", 8),
        ("F841", "def f(x):\n    first = x\n    return x\n", 2),
        ("RET504", STEPS.replace("x = last(x)", "y = last(x)").replace("return x", "return y"), 4),
        ("RET504", STEPS.replace("x = last(x)", "pass"), 4),
        ("C416", "y = {k: v for k, v in a}\n", 1),
        ("C417", TRIED, 2),
        ("SIM102", "if a:\n    x = 2\nelif c:\n    if d:\n        x = 1\n", 3),
        ("SIM102", "if c:\n    if d:\n        x = 1\n", 1),
        ("SIM103", GUARDS, 2),
        ("SIM103", "def f(a, b):\n    if a and b:\n        return True\n    return False\n", 2),
        ("SIM114", SAME.format("a", "b or not c"), 1),
        ("RET501", "def f(x):\n    x()\n    return None\n", 3),
        ("SIM103", GUARDS.replace("return False", "return None", 1), 4),
        ("SIM103", GUARDS.replace("        return False", "        a += 1", 1), 4),
        ("F401", "def (", 1),
    ],
)
def test_other_code_is_none(rule: str, text: str, line: int) -> None:
    assert not is_trap(rule, text, line)
