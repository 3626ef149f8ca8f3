"""Facts of an entity with their validity and where they come from."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

import streamlit as st

from sigma_core.codebase.commit_line import NamedCommit
from sigma_core.console import session, widgets, words
from sigma_core.console.components.blocks import card_title, root
from sigma_core.console.components.signs import Tone, chip, when
from sigma_core.console.markup import Html, div, join, span
from sigma_core.graph.read_models import EntityView, FactView, State

SHOWN = 12
SHORT_VERB = 16
"""Characters of ` inherits from `."""
Commits = Mapping[datetime, NamedCommit]
_FIRST: dict[State, int] = {"holds": 0, "ended": 1, "later": 2}
_CHIPS: dict[State, tuple[str, Tone]] = {"ended": ("Ended", "off"), "later": ("Not yet", "wait")}
_OF_CODE = ("commit/", "code/")
_SOURCES = {"fact": "imported", "code": "older than what was read"}


def draw(entity: EntityView, facts: Sequence[FactView], at: datetime) -> None:
    """Those that hold first; each with the way to the item it was learnt from."""
    commits = _commits(entity, facts)
    ordered = sorted(facts, key=lambda fact: _FIRST[fact.state(at)])
    holding = sum(fact.state(at) == "holds" for fact in facts)
    aside = f"{words.count(holding)} of {words.count(len(facts))} hold" if facts else "none"
    key = f"all-facts-{entity.uuid}"
    shown = ordered if st.session_state.get(key) else ordered[:SHOWN]
    with st.container(gap=None, key="sg-facts"):
        with st.container(horizontal=True, vertical_alignment="center"):
            widgets.draw(div(card_title("Facts"), span(aside, cls="sg-faint"), cls="sg-card-head"))
            st.download_button(
                "Export facts",
                lines(facts),
                file_name="facts.jsonl",
                mime="application/jsonl",
                key="export-facts",
                type="tertiary",
                disabled=not facts,
                help="These facts as lines that sigma graph import reads. All of the graph: sigma graph export",
            )
        for fact in shown:
            _row(fact, at, commits)
        if len(shown) < len(ordered):
            st.button(
                f"Show all {len(ordered)}", key="show-all-facts", type="tertiary", on_click=_show_all, args=(key,)
            )


def lines(facts: Sequence[FactView]) -> str:
    """Facts as `sigma graph import` reads them."""
    return "".join(json.dumps(_line(fact), ensure_ascii=False) + "\n" for fact in facts)


def _line(fact: FactView) -> dict[str, str]:
    said = {"subject": fact.subject[1], "predicate": fact.predicate, "object": fact.object[1], "fact": fact.sentence}
    said["valid_at"] = fact.valid_at.isoformat()
    return said if fact.invalid_at is None else said | {"invalid_at": fact.invalid_at.isoformat()}


def _commits(entity: EntityView, facts: Sequence[FactView]) -> Commits:
    """Commits at which facts of code began and ended, by the moment."""
    if entity.project_id is None:
        return {}
    told = [fact for fact in facts if any(name.startswith(_OF_CODE) for name in fact.origins)]
    moments = {at for fact in told for at in (fact.valid_at, fact.invalid_at) if at is not None}
    return session.system().codebase.commit_line.at(entity.project_id, moments)


def _row(fact: FactView, at: datetime, commits: Commits) -> None:
    with st.container(horizontal=True, gap="small", wrap=False, key=f"sg-fact-{fact.uuid}"):
        st.html(root(_fact_line(fact, at, commits)))
        item = next((name for name in fact.origins if name.startswith("knowledge/")), None)
        if item is None:
            # Where a commit began it, that stands with its validity
            told = "" if fact.valid_at in commits else told_by(fact.origins)
            st.html(root(span(told, cls="sg-faint sg-fact-source")), width="content")
        elif st.button(f"Item {item.removeprefix('knowledge/')}", key=f"source-{fact.uuid}", type="tertiary"):
            widgets.open_page("knowledge", item=item.removeprefix("knowledge/"))


def told_by(origins: Sequence[str]) -> str:
    """What a fact comes from, where that has no page of its own; empty where nothing is known of it."""
    for name in origins:
        kind, _, rest = name.partition("/")
        if kind == "commit":
            return f"commit {rest.rpartition('/')[2][:8]}"
        if kind in _SOURCES:
            return _SOURCES[kind]
    return ""


def _fact_line(fact: FactView, at: datetime, commits: Commits) -> Html:
    state = fact.state(at)
    mark = chip(*_CHIPS[state]) if state in _CHIPS else None
    predicate = fact.predicate.replace("_", " ").lower()
    arrow = span(f" {predicate} ", cls="sg-faint")
    triple = () if _is_triple(fact) else (span(fact.subject[1]), arrow, span(fact.object[1]), " · ")
    return div(
        div(fact.sentence, " " if mark else None, mark, cls="sg-muted" if state != "holds" else ""),
        div(*triple, span(_validity(fact, commits), cls="sg-faint"), cls="sg-small sg-muted"),
        cls="sg-fact",
    )


def _is_triple(fact: FactView) -> bool:
    """Whether the sentence says no more than subject, predicate and object do."""
    subject, object_ = fact.subject[1], fact.object[1]
    is_named = fact.sentence.startswith(subject) and object_ in fact.sentence
    return is_named and len(fact.sentence) <= len(subject) + len(object_) + SHORT_VERB


def _validity(fact: FactView, commits: Commits) -> Html:
    said = f" · said {fact.evidence_count} times" if fact.evidence_count > 1 else ""
    until = join(" – ", _moment(fact.invalid_at, commits)) if fact.invalid_at else " – open"
    return join(_moment(fact.valid_at, commits), until, said)


def _moment(at: datetime, commits: Commits) -> Html:
    """A moment; of one at which a commit came its name, too."""
    shown = when(at, session.now(), session.zone())
    commit = commits.get(at)
    if commit is None:
        return shown
    called = commit.name if commit.tags else f"commit {commit.name}"
    return join(span(called, title=commit.subject), ", ", shown)


def _show_all(key: str) -> None:
    st.session_state[key] = True
