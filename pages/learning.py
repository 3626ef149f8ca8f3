"""What has been learned (?show=TAB): what maintainers want, outcomes, how votes count, patterns (?pattern=ID)."""

import streamlit as st

from sigma_core.console import widgets
from sigma_core.console.components.blocks import page_head
from sigma_core.console.learning import committee, outcomes, patterns, preferences

TABS = {
    "Patterns": patterns.draw,
    "Preferences": preferences.draw,
    "Outcomes": outcomes.draw,
    "Committee": committee.draw,
}

widgets.draw(page_head("Learning"))
shown = st.segmented_control(
    "Show", list(TABS), default="Patterns", required=True, key="show", label_visibility="collapsed", bind="query-params"
)
TABS[shown or "Patterns"]()
