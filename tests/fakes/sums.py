"""A small project of sums with tests of its own, and how a change of it is verified."""

from collections.abc import Callable

from fakes.small_repository import SmallRepository

from sigma_core.projects.sandbox import Sandbox
from sigma_core.proposals.evidence import Evidence
from sigma_core.proposals.verification.verifier import Verifier

CALC = '''"""Sums."""

import os


def add(a, b):
    total = a + b
    return total


def untested(a):
    return a * 2


def positive(a):
    if a > 0:
        return True
    return False
'''
TESTS = """
import calc


def test_add():
    assert calc.add(1, 2) == 3


def test_add_again():
    assert calc.add(2, 2) == 4


def test_positive():
    assert calc.positive(1)
    assert not calc.positive(-1)
"""
FILES = {"calc.py": CALC, "tests/test_calc.py": TESTS}

Verify = Callable[..., Evidence]
Repository = Callable[..., SmallRepository]


def verifier(sandbox: Sandbox, repository: SmallRepository, **options: object) -> Verifier:
    return Verifier(projects=repository, sandbox=sandbox, home=repository.home, **options)
