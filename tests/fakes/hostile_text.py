"""A repository whose every text would steer a terminal: names, settings, code, messages of commits."""

from pathlib import Path

from fakes.checkout import Checkout

ESCAPE = "\x1b]0;pwned\x07\x1b[2J\u202e\x9b31m"
FOLDER = "shop\x1b[2J"
_SETTINGS = "[tool.sigma]\n" + '"\\u001b[2J\\u202ekey" = 1\n"\\u0007" = 2\n'
_CODE = f"def total(value):\n    # {ESCAPE}\n    if value == None:\n        return 0\n    return value\n"


def hostile_checkout(folder: Path) -> Checkout:
    """Such a repository, below `folder`."""
    names = ("pkg/shop.py", f"pkg/{ESCAPE}.py".replace("]0;", "]0;n"), "pkg/new\nline.py")
    checkout = Checkout(folder / FOLDER, {**dict.fromkeys(names, _CODE), "pyproject.toml": _SETTINGS})
    checkout.commit({"README": ESCAPE}, f"Say {ESCAPE}")
    return checkout
