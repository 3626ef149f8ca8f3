"""What replaced what is found at the syntax tree, and nothing of a project is left in it."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.errors import Invalid
from sigma_core.learning.patterns.conditions import CodePlace, Conditions, instances, unmet
from sigma_core.learning.patterns.extraction import rewrites
from sigma_core.learning.patterns.pattern_trust import SeenInstance, discounted, is_pattern, trust
from sigma_core.learning.patterns.templates import fill, match, places, template
from sigma_core.parsing import syntax_tree

OWN = frozenset({"shop"})


def found(before: str, after: str) -> list[tuple[str, str]]:
    return [(each.rewrite.before.text, each.rewrite.after.text) for each in rewrites(before, after, OWN)]


@pytest.mark.parametrize(
    ("before", "after", "pattern"),
    [
        ("if cart == None:\n    pass\n", "if cart is None:\n    pass\n", ("$1 == None", "$1 is None")),
        (
            "import yaml\ndef f(secret):\n    return yaml.load(secret.path)\n",
            "import yaml\ndef f(secret):\n    return yaml.safe_load(secret.path)\n",
            ("yaml.load", "yaml.safe_load"),
        ),
        ("x = len(self.orders) == 0\n", "x = not self.orders\n", ("len($1) == 0", "not $1")),
        ("f = open(name)\n", "f = open(name, encoding='utf-8')\n", ("open($1)", "open($1, encoding='utf-8')")),
        ("a = not key in table\n", "a = key not in table\n", ("not $1 in $2", "$1 not in $2")),
        (
            "def f(x):\n    try:\n        g()\n    except KeyError as e:\n        raise ValueError(x)\n",
            "def f(x):\n    try:\n        g()\n    except KeyError as e:\n        raise ValueError(x) from e\n",
            ("raise $1", "raise $1 from $2"),
        ),
        ("t = d[k] if k in d else None\n", "t = d.get(k)\n", ("$1[$2] if $2 in $1 else None", "$1.get($2)")),
    ],
)
def test_a_replacement_becomes_a_pattern_with_holes(before: str, after: str, pattern: tuple[str, str]) -> None:
    assert found(before, after) == [pattern]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a = price\n", "a = cost\n"),
        ("a = 'old words'\n", "a = 'new words'\n"),
        ("a = f(1)\n", "a = f(1)\nb = 2\n"),
        ("import os\n", "import sys\n"),
        ("def f():\n    return 1\n", "def g():\n    return 1\n"),
        ("a = b == c\n", "a = b is c\n"),
        ("a = 'x %s' % b\n", "a = f'x {b}'\n"),
        ("a = (\n", "a = 1\n"),
    ],
)
def test_what_is_one_projects_alone_is_no_pattern(before: str, after: str) -> None:
    assert found(before, after) == []


def test_no_word_of_the_project_is_left_in_a_pattern() -> None:
    before = "import shop.vault\nvault = shop.vault.Vault('s3cret')\ny = vault.acme(key=1, limit=77) == None\n"
    after = before.replace("== None", "is None")
    assert found(before, after) == [("$1 == None", "$1 is None")]
    before = "q = acme.find(customer_secret=x) == None or acme.wait(9)\n"
    after = "q = acme.find(customer_secret=x) is None and acme.wait(9)\n"
    ((old, new),) = found(before, after)
    assert not {"acme", "find", "customer_secret", "wait", "9"} & set(ast_words(old) | ast_words(new))


def ast_words(text: str) -> set[str]:
    return set(text.replace("(", " ").replace(")", " ").replace(".", " ").replace("=", " ").split())


def test_a_file_rewritten_by_a_program_teaches_nothing() -> None:
    before = "".join(f"a{n} = b{n} == None\n" for n in range(300))
    assert found(before, before.replace("==", "is")) == []


def test_a_template_matches_fills_and_is_read_strictly() -> None:
    wanted = template("$1[$2] if $2 in $1 else None")
    node = ast.parse("orders[key(1)] if key(1) in orders else None", mode="eval").body
    bindings = match(wanted, node)
    assert bindings == {"1": "orders", "2": "key(1)"}
    assert fill(template("$1.get($2)"), bindings) == "orders.get(key(1))"
    assert fill(template("$1.get($3)"), bindings) is None
    assert match(wanted, ast.parse("orders[a] if b in orders else None", mode="eval").body) is None
    method = template("$1.$2($1)")
    assert match(method, ast.parse("a.add(a)", mode="eval").body) == {"1": "a", "2": "add"}
    for bad in (
        "",
        "x\ny",
        "def f(): pass",
        "import os",
        "$1 +",
        "a; b",
        "x" * 2000,
        "+".join("abcdefgh" * 20),
        "__hole_1__",
    ):
        with pytest.raises(Invalid):
            template(bad)


@given(st.text(max_size=60))
def test_whatever_is_read_as_a_template_is_one_or_is_refused(text: str) -> None:
    try:
        read = template(text)
    except Invalid:
        return
    assert template(read.text).text == read.text


@pytest.mark.parametrize("depth", [20, 300, 600, 900])
def test_code_too_deep_to_be_written_is_of_no_form_and_fails_nobody(depth: int) -> None:
    tree = syntax_tree(f"x = len({'+'.join(['a'] * depth)}) == 0\n")
    found = list(places(template("len($1) == 0"), tree))
    assert len(found) <= 1
    assert found or depth > 20


def test_conditions_are_checked_by_code() -> None:
    tree = ast.parse("import yaml\nx = yaml.load(a)\n")
    place = CodePlace("shop/io.py", tree, "S506", (2, 2), 9, {"tool": {"ruff": {"fix": True}}})
    wanted = template("yaml.load")
    assert [node.lineno for node, _ in instances(wanted, place)] == [2]
    assert not list(instances(wanted, CodePlace("shop/io.py", tree, "S506", (1, 1))))
    met = Conditions("S506", ["shop/*.py"], ["yaml"], 8, {"tool.ruff.fix": True})
    assert not list(unmet(met, place))
    assert len(met.told()) == 5
    for asked, told in (
        (Conditions(rule="E711"), "it is for E711"),
        (Conditions(globs=["tests/*"]), "is none of tests/*"),
        (Conditions(imports=["json", "typing:List"]), "does not import json, typing:List"),
        (Conditions(python=12), "supports 3.9"),
        (Conditions(configuration={"tool.ruff.fix": False}), "is not False"),
    ):
        (said,) = unmet(asked, place)
        assert told in said


def test_trust_comes_from_sightings_after_a_discounted_prior() -> None:
    alone = trust([SeenInstance(True)] * 5)
    assert (alone.successes, alone.failures) == (5, 0)
    assert alone.low < alone.mean < alone.high
    assert alone.mean == pytest.approx(6 / 7)
    prior = discounted(400, 0)
    assert sum(prior) == 8
    assert trust([], *prior).mean > 0.85
    assert trust([SeenInstance(False)] * 8, *prior).mean == pytest.approx(0.5)
    assert discounted(0, 0) == (0.0, 0.0)
    young = [trust([SeenInstance(True, stood)] * 5).mean for stood in (0, 1, 10, 100)]
    assert young == sorted({*young})
    assert [is_pattern(3, 2, imported=False), is_pattern(3, 1, imported=False), is_pattern(0, 0, imported=True)] == [
        True,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("seen", "use", "why"),
    [
        ("+" * 5, "used", "86\u202f% of its instances are expected to last, at least 50\u202f%"),
        ("+" * 3 + "-" * 4, "not used", "44\u202f% of its instances are expected to last, fewer than 50\u202f%"),
        ("-" * 5, "warned of", "14\u202f% of its instances are expected to last, fewer than 35\u202f%"),
        ("+" * 40 + "-" * 4, "not used", "of its newest instances only 24\u202f% last"),
        ("+" * 40 + "-" * 4 + "+" * 2, "used", "90\u202f% of its instances are expected to last, at least 50\u202f%"),
    ],
)
def test_a_pattern_whose_record_falls_is_not_used_and_says_why(seen: str, use: str, why: str) -> None:
    found = trust([SeenInstance(each == "+") for each in seen])
    assert (found.use.value, found.why) == (use, why)
