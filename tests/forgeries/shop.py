"""The project that is forged: two functions, two tests, and a change that makes one of them wrong."""

CODE = '''"""Prices."""


def total(values):
    result = 0
    for value in values:
        result = result + value
    return result


def tax(value):
    return value * 0.2
'''
HONEST = CODE.replace(
    "    result = 0\n    for value in values:\n        result = result + value\n    return result\n",
    "    return sum(values)\n",
)
WRONG = HONEST.replace("return sum(values)", "return sum(values) * 2")
TEST = """from shop.price import tax, total


def test_total():
    assert total([1, 2]) == 3


def test_total_of_nothing():
    assert total([]) == 0


def test_tax():
    assert tax(10) == 2
"""
UNITTEST = """import unittest

from shop.price import tax, total


class Prices(unittest.TestCase):
    def test_total(self):
        self.assertEqual(total([1, 2]), 3)

    def test_tax(self):
        self.assertEqual(tax(10), 2)
"""
FILES = {"shop/__init__.py": "", "shop/price.py": CODE, "tests/test_price.py": TEST}


def wrong(prelude: str, body: str = "return sum(values) * 2") -> str:
    """The wrong code with the forger's own lines before it."""
    text = WRONG.replace('"""Prices."""\n', f'"""Prices."""\n{prelude.strip()}\n', 1)
    return text.replace("    return sum(values) * 2\n", "".join(f"    {line}\n" for line in body.splitlines()))
