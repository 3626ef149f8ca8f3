"""Copies of arguments, bounded."""

import copy
import types

from sigma_probe.differing.describing import TooLarge
from sigma_probe.differing.odd import Fresh

_MOST_OBJECTS = 5000
_SHARED = (types.ModuleType,)


class _Memo(dict):
    """What `deepcopy` remembers; it gives up on what is too large."""

    asked = 0

    def get(self, key, default=None):
        self.asked += 1
        if self.asked > _MOST_OBJECTS:
            raise TooLarge
        return dict.get(self, key, default)


def copied(value, known=()):
    """A deep copy. Plain objects in `known` stand for themselves: they are marks that code compares by identity.

    Raises whatever the value's own code does.
    """
    memo = _Memo()
    for each in known:
        if type(each) is object or isinstance(each, _SHARED):
            memo[id(each)] = each
    return copy.deepcopy(value, memo)


def handed_over(value, known=()):
    """The value as a function gets it: a copy, and an iterator where one stands for it."""
    if isinstance(value, Fresh):
        return (each for each in copied(list(value.items), known))
    return copied(value, known)
