"""Dialogs about money: a budget, a price. Callbacks do what they ask for: a dialog's body is gone by then."""

from collections.abc import Sequence

import streamlit as st

from sigma_core.console import incidents, session, widgets
from sigma_core.llm.budget_tables import OnReach
from sigma_core.llm.budgets import BudgetStatus
from sigma_core.llm.money import read_usd
from sigma_core.llm.pricing import Rates
from sigma_core.llm.scopes import EVERYTHING

THEN = {
    OnReach.ALERT: "The call is made, and the budget is shown as reached",
    OnReach.DEGRADE: "A cheaper model takes the call",
    OnReach.STOP: "The call is not made",
}
DEFAULT = "as the settings say"


def buttons(statuses: Sequence[BudgetStatus]) -> None:
    """What can be set here."""
    with st.container(horizontal=True):
        if widgets.act("Set budget…", key="set-budget"):
            set_budget()
        if widgets.act("Remove budget…", key="remove-budget", disabled=not statuses):
            remove_budget([each.budget.scope for each in statuses])
        if widgets.act("Set price…", key="set-price"):
            set_price()


@st.dialog("Set budget")
def set_budget() -> None:
    """Make or change the budget of a scope."""
    incidents.answer()
    with st.form("budget-form", border=False):
        st.text_input(
            "For",
            EVERYTHING,
            key="budget-scope",
            max_chars=160,
            help="day: every call. Or worker:NAME, prompt:WORKER/TYPE, model:NAME.",
        )
        st.text_input("Dollars a day", key="budget-usd", placeholder="5.00", max_chars=20)
        st.selectbox("When it is used up", list(THEN), index=2, key="budget-then", format_func=THEN.__getitem__)
        st.selectbox("Cheaper model", [DEFAULT, *session.system().llm.model_names], key="budget-to")
        widgets.plain("", "What calls cost today counts. A day is one of UTC.")
        st.form_submit_button("Set budget", key="budget-submit", type="primary", on_click=_set_budget)


@st.dialog("Remove budget")
def remove_budget(scopes: Sequence[str]) -> None:
    """Ask before a limit goes."""
    incidents.answer()
    st.selectbox("Budget for", scopes, key="budget-gone")
    widgets.plain("", "Nothing limits what its calls cost from then on. What was spent stays on record.")
    st.button("Remove budget", key="budget-remove", type="primary", on_click=_remove_budget)


@st.dialog("Set price")
def set_price() -> None:
    """The operator's own price of a model: it goes before the price list."""
    incidents.answer()
    system = session.system()
    with st.form("price-form", border=False):
        st.text_input("Model", (system.llm.model_names or [""])[0], key="price-model", max_chars=120)
        widgets.plain("", "Dollars per million tokens")
        st.text_input("Input", key="price-input", placeholder="0.25", max_chars=20)
        st.text_input("Output", key="price-output", placeholder="2.00", max_chars=20)
        st.text_input("Input read from a cache", key="price-cached", placeholder="as other input", max_chars=20)
        st.date_input("From", session.now().date(), key="price-from")
        widgets.plain("", "Recorded calls from that day on are priced again.")
        st.form_submit_button("Set price", key="price-submit", type="primary", on_click=_set_price)


def _set_budget() -> None:
    def act() -> None:
        said = st.session_state
        to = said["budget-to"] if said["budget-then"] == OnReach.DEGRADE and said["budget-to"] != DEFAULT else None
        amount = read_usd("dollars a day", said["budget-usd"])
        budgets = session.system().llm.budgets
        budgets.set(said["budget-scope"].strip(), amount, said["budget-then"], actor=session.actor(), to=to)

    incidents.attempt(act, "Budget set")


def _remove_budget() -> None:
    scope = st.session_state["budget-gone"]
    budgets = session.system().llm.budgets
    incidents.attempt(lambda: budgets.remove(scope, actor=session.actor()), "Budget removed")


def _set_price() -> None:
    def act() -> None:
        said = st.session_state
        entered, cached = read_usd("input", said["price-input"]), said["price-cached"].strip()
        output = read_usd("output", said["price-output"])
        rates = Rates(entered, output, read_usd("cached", cached) if cached else entered)
        pricing = session.system().llm.pricing
        pricing.enter(said["price-model"].strip(), rates, actor=session.actor(), valid_from=said["price-from"])

    incidents.attempt(act, "Price set")
