"""Small repositories of which is known by hand what depends on what."""

from collections.abc import Mapping

BLAST: Mapping[str, str] = {
    "shop/__init__.py": "",
    "shop/tax.py": "def rate():\n    return 2\n\n\ndef unused():\n    return 3\n",
    "shop/cart.py": "from shop.tax import rate\n\n\nclass Cart:\n    def total(self):\n        return rate() + 1\n\n"
    "    def clear(self):\n        return None\n",
    "shop/gift.py": "from shop.cart import Cart\n\n\nclass GiftCart(Cart):\n    def wrap(self):\n        return 1\n",
    "shop/checkout.py": "from shop.cart import Cart\n\n\ndef pay(cart: Cart):\n    return cart.total()\n\n\n"
    "def refund(cart: Cart):\n    return -pay(cart)\n",
    "shop/report.py": "from shop.tax import rate\n\n\ndef monthly():\n    return rate() * 12\n",
    "tests/test_tax.py": "from shop.tax import rate, unused\n\n\ndef test_rate():\n    assert rate() == 2\n\n\n"
    "def test_unused():\n    assert unused() == 3\n",
    "tests/test_cart.py": "from shop.cart import Cart\n\n\ndef test_total():\n    cart = Cart()\n"
    "    assert cart.total() == 3\n\n\n"
    "def test_clear():\n    assert Cart().clear() is None\n",
}
"""`shop.tax.rate` is called by a method that a function calls, and by a report that no test runs."""

_LEAVES = "\n\n".join(f"def step{n}(value):\n    return value + {n}" for n in range(20)) + "\n"
_PLAIN = {
    "shop/__init__.py": "",
    **{
        f"shop/part{n}.py": f"def help{n}(one):\n    return one\n\n\ndef use{n}(one):\n    return help{n}(one)\n"
        for n in range(8)
    },
    **{
        f"tests/test_part{n}.py": f"from shop.part{n} import use{n}\n\n\ndef test_{n}():\n    assert use{n}(1) == 1\n"
        for n in range(8)
    },
}
SOUND: Mapping[str, str] = _PLAIN
"""Nothing stands out."""
SICK: Mapping[str, str] = {
    **_PLAIN,
    "shop/core.py": "def convert(value):\n    return value\n",
    **{
        f"shop/user{n}.py": "from shop.core import convert\n\n\n"
        f"def first{n}(value):\n    return convert(value)\n\n\ndef second{n}(value):\n    return convert(value)\n"
        for n in range(6)
    },
    "shop/here.py": "from shop.there import go\n\n\ndef come(value):\n    return value\n",
    "shop/there.py": "from shop.over import pass_on\n\n\ndef go(value):\n    return pass_on(value)\n",
    "shop/over.py": "import shop.here\n\n\ndef pass_on(value):\n    return value\n",
    "shop/steps.py": _LEAVES,
    "shop/all.py": "from shop import steps\n\n\ndef everything(value):\n"
    + "".join(f"    value = steps.step{n}(value)\n" for n in range(20))
    + "    return value\n",
    "shop/owners.py": "class House:\n    def tenant(self):\n        return Tenant()\n\n\n"
    "class Tenant:\n    def house(self):\n        return House()\n",
}
"""The same with a hub that no test reaches, a circle of three imports, a function that calls twenty, and two classes
that make each other."""


def _room(room: str, modules: str, *, without: str = "") -> dict[str, str]:
    """A package whose modules call each other, each the next two."""
    names = modules.split()
    files = {f"shop/{room}/__init__.py": ""}
    for number, name in enumerate(names):
        others = [names[(number + step) % len(names)] for step in (1, 2)]
        imports = "".join(f"from shop.{_home(room, each, without)}.{each} import do_{each}\n" for each in others)
        calls = " + ".join(f"do_{each}(one)" for each in others)
        text = f"{imports}\n\ndef do_{name}(one):\n    return {calls}\n"
        files[f"shop/{_home(room, name, without)}/{name}.py"] = text
    return files


def _home(room: str, name: str, moved: str) -> str:
    return "stock" if name == moved else room


def rooms(moved: str = "") -> dict[str, str]:
    """Three packages that keep to themselves; `moved`: a module of billing that was put into stock."""
    return {
        "shop/__init__.py": "",
        **_room("billing", "invoice tax due payment reminder", without=moved),
        **_room("stock", "shelf parcel count order supplier"),
        **_room("mail", "letter stamp address queue sender"),
        "shop/run.py": "from shop.billing.tax import do_tax\nfrom shop.stock.count import do_count\n"
        "from shop.mail.queue import do_queue\n\n\n"
        "def run(one):\n    return [do_tax(one), do_count(one), do_queue(one)]\n",
    }


WEB: Mapping[str, str] = {
    **BLAST,
    "shop/web.py": "from flask import Flask\n\nfrom shop.checkout import pay\nfrom shop.cart import Cart\n\n"
    "app = Flask('shop')\n\n\n@app.post('/pay')\ndef buy():\n    return pay(Cart())\n",
    "shop/printing.py": "import subprocess\n\n\ndef send(text):\n    return subprocess.call(text, shell=True)\n",
    "shop/label.py": "from shop.printing import send\n\n\ndef label(cart):\n    return send(cart)\n",
}
"""The shop with a route that leads to the tax, and a label that a shell prints."""


LIKE: Mapping[str, str] = {
    "shop/__init__.py": "",
    "shop/sums.py": "def tax(one):\n    return one\n\n\ndef round_up(one):\n    return one\n"
    "\n\ndef fee(one):\n    return 1\n\n\ndef carrier(one):\n    return 2\n",
    "shop/bills.py": "from shop.sums import round_up, tax\n\n\ndef bill(one):\n    if one == None:\n        return 0\n"
    "    return round_up(tax(one))\n",
    "shop/invoices.py": "from shop.sums import fee, round_up, tax\n\n\ndef invoice(one):\n"
    "    return round_up(tax(one)) + fee(one)\n",
    "shop/ships.py": "from shop.sums import carrier\n\n\ndef send(one):\n    return carrier(one)\n",
}
"""An invoice calls what a bill calls; sending calls something else."""


def store(module: str, function: str) -> dict[str, str]:
    """A project whose one module keeps rows in a database by way of two packages, and one that only adds."""
    return {
        f"{module}.py": "import requests\nimport sqlalchemy\n\n\n"
        f"def {function}(rows):\n    return sqlalchemy.text(requests.get(rows))\n\n\nclass {function.title()}:\n"
        f"    def all(self):\n        return {function}([])\n",
        "plus.py": "def plus(one, other):\n    return one + other\n",
        "minus.py": "import numpy\n\n\ndef minus(one):\n    return numpy.floor(one)\n",
    }
