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
