"""What is done with chosen rows together, each act asked for in a dialog."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from sigma_core.bulk import BulkOutcome
from sigma_core.console import incidents, widgets, words
from sigma_core.console.table.columns import BulkAct, Table
from sigma_core.listing import Row


@dataclass(frozen=True)
class AskedAct:
    """What is about to be done, to which rows, as the table showed them."""

    act: BulkAct
    rows: Sequence[Row]


def draw(table: Table, rows: Sequence[Row], chosen_key: str) -> None:
    """The bar, where rows are chosen; and the dialog that was asked for."""
    asked_key, reason_key = f"{table.name}.asked", f"{table.name}-reason"
    if rows:
        with st.bottom, st.container(horizontal=True, vertical_alignment="center", key=f"sg-bulk-{table.name}"):
            widgets.note(f"{words.plural(len(rows), table.noun, table.plural)} chosen")
            st.space("stretch")
            for act in table.acts:
                fitting = [row for row in rows if act.fits(row)]
                widgets.act(
                    f"{act.label} {words.count(len(fitting))}…",
                    key=f"{table.name}-{act.label.lower()}",
                    disabled=not fitting,
                    on_click=_ask,
                    args=(asked_key, AskedAct(act, fitting)),
                )
    asked = st.session_state.get(asked_key)
    if asked is not None:
        title = f"{asked.act.label} {words.plural(len(asked.rows), table.noun, table.plural)}"
        forget = lambda: st.session_state.pop(asked_key, None)  # noqa: E731 (what closing means)
        st.dialog(title, on_dismiss=forget)(_body)(asked, asked_key, reason_key, chosen_key)


def _ask(asked_key: str, asked: AskedAct) -> None:
    st.session_state[asked_key] = asked


def _body(asked: AskedAct, asked_key: str, reason_key: str, chosen_key: str) -> None:
    incidents.answer()
    widgets.plain("", asked.act.effect)
    with st.form("bulk", border=False):
        if asked.act.needs_reason:
            st.text_area("Reason", key=reason_key, max_chars=2000)
        st.form_submit_button(
            asked.act.label,
            key="bulk-submit",
            type="primary",
            on_click=_act,
            args=(asked, asked_key, reason_key, chosen_key),
        )


def _act(asked: AskedAct, asked_key: str, reason_key: str, chosen_key: str) -> None:
    outcomes: list[BulkOutcome] = []

    def act() -> None:
        outcomes.append(asked.act.act(asked.rows, st.session_state.get(reason_key) or ""))
        for key in (asked_key, chosen_key):
            st.session_state.pop(key, None)

    incidents.attempt(act, f"{asked.act.label}: done")
    for outcome in outcomes:
        if outcome.refused:
            whole = words.count(len(outcome.done) + len(outcome.refused))
            left = [(str(id_), why) for id_, why in outcome.refused.items()]
            title = f"{words.count(len(left))} of {whole} were left as they are"
            incidents.report(incidents.ShownFailure(title, "The others are done.", tuple(left)))
