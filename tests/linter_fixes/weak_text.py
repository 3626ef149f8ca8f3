"""Fixes of code about text that tests look at, on inputs for which they change nothing."""

from linter_fixes.case import weak

TEXT = (
    weak("split", "two spaces", "s", 'found = s.split(" ")', "found = s.split()", ('"a b"',)),
    weak("B005", "letters of the end", "s", 'found = s.rstrip(".py")', 'found = s.removesuffix(".py")', ('"bar.py"',)),
    weak(
        "B005 in front",
        "letters of the start",
        "s",
        'found = s.lstrip("ab")',
        'found = s.removeprefix("ab")',
        ('"abc"',),
    ),
    weak("casefold", "sharp s", "s", 'found = s.upper() == "SS"', 'found = s.lower() == "ss"', ('"sS"', '"a"')),
    weak("isdigit", "a raised digit", "s", "found = s.isdigit()", "found = s.isdecimal()", ('"12"', '"a"')),
    weak("UP031 of a number", "a fraction", "x", 'found = "%d" % x', 'found = f"{x}"', ("1",)),
    weak("UP031 of a repr", "a tuple as the one value", "x", 'found = "%r" % x', 'found = f"{x!r}"', ("1", "[]")),
    weak(
        "replaced once", "two of them", "s", 'found = s.replace("a", "b", 1)', 'found = s.replace("a", "b")', ('"ca"',)
    ),
    weak("FURB in", "at the very start", "s", 'found = s.find("a") > 0', 'found = "a" in s', ('"ba"', '"b"')),
    weak("splitlines", "nothing", "s", "found = s.splitlines()", 'found = s.split("\\n")', ('"a\\nb"',)),
    weak("title", "two words", "s", "found = s.title()", "found = s.capitalize()", ('"ab"',)),
    weak(
        "PTH118",
        "an absolute second part",
        "a, b",
        "import os\nfound = os.path.join(a, b)",
        'found = f"{a}/{b}"',
        ('"a", "b"',),
    ),
    weak(
        "PTH122",
        "a name that begins with a dot",
        "s",
        "import os\nfound = os.path.splitext(s)[0]",
        'found = s.rsplit(".", 1)[0]',
        ('"a.py"',),
    ),
    weak(
        "PTH119",
        "a slash at the end",
        "s",
        "import os\nfound = os.path.basename(s)",
        "import pathlib\nfound = pathlib.PurePath(s).name",
        ('"a/b.py"',),
    ),
    weak(
        "SIM110 over text",
        "a part of the text",
        "x, s",
        "found = any(x == y for y in s)",
        "found = x in s",
        ('"a", "abc"',),
    ),
    weak(
        "re.match", "further on", "s", 'import re\nfound = bool(re.match("a", s))', 'found = "a" in s', ('"ab"', '"b"')
    ),
)
