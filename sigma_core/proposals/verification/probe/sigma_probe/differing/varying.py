"""Inputs near to those that were recorded, and odd ones for parameters that nothing is said about."""

from sigma_probe.differing.calls import Input
from sigma_probe.differing.odd import Elementwise, EqualToAll, Falsy, Fresh, Items, Mapping, Number, Text

_MOST = 120
_PLAIN = (bool, int, float, str, bytes, list, tuple, set, dict)


def near(calls):
    """Recorded calls with one argument changed: to a falsy or empty one of its kind, a part, an end of the scale."""
    for call in calls:
        for name, value in call.values.items():
            for other in _variants(value):
                yield Input({**call.values, name: other})


def crossed(calls):
    """Recorded calls with one argument from another of them."""
    for call in calls:
        for other in calls:
            for name, value in other.values.items():
                if other is not call and name in call.values:
                    yield Input({**call.values, name: value})


def related(calls):
    """Recorded calls with one argument that is a part of another: a key that is there, an element, a letter."""
    for call in calls:
        for whole in call.values.values():
            parts = list(whole)[:1] + list(whole)[-1:] if isinstance(whole, (str, list, tuple, dict)) else []
            for name, value in call.values.items():
                for part in parts:
                    if type(part) is type(value):
                        yield Input({**call.values, name: part})


def odd(starts, names):
    """Calls with what nobody promised not to give, for each parameter without a declared type."""
    for start in starts:
        for name in names:
            if name in start.values:
                for other in _odd_like(start.values[name]):
                    yield Input({**start.values, name: other}, foreign=True)


def general():
    """Values for a parameter of which nothing is known."""
    return [
        None, 0, 1, -1, 2, True, False, 0.5, "", "a", "b", "a b", (), (1, 2), [], [1], [3, 1, 2], ["b", "a"], {},
        {"a": 1}, {1}, float("nan"), b"", [(1,), (2,)], [0, None, ""], EqualToAll(), Falsy(), Elementwise(),
        Fresh(), Fresh(1, 2, 3), Items([1, 2]), Mapping(a=1),
    ]


def _odd_like(value):
    yield EqualToAll()
    yield Elementwise()
    yield Falsy()
    yield None
    if type(value) in (int, float, str):
        yield from ([value], (value,))
    if type(value) is bool:
        yield from (0, 1, 2, "", "a", [])
    if isinstance(value, (list, tuple, set, frozenset)):
        yield (tuple if isinstance(value, list) else list)(value)
        yield Fresh(*list(value)[:20])
        yield Fresh()


def _variants(value):
    kind = type(value)
    if kind is bool:
        return [not value]
    if kind is int:
        return [0, 1, -1, 2, value + 1, -value, Number(value)]
    if kind is float:
        return [0.0, -0.0, 0.5, 1.5, 2.5, -value, float("nan"), float("inf"), float("-inf")]
    if kind is str:
        parts = ["", " ", value[:1], value[1:], value + value, value.upper(), value.lower(), "a", Text(value)]
        return [*parts, "ß", "1", "²", "0" + value, value + "/"]
    if kind is bytes:
        return [b"", value[:1], value + value]
    if kind is list:
        empty = [type(each)() if type(each) in _PLAIN else each for each in value]
        return [[], value[:1], value[1:], value + value, value[::-1], empty, Items(value)]
    if kind is tuple:
        return [(), value[:1], value[1:], value + value, value[::-1]]
    if kind in (set, frozenset):
        return [kind(), kind(list(value)[:1])]
    if kind is dict:
        first = list(value.items())[:1]
        empty = {key: type(each)() if type(each) in _PLAIN else each for key, each in value.items()}
        return [{}, dict(first), dict(reversed(list(value.items()))), empty, Mapping(value)]
    return []


def distinct(inputs, known, most=_MOST):
    """Those that say something new, at most so many; what cannot be looked at is left out."""
    kept = []
    for each in inputs:
        if len(kept) >= most:
            break
        try:
            text = each.text
        except Exception:
            continue
        if text not in known:
            known.add(text)
            kept.append(each)
    return kept
