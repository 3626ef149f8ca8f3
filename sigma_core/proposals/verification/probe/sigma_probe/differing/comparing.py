"""Old and new versions of functions on the same inputs, one record for each pair."""

import ast
import functools
import gc
import os
import sys
import time

from sigma_probe.differing.building import NotComparable, Version, module_of
from sigma_probe.differing.calling import HANGS, is_told, observed
from sigma_probe.differing.calls import Input, Shape
from sigma_probe.differing.making import Maker, hypothesis_in, seeded
from sigma_probe.differing.searching import searched
from sigma_probe.differing.share import Share
from sigma_probe.differing.varying import crossed, distinct, general, near, odd, related

_HANG_S = 2.0
_BUSY_S = 0.3
"""Of processor time; a call that takes so long is let go, and called endless only after longer."""
_CONFIRM_S = 8.0
"""What waits for so long waits for ever."""
_CONFIRM_BUSY_S = 2.0
"""Four times as much for the first call of a process: what works for longer does so for ever."""
_CONFIRM_AT_MOST_S = 30.0
"""Where others leave it no core, it is not known."""
_MOST_HANGS = 2
_MADE = 90
"""Drawn; some are alike."""
_SHOWN = 300


def compare_all(plan, recorder, places, send):
    """Compare each pair of the plan, within its budget of time."""
    hypothesis = hypothesis_in(places)
    version = "{}.{}".format(*sys.version_info[:2])
    # What is there by now need not be looked through for garbage, nor copied for that, in each process
    gc.collect()
    gc.freeze()
    send(t="begin", hypothesis=hypothesis.__version__ if hypothesis else None, python=version)
    versions, searches = {}, {}
    if plan["search_s"]:
        # The folder that ours lie in
        place = os.path.dirname(places[0])
        version, searches = searched(place, _searchable(plan["pairs"], versions), plan["search_s"])
        send(t="searched", version=version)
    whole = Share(plan["budget_s"])
    for number, pair in enumerate(plan["pairs"]):
        share = whole.left / (len(plan["pairs"]) - number)
        try:
            calls = recorder.calls[number], searches.get(number, [])
            told = _compared(pair, calls, hypothesis, max(share, plan["least_s"]), versions)
        except NotComparable as why:
            told = {"grade": "not", "why": str(why)}
        except Exception as error:
            told = {"grade": "not", "why": "comparing it failed ({})".format(type(error).__name__)}
        send(t="pair", i=number, **told)


def _searchable(pairs, versions):
    """Functions of both versions that need no object to be called on, by the number of their pair."""
    found = {}
    for number, pair in enumerate(pairs):
        try:
            old, new = _functions(pair, versions)
        except Exception:
            continue
        shape = Shape(old.__code__)
        if shape.same_as(Shape(new.__code__)) and shape.positional[:1] not in (["self"], ["cls"]):
            found[number] = old, new
    return found


def _compared(pair, calls, hypothesis, seconds, versions):
    old, new = _functions(pair, versions)
    shape = Shape(old.__code__)
    if not shape.same_as(Shape(new.__code__)):
        raise NotComparable("its parameters are not the same")
    inputs = _inputs(old, shape, calls, hypothesis, seeded(pair["seed"]))
    if not inputs:
        lacking = "no test makes an object to call it on" if shape.positional[:1] == ["self"] else "no input was found"
        raise NotComparable(lacking)
    # Now the inputs as well
    gc.freeze()
    known = list(old.__globals__.values())
    # Only from here on the time is that of the functions
    return _Comparison(old, new, shape, inputs, Share(seconds), known).told()


def _functions(pair, versions):
    name = pair["name"]
    key = (pair["file"], pair["after"])
    if key not in versions:
        trees = _tree(pair["before"]), _tree(pair["after"])
        module = module_of(pair["file"])
        sides = Version(module, *trees), Version(module, *reversed(trees))
        # All of them at once: the versions call each other
        for side in sides:
            for each in pair["names"]:
                if each != name:
                    _tried(side, each)
        versions[key] = sides
    before, after = versions[key]
    if before.decorators(name) != after.decorators(name):
        raise NotComparable("its decorators change")
    return before.function(name), after.function(name)


@functools.lru_cache(maxsize=8)
def _tree(text):
    """Many changes begin with the same text; nobody writes into its tree."""
    return ast.parse(text)


def _tried(side, name):
    try:
        side.function(name)
    except NotComparable:
        return


def _inputs(function, shape, calls, hypothesis, seed):
    """Recorded calls first, as they came, then what is made from them; each once."""
    known = set()
    calls, worked_out = calls
    found = distinct(calls, known)
    found += distinct(worked_out, known)
    maker = Maker(hypothesis, function, shape, calls) if hypothesis is not None else None
    hinted = set(getattr(function, "__annotations__", ()))
    found += distinct(near(calls), known)
    found += distinct(crossed(calls), known, most=30)
    found += distinct(related(calls), known, most=30)
    if maker is not None:
        found += distinct(maker.made(seed, _MADE), known)
    if not calls and shape.positional[:1] not in (["self"], ["cls"]):
        found += distinct(_blind(shape, hinted), known)
    bare = [name for name in shape.names if name not in hinted and name not in ("self", "cls")]
    found += distinct(odd([each for each in calls if each.values][:3] or _calm(found), bare), known, most=40)
    return found


def _calm(found):
    """Where to begin with odd ones, if no call was recorded."""
    return [each for each in found if each.values and not each.foreign][:2]


def _blind(shape, hinted):
    """The same value everywhere, then one after the other, for parameters that nothing is known of."""
    names = [name for name in shape.positional + shape.keywords]
    if any(name in hinted for name in names):
        return
    pool = general()
    for value in pool:
        yield Input({name: value for name in names}, foreign=True)
    for place, name in enumerate(names):
        for start in pool[1:4]:
            for value in pool:
                yield Input({**{each: start for each in names}, name: value}, foreign=True)


class _Comparison:
    """One pair on its inputs."""

    def __init__(self, old, new, shape, inputs, time_left, known):
        self._old, self._new, self._shape, self._inputs = old, new, shape, inputs
        self._time, self._known = time_left, known

    def told(self):
        """The grade with its figures, or the smallest counterexample."""
        compared, returned, unsteady, hung, differing = 0, 0, 0, 0, []
        start, tried = 0, 0
        while start < len(self._inputs) and hung <= _MOST_HANGS and self._time.left:
            first, hangs_old = self._run(self._old, self._inputs[start:])
            # What does not end before the change tells nothing: it is not waited for again
            known = self._inputs[start : start + len(first)]
            second, hangs_new = self._run(self._new, known)
            again = self._once_more(known, first, second)
            for place, (was, now) in enumerate(zip(first, second)):
                each = self._inputs[start + place]
                if not is_told(was) or not is_told(now):
                    continue
                if was != now and again[place : place + 1] != [was]:
                    unsteady += 1
                    continue
                compared += 1
                returned += not was["raised"]
                if was != now and _counts(each, was, now):
                    differing.append((each, was, now))
            done = min(len(first), len(second))
            tried += done + bool(hangs_old or hangs_new)
            if not (hangs_old or hangs_new):
                break
            hung += 1
            if hangs_new and self._never_ends(start + done):
                differing.append((self._inputs[start + done], first[done], HANGS))
                # Others like it would each take as long
                break
            start += done + 1
        if differing:
            return self._example(differing, compared)
        if not returned:
            raise NotComparable(_why_nothing(compared, unsteady, hung))
        recorded = sum(each.origin == "recorded" for each in self._inputs)
        return {"grade": "same", "inputs": compared, "recorded": recorded, "left": len(self._inputs) - tried}

    def _once_more(self, inputs, first, second):
        """The old version again, as far as anything differs: where both say the same, nobody asks whether it is steady."""
        places = [place for place, (was, now) in enumerate(zip(first, second)) if was != now]
        return self._run(self._old, inputs[: places[-1] + 1])[0] if places else []

    def _run(self, function, inputs):
        return observed(function, self._shape, inputs, _HANG_S, self._time.end, self._known, _BUSY_S)

    def _never_ends(self, place):
        one, end = [self._inputs[place]], time.monotonic() + _CONFIRM_AT_MOST_S
        found = observed(self._new, self._shape, one, _CONFIRM_S, end, self._known, _CONFIRM_BUSY_S, patient=True)
        return found == ([], True)

    @staticmethod
    def _example(differing, compared):
        each, was, now = min(differing, key=_size)
        part = next((name for name in ("result", "arguments", "printed") if was.get(name) != now.get(name)), "result")
        return {
            "grade": "differs", "inputs": compared, "arguments": each.text[:_SHOWN], "odd": each.odd,
            "recorded": each.origin == "recorded", "old": _said(was, part), "new": _said(now, part),
        }


def _counts(each, was, now):
    """Whether a difference speaks against the new version: not where the input was never meant to be given."""
    if each.foreign and was["raised"]:
        return False
    # Odd objects have the operators of their kind and no methods: a dict that lacks `get` is none
    return not (each.odd and now["result"] == "raises AttributeError")


def _size(found):
    """Ordinary ones are told first, then short ones."""
    each = found[0]
    return each.odd, each.foreign, len(each.text), each.text


def _said(outcome, part):
    if part == "result" or part not in outcome:
        return outcome["result"][:_SHOWN]
    what = {"arguments": "leaves its arguments as ", "printed": "prints "}[part]
    return (outcome["result"][:100] + " and " + what + outcome[part])[:_SHOWN]


def _why_nothing(compared, unsteady, hung):
    if compared:
        return "the old version raises with every input"
    if unsteady:
        return "two calls of the old version do not agree"
    return "its calls do not end in time" if hung else "no call could be looked at"
