"""Which days the page Cost is about: some up to today, or any."""

from datetime import date, timedelta

import streamlit as st

from sigma_core.console.table import filters
from sigma_core.console.usage.figures import PERIODS

DATES = "Dates"
FIRST = "30 days"


def chosen(today: date) -> tuple[date, date]:
    """The first and the last day."""
    period = filters.pills("Period", [*PERIODS, DATES], FIRST, "days")
    if period != DATES:
        return today - timedelta(days=PERIODS[period] - 1), today
    usual = (today - timedelta(days=PERIODS[FIRST] - 1), today)
    days = st.date_input("From and to", usual, max_value=today, key="dates", width=240, label_visibility="collapsed")
    # While only the first is chosen, the last is not there
    return (days[0], days[-1]) if days else usual
