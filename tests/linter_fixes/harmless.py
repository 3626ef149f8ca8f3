"""Fixes that change nothing on any input that makes sense, of code whose tests look at it."""

from linter_fixes.case import Case

HARMLESS = (
    Case("RET504", "", "a, b", "total = a + b\nfound = total", "found = a + b", (("1, 2", "3"), ("2, 2", "4"))),
    Case("SIM210", "", "a", "found = True if a > 3 else False", "found = a > 3", (("1", "False"), ("5", "True"))),
    Case("C401", "", "xs", "found = set(x + 1 for x in xs)", "found = {x + 1 for x in xs}", (("[1, 2]", "{2, 3}"),)),
    Case("C400", "", "xs", "found = list(x * 2 for x in xs)", "found = [x * 2 for x in xs]", (("[1, 2]", "[2, 4]"),)),
    Case(
        "C402", "", "xs", "found = dict((x, x + 1) for x in xs)", "found = {x: x + 1 for x in xs}", (("[1]", "{1: 2}"),)
    ),
    Case(
        "C403",
        "",
        "xs",
        "found = set([x for x in xs])",
        "found = {x for x in xs}",
        (("[1, 2]", "{1, 2}"), ("[]", "set()")),
    ),
    Case("C405", "", "a, b", "found = set([a, b])", "found = {a, b}", (("1, 2", "{1, 2}"),)),
    Case("C408", "", "a", "found = dict(key=a)", 'found = {"key": a}', (("1", "{'key': 1}"),)),
    Case("C416", "", "xs", "found = [x for x in xs]", "found = list(xs)", (("(1, 2)", "[1, 2]"), ("()", "[]"))),
    Case(
        "C417",
        "",
        "xs",
        "found = list(map(lambda x: x + 1, xs))",
        "found = [x + 1 for x in xs]",
        (("[1, 2]", "[2, 3]"),),
    ),
    Case("UP032", "", "x", 'found = "<{}>".format(x)', 'found = f"<{x}>"', (("1", "'<1>'"), ("'a'", "'<a>'"))),
    Case(
        "SIM102",
        "",
        "a, b",
        "found = 0\nif a:\n    if b:\n        found = 1",
        "found = 0\nif a and b:\n    found = 1",
        (("1, 1", "1"), ("0, 1", "0"), ("1, 0", "0")),
    ),
    Case(
        "SIM108",
        "",
        "a",
        'if a > 2:\n    found = "big"\nelse:\n    found = "small"',
        'found = "big" if a > 2 else "small"',
        (("1", "'small'"), ("5", "'big'")),
    ),
    Case(
        "SIM103",
        "",
        "a",
        "if a > 2:\n    found = True\nelse:\n    found = False",
        "found = a > 2",
        (("1", "False"), ("5", "True")),
    ),
    Case(
        "PERF401",
        "",
        "xs",
        "found = []\nfor x in xs:\n    if x > 1:\n        found.append(x)",
        "found = [x for x in xs if x > 1]",
        (("[1, 2, 3]", "[2, 3]"),),
    ),
    Case("RUF005", "", "xs", "found = [0] + xs", "found = [0, *xs]", (("[1]", "[0, 1]"), ("[]", "[0]"))),
    Case(
        "PLR1730",
        "",
        "a, b",
        "if a < b:\n    a = b\nfound = a",
        "a = max(a, b)\nfound = a",
        (("1, 2", "2"), ("3, 2", "3")),
    ),
    Case("PLR6104", "", "a", "a = a + 2\nfound = a", "a += 2\nfound = a", (("1", "3"), ("5", "7"))),
    Case("UP034", "", "a, b", "found = max((a, b))", "found = max(a, b)", (("1, 2", "2"), ("2, 1", "2"))),
    Case("FLY002", "", "a, b", 'found = "-".join([a, b])', 'found = f"{a}-{b}"', (("'a', 'b'", "'a-b'"),)),
    Case("E713", "", "x, xs", "found = not x in xs", "found = x not in xs", (("1, [1]", "False"), ("1, [2]", "True"))),
    Case("C414", "", "xs", "found = sorted(list(xs))", "found = sorted(xs)", (("[2, 1]", "[1, 2]"),)),
)
