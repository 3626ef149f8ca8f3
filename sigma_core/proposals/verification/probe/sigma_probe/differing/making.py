"""Inputs that Hypothesis makes, from annotations and from the types of what was recorded."""

import importlib.machinery
import importlib.util
import os
import random
import sys
import tempfile
import typing
import warnings

from sigma_probe.differing.calls import Input
from sigma_probe.differing.odd import Items, Mapping, Number, Text
from sigma_probe.differing.varying import general

_AT_ONCE = 12
"""Calls in one of Hypothesis' examples: what it does for each example costs more than a call. The first is the simplest
of all, many times."""


def hypothesis_in(places):
    """Hypothesis and its strategies: the project's own, else ours; None where it does not load.

    Ours lies with what it needs in these places, a file or a folder each, it the first.
    """
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", tempfile.gettempdir())
    try:
        if importlib.util.find_spec("hypothesis") is None:
            for place in reversed(places):
                _load(place)
        import hypothesis
        import hypothesis.strategies

        return hypothesis
    except Exception:
        return None


def _load(place):
    name = os.path.splitext(os.path.basename(place))[0]
    if name in sys.modules or importlib.util.find_spec(name) is not None:
        return
    inside = [place] if os.path.isdir(place) else None
    file = os.path.join(place, "__init__.py") if inside else place
    # A tool that is a single file has no ending in its name
    loader = importlib.machinery.SourceFileLoader(name, file)
    spec = importlib.util.spec_from_file_location(name, file, loader=loader, submodule_search_locations=inside)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


class Maker:
    """Draws calls of one function."""

    def __init__(self, hypothesis, function, shape, calls):
        self._hypothesis, self._strategies = hypothesis, hypothesis.strategies
        self._shape, self._calls = shape, calls
        try:
            self._hints = typing.get_type_hints(function)
        except Exception:
            self._hints = {}

    def made(self, seed, count):
        """At most so many calls, the same for the same seed; each says whether it is foreign."""
        if not self._shape.positional and not self._shape.keywords:
            return []
        strategies, foreign = {}, False
        for name in self._shape.positional + self._shape.keywords:
            strategy, unknown = self._strategy(name)
            if strategy is None:
                return []
            strategies[name], foreign = strategy, foreign or unknown
        found = []
        hypothesis = self._hypothesis
        setting = hypothesis.settings(
            max_examples=1 + -(-count // _AT_ONCE), database=None, deadline=None, phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )

        def draw(calls):
            found.extend(Input(values, foreign) for values in calls)

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                one = self._strategies.fixed_dictionaries(strategies)
                run = hypothesis.given(self._strategies.lists(one, min_size=_AT_ONCE, max_size=_AT_ONCE))(draw)
                hypothesis.seed(seed)(setting(run))()
        except Exception:
            # A type of which no value can be made
            return found
        return found

    def _strategy(self, name):
        """Values for one parameter, and whether nothing speaks for them."""
        seen = [call.values[name] for call in self._calls if name in call.values]
        hint = self._hints.get(name)
        own = self._declared(hint) if hint is not None else None
        if own is not None:
            return (own | self._strategies.sampled_from(seen) if seen else own), False
        if seen:
            return self._like(seen), False
        if self._shape.positional[:1] == [name] and name in ("self", "cls"):
            return None, False
        return self._strategies.sampled_from(general()), True

    def _declared(self, hint):
        """By the annotation. Numbers stay small: code loops over them."""
        strategies = self._strategies
        simple = {int: self._integers(), str: self._texts(), float: strategies.floats(), bool: strategies.booleans()}
        if hint in (typing.Any, object) or isinstance(hint, typing.TypeVar):
            return None
        try:
            if hint in simple:
                return simple[hint]
            origin, parts = typing.get_origin(hint), typing.get_args(hint)
            if origin is typing.Union or type(hint).__name__ == "UnionType":
                found = [self._declared(part) for part in parts]
                return None if None in found else strategies.one_of(found)
            inner = [self._declared(part) for part in parts if part is not Ellipsis]
            if origin in (list, set, frozenset) and inner and inner[0] is not None:
                return getattr(strategies, origin.__name__ + "s")(inner[0], max_size=6)
            if origin is dict and len(inner) == 2 and None not in inner:
                return strategies.dictionaries(*inner, max_size=5)
            made = strategies.from_type(hint)
            made.validate()
            return made
        except Exception:
            return None

    def _like(self, seen):
        """Of the kinds that were recorded."""
        strategies, by_kind = self._strategies, {}
        for each in seen:
            by_kind.setdefault(type(each), []).append(each)
        found = [strategies.sampled_from(seen)]
        for kind, values in by_kind.items():
            made = self._of_kind(kind, values)
            if made is not None:
                found.append(made)
        return strategies.one_of(found)

    def _of_kind(self, kind, values):
        strategies = self._strategies
        simple = {
            bool: strategies.booleans(), int: self._integers() | strategies.sampled_from(values).map(Number),
            float: strategies.floats(), str: self._texts(), bytes: strategies.binary(max_size=8),
        }
        if kind in simple:
            return simple[kind]
        if kind in (list, set, frozenset):
            parts = [part for each in values for part in each][:50]
            made = strategies.lists(self._like(parts), max_size=6) if parts else strategies.just([])
            return made.map(kind) | made.map(Items) if kind is list else made.map(kind)
        if kind is tuple:
            sizes = sorted({len(each) for each in values})[:3]
            return strategies.one_of(
                strategies.tuples(*(self._like([each[n] for each in values if len(each) > n]) for n in range(size)))
                for size in sizes
            )
        if kind is dict:
            keys, inner = [key for each in values for key in each], [part for each in values for part in each.values()]
            if not keys:
                return strategies.just({})
            made = strategies.dictionaries(self._like(keys[:50]), self._like(inner[:50]), max_size=5)
            return made | made.map(Mapping)
        return None

    def _integers(self):
        return self._strategies.integers(-20, 20) | self._strategies.integers(-1000, 1000)

    def _texts(self):
        alphabet = self._strategies.sampled_from("abAB012 _-.,:/%{}'\"\\\n\tßéİ²\u2028\U0001f600")
        # All of Unicode would first make a table of it, which takes longer than all calls
        made = self._strategies.text(alphabet, max_size=8)
        return made | made.map(Text)


def seeded(text):
    """A number from a digest; the random numbers of project code start alike too."""
    number = int(text[:8], 16)
    random.seed(number)
    return number
