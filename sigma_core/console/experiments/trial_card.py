"""An experiment as a card: each arm with its interval, the evidence beside what is needed, the budget, the way back."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from math import exp

from sigma_core.console import words
from sigma_core.console.components.blocks import card, facts
from sigma_core.console.components.signs import Tone, chip, when
from sigma_core.console.markup import Html, div, element, join, span
from sigma_core.experiments.judgement import ERROR, HARM_ERROR, needed
from sigma_core.experiments.tables import Experiment, ExperimentStatus, ExperimentVerdict
from sigma_core.experiments.trial_terms import TrialTerms
from sigma_core.llm.interval import wilson

_VERDICTS: dict[str, tuple[str, Tone]] = {
    ExperimentVerdict.OPEN: ("Too few cases", "wait"),
    ExperimentVerdict.UNCLEAR: ("Not clear", "wait"),
    ExperimentVerdict.HELPS: ("Helps", "ok"),
    ExperimentVerdict.HARMS: ("Harms", "bad"),
}
STANDINGS = {
    ExperimentStatus.PROPOSED: "proposed",
    ExperimentStatus.RUNNING: "runs",
    ExperimentStatus.PROMOTED: "promoted",
    ExperimentStatus.ROLLED_BACK: "rolled back",
    ExperimentStatus.NO_DIFFERENCE: "no difference",
    ExperimentStatus.STOPPED: "stopped",
}


def trial_card(each: Experiment, place: str, now: datetime, zone: tzinfo) -> Html:
    """The whole of it."""
    label, tone = _VERDICTS.get(each.verdict, (each.verdict, "wait"))
    if each.tunable is not None and each.verdict == ExperimentVerdict.OPEN:
        label = "Not decided"
    head = div(
        chip(label, tone),
        _change(each),
        span(f"{STANDINGS[ExperimentStatus(each.standing)]}, {each.risk} risk", cls="sg-muted"),
        cls="sg-verdict sg-trial",
    )
    return card(
        each.name,
        head,
        *_arms(each),
        *_evidence(each),
        facts(_about(each, now, zone)),
        aside=f"{each.worker} · {place}",
    )


def _change(each: Experiment) -> Html:
    if each.improvement is None or each.low is None or each.high is None:
        return span("not measured yet", cls="sg-muted")
    change, low, high = (words.signed(100 * share, "{:.1f}") for share in (each.improvement, each.low, each.high))
    return span(f"{each.metric} {change} percentage points, 95 % interval {low} to {high}")


def _arms(each: Experiment) -> Iterator[Html]:
    for at, arm in enumerate(each.arms):
        low, high = wilson(arm["good"], arm["n"])
        rate = arm["good"] / arm["n"] if arm["n"] else None
        known = "nothing known yet" if rate is None else f"{words.percent(rate)} [{100 * low:.0f}, {100 * high:.0f}]"
        share = each.shares[at] if each.shares else None
        yield div(
            span(f"{arm['setting']}", span(_role(each, at), cls="sg-muted"), cls="sg-arm-name"),
            _interval(rate, low, high, is_baseline=at == 0),
            span(known, span(f"n {arm['n']}", cls="sg-faint"), cls="sg-arm-figures"),
            span("gets none" if not share else f"gets {words.percent(share)}", cls="sg-muted sg-right"),
            cls="sg-arm",
        )


def _role(each: Experiment, at: int) -> str:
    if at == 0:
        return " before" if each.standing == ExperimentStatus.PROMOTED else " baseline"
    if at == each.promoted_arm:
        return " promoted"
    return " stopped" if each.arms[at]["stopped"] else " tried"


def _interval(rate: float | None, low: float, high: float, *, is_baseline: bool) -> Html:
    if rate is None:
        return div(cls="sg-vote-track", role="img", aria_label="nothing known yet")
    quiet = " sg-base" if is_baseline else ""
    return div(
        element("i", cls=f"sg-arm-range{quiet}", style=f"left:{low * 100:.1f}%;width:{(high - low) * 100:.1f}%"),
        element("b", cls=f"sg-arm-point{quiet}", style=f"left:{rate * 100:.1f}%"),
        cls="sg-vote-track",
        role="img",
        aria_label=f"{words.percent(rate)}, 95 % interval {100 * low:.0f} to {100 * high:.0f}",
    )


def _evidence(each: Experiment) -> Iterator[Html]:
    """Of the candidate that most speaks for, or of what was promoted whether it hurts since."""
    if len(each.arms) < 2 or each.standing == ExperimentStatus.PROPOSED:
        return
    if each.tunable is None and each.standing == ExperimentStatus.PROMOTED:
        # A prompt's version is not watched by lot after its canary
        return
    candidates = len(each.arms) - 1
    if each.standing == ExperimentStatus.PROMOTED:
        asked = [("hurts since", each.arms[each.promoted_arm or 1]["worse"], needed(1), "sg-below")]
    else:
        # A canary asks both at once, by one error
        harm = needed(candidates, ERROR if each.tunable is None else HARM_ERROR)
        asked = [
            ("helps", max(arm["better"] for arm in each.arms[1:]), needed(candidates, ERROR), ""),
            ("harms", max(arm["worse"] for arm in each.arms[1:]), harm, "sg-below"),
        ]
    for question, found, threshold, tone in asked:
        reached = min(1.0, max(0.0, found / threshold))
        yield div(
            span("Evidence ", span(f"it {question}", cls="sg-muted"), cls="sg-arm-name"),
            div(
                element("i", cls=f"sg-vote-bar {tone}".strip(), style=f"width:{reached * 100:.0f}%"),
                cls="sg-vote-track",
                role="img",
                aria_label=f"{words.percent(reached)} of what is needed",
            ),
            span(f"{_odds(found)} of {_odds(threshold)} to 1", cls="sg-arm-figures"),
            span(cls="sg-muted"),
            cls="sg-arm",
        )


def _odds(evidence: float) -> str:
    return "over 10 000" if evidence > 9.2 else f"{exp(evidence):.0f}"


def _about(each: Experiment, now: datetime, zone: tzinfo) -> Iterator[tuple[str, object]]:
    yield "Hypothesis", each.hypothesis
    yield "Approach", each.approach
    yield "Baseline", _share(each.baseline)
    yield "Result", _share(each.result)
    if each.terms:
        yield "Budget", _budget(each)
    yield "To undo", each.rollback_plan
    if each.decided_by:
        reason = f": {each.reason}" if each.reason else ""
        yield "Decided", join(f"by {each.decided_by}, ", when(each.changed_at, now, zone), reason)


def _budget(each: Experiment) -> str:
    terms, spent = TrialTerms.of(each.terms), each.spent or {"calls": 0, "nano_usd": 0, "seconds": 0.0}
    units = sum(arm["n"] for arm in each.arms)
    parts = [f"{units} of {terms.sample_size} units", f"{spent['calls']} of {terms.budget.calls or 'any'} calls"]
    if terms.budget.usd is not None:
        parts.append(f"${spent['nano_usd'] / 1e9:.2f} of ${terms.budget.usd:.2f}")
    return ", ".join(parts)


def _share(found: dict[str, object]) -> str:
    value, count = found.get("value"), found.get("n", 0)
    if not isinstance(value, float | int):
        return "nothing decided yet"
    return f"{100 * value:.1f}{words.THIN}% of {count} decided"
