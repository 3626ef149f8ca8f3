"""What a function is called with."""

from sigma_probe.differing.copying import handed_over
from sigma_probe.differing.describing import TooLarge, described

_VARARGS, _KEYWORDS = 4, 8


class Shape:
    """The parameters of a function, read off its code."""

    def __init__(self, code):
        count = code.co_argcount
        names = list(code.co_varnames)
        self.positional = names[:count]
        self.only = code.co_posonlyargcount
        self.keywords = names[count : count + code.co_kwonlyargcount]
        rest = names[count + code.co_kwonlyargcount :]
        self.star = rest.pop(0) if code.co_flags & _VARARGS else None
        self.double = rest.pop(0) if code.co_flags & _KEYWORDS else None

    @property
    def names(self):
        return self.positional + self.keywords + [name for name in (self.star, self.double) if name]

    def same_as(self, other):
        return vars(self) == vars(other)

    def bound(self, values, known=()):
        """Positional and keyword arguments, each a copy. A parameter without a value is left to its default."""
        given = {name: handed_over(value, known) for name, value in values.items()}
        positional, keywords = [], {}
        for place, name in enumerate(self.positional):
            if name not in given:
                if place < self.only:
                    break
                continue
            if len(positional) == place:
                positional.append(given[name])
            else:
                keywords[name] = given[name]
        keywords.update((name, given[name]) for name in self.keywords if name in given)
        if self.star in given and len(positional) == len(self.positional):
            positional.extend(given[self.star])
        if self.double in given:
            keywords.update(given[self.double])
        return positional, keywords


class Input:
    """One call: values by parameter. `foreign` is one that neither tests nor annotations speak of; it is `odd` where
    an object of no ordinary type is among them."""

    def __init__(self, values, foreign=False, origin="made"):
        self.values, self.foreign, self.origin = values, foreign, origin

    @property
    def odd(self):
        return self.foreign and any(type(value).__module__.startswith("sigma_probe") for value in self.values.values())

    @property
    def text(self):
        return ", ".join(name + "=" + _shown(value) for name, value in self.values.items())


_known = {}
"""Texts by the identity of values, which are kept: many inputs differ in one argument only, and no call gets these."""


def _shown(value):
    if id(value) not in _known:
        try:
            _known[id(value)] = value, _said(value)
        except Exception:
            _known[id(value)] = value, None
    text = _known[id(value)][1]
    if text is None:
        raise TooLarge
    return text


def _said(value):
    # A generator in waiting is shown as what it will be
    items = getattr(value, "items", None)
    if type(value).__name__ == "Fresh" and isinstance(items, tuple):
        return "(each for each in " + described(list(items)) + ")"
    return described(value)
