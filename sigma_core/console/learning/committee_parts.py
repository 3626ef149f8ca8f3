"""The committee's members, its drifts and its changelog as cards. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from sigma_core.console import words
from sigma_core.console.components.blocks import card
from sigma_core.console.components.signs import when
from sigma_core.console.markup import Html, div, element, span
from sigma_core.learning.drift.tables import DriftEvent
from sigma_core.learning.drift.words import drift_sentence
from sigma_core.proposals.calibration.state import Calibration
from sigma_core.proposals.calibration.tables import CommitteeCalibration
from sigma_core.proposals.committee import DEFAULT_WEIGHTS

SHOWN_SCORES = (0.5, 0.6, 0.7, 0.8, 0.9)


def members(now: Calibration, newest: CommitteeCalibration | None) -> Html:
    """Each with its weight in force, what was configured, and its record."""
    configured = newest.configured if newest else DEFAULT_WEIGHTS
    scored: Mapping[str, Any] = newest.scores.get("members", {}) if newest else {}
    rows = [_member(name, weight, configured.get(name, 0.0), scored.get(name)) for name, weight in now.weights.items()]
    said = [div(each, cls="sg-muted") for each in _rest(now)]
    aside = f"by {words.plural(newest.n, 'outcome')}" if newest and newest.n else "as configured"
    return card("How votes count", *rows, *said, aside=aside)


def _member(name: str, weight: float, configured: float, scored: Mapping[str, Any] | None) -> Html:
    moved = f"{words.percent(weight)}, configured {words.percent(configured)}"
    record = "no outcome yet"
    if scored:
        record = f"Brier {scored['brier']:.3f}, skill {words.signed(scored['skill'], '{:.2f}')}"
    return div(
        span(words.headed(name), cls="sg-arm-name"),
        div(
            element("i", cls="sg-vote-bar", style=f"width:{weight * 100:.1f}%"),
            element("b", cls="sg-arm-point sg-base", style=f"left:{configured * 100:.1f}%"),
            cls="sg-vote-track",
            role="img",
            aria_label=moved,
        ),
        span(moved, span(record, cls="sg-muted"), cls="sg-arm-figures"),
        span(f"n {scored['n'] if scored else 0}", cls="sg-muted sg-right"),
        cls="sg-arm sg-member",
    )


def _rest(now: Calibration) -> Iterator[str]:
    for member, each in now.shares.items():
        for model, share in each.items():
            yield f"{model} has {words.percent(share)} of the {member}'s vote."
    curve = now.recalibration
    if curve.kind != "identity":
        said = ", ".join(f"{score:.1f} for {curve.of(score):.2f}" for score in SHOWN_SCORES)
        yield f"By {words.plural(curve.n, 'outcome')} ({curve.kind}), scores have stood for: {said}."


def drift_card(
    events: Sequence[DriftEvent], most: int, projects: Mapping[int, str], now: datetime, zone: tzinfo
) -> Html:
    """What used to hold and no longer does, `most` of it at most."""
    rows = [
        div(
            span(drift_sentence(each, projects.get(each.project_id or 0))),
            div("noticed ", when(each.created_at, now, zone), cls="sg-muted"),
            cls="sg-dispute",
        )
        for each in events[:most]
    ]
    none = div("No share of outcomes has changed by more than chance explains.", cls="sg-quiet")
    return card("Drift", *(rows or [none]), badge=f"over {most}" if len(events) > most else len(rows) or None)


def change_line(row: CommitteeCalibration, now: datetime, zone: tzinfo) -> Html:
    """One entry of the changelog: who, when, why, and which weights moved."""
    moved = [
        f"{name} {before:.1%} → {row.weights[name]:.1%}"
        for name, before in row.weights_before.items()
        if name in row.weights and f"{before:.1%}" != f"{row.weights[name]:.1%}"
    ]
    undone = f" change {row.undoes_id} and all after it" if row.undoes_id is not None else ""
    return div(
        div(
            element("strong", f"{row.id} · {words.headed(row.kind)}"),
            undone,
            f" by {row.actor}, ",
            when(row.created_at, now, zone),
        ),
        div(row.why),
        div(", ".join(moved), cls="sg-muted") if moved else None,
    )
