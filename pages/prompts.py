"""What models are asked: the list, and one prompt with its versions, tests and history (?prompt=ID)."""

import streamlit as st

from sigma_core.console import incidents, session, widgets
from sigma_core.console.prompts import detail, editor, listing
from sigma_core.errors import NotFound
from sigma_core.identity import row_id

system = session.system()
listed = system.prompts.catalog.list(archived=True)
chosen = st.query_params.get("prompt") or listing.first(listed)

listing.head(listed)
if chosen is None:
    listing.teach()
else:
    with st.container(horizontal=True, wrap=False, gap="medium", key="sg-panes-prompts"):
        with st.container(width=236, gap="small"):
            listing.draw(listed, chosen)
        with st.container(width="stretch", gap="small"):
            try:
                whole = system.prompts.catalog.show(str(row_id("prompt", chosen)))
            except NotFound as error:
                incidents.show(incidents.failure_of(error))
                if st.button("All prompts", key="all-prompts"):
                    widgets.back("prompt")
            else:
                if editor.is_open(whole):
                    editor.draw(whole)
                else:
                    detail.draw(whole)
