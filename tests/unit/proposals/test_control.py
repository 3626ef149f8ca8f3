"""Sabotage, and what control runs conclude from it."""

import itertools
from collections.abc import Mapping

from sigma_core.proposals.verification.candidate import Site
from sigma_core.proposals.verification.control import Controlled, prove, sabotaged
from sigma_core.proposals.verification.report import Outcome, Report
from sigma_core.proposals.verification.statements import functions_of

TEXT = '''\
"""Doc."""
from __future__ import annotations

import os


def plain(a):
    """Say."""
    return a


async def stream():
    for n in range(3):
        yield n


class Thing:
    """A thing."""
    size = 1

    @property
    def big(self):
        return self.size > 3

    @big.setter
    def big(self, value):
        self.size = 4
'''


def site(line: int) -> Site:
    inside = [each for each in functions_of(TEXT) if each.line == line]
    return Site("a.py", line, inside[0] if inside else None)


def test_a_function_raises_instead_of_its_body_and_stays_what_it_is() -> None:
    text = sabotaged(TEXT, {site(7): "one", site(12): "two", site(25): "three"})
    namespace: dict[str, object] = {}
    exec(text, namespace)
    assert "raise BaseException('one')" in text
    assert "raise BaseException('two')\n    yield" in text
    assert "return self.size > 3" in text
    assert "self.size = 4" not in text


def test_a_place_outside_functions_raises_where_it_stands() -> None:
    lines = sabotaged(TEXT, {site(2): "top", site(18): "inside"}).splitlines()
    assert lines[1:4] == ["from __future__ import annotations", "raise BaseException('top')", "import os"]
    assert lines[lines.index("    size = 1") - 1] == "    raise BaseException('inside')"


class Suite:
    """Tests that execute sites, in order; the first raising one ends a test."""

    def __init__(self, tests: Mapping[str, list[Site]], *, forged: bool = False) -> None:
        self.tests, self.forged, self.runs = tests, forged, 0

    def __call__(self, tokens: Mapping[Site, str], only: frozenset[str]) -> Report:
        self.runs += 1
        report = Report(collected=sorted(only))
        for name in only:
            raising = [tokens[each] for each in self.tests[name] if each in tokens]
            report.outcomes[name] = Outcome.FAILED if raising and not self.forged else Outcome.PASSED
            if raising and not self.forged:
                report.tokens.setdefault(raising[0], set()).add(name)
        return report

    def controlled(self, *sites: Site) -> list[Controlled]:
        covering = {each: tuple(name for name, seen in self.tests.items() if each in seen) for each in sites}
        return [Controlled(each, covering[each]) for each in sites]


def tokens() -> str:
    return f"token-{next(NUMBERS)}"


NUMBERS = itertools.count()
A, B, C = site(7), site(12), site(25)


def test_functions_reached_only_through_others_are_proved_in_later_rounds() -> None:
    suite = Suite({"t1": [A, B], "t2": [A, B, C]})
    proof = prove(suite.controlled(A, B, C), suite, tokens)
    assert proof.proved == {A, B, C}
    assert proof.runs == suite.runs == 3


def test_a_test_that_passes_although_its_code_raises_disproves() -> None:
    suite = Suite({"t1": [A], "t2": [B]}, forged=True)
    proof = prove(suite.controlled(A, B), suite, tokens)
    assert proof.proved == set()
    assert proof.disproved == {A: "t1", B: "t2"}


def test_a_site_that_nothing_reaches_is_left_unproved_and_ends() -> None:
    suite = Suite({"t1": [A]})
    unreached = Controlled(B, (), ("t1",))
    proof = prove([*suite.controlled(A), unreached], suite, tokens)
    assert proof.proved == {A}
    assert proof.disproved == {}
    assert suite.runs == 2
