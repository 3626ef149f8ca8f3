"""What models are asked: the list, and one prompt with its versions, tests and history (?prompt=ID)."""

import streamlit as st

from sigma_core.console import incidents, prompt_detail, prompt_editor, prompt_list, session, widgets
from sigma_core.errors import NotFound
from sigma_core.identity import row_id

system = session.system()
listed = system.catalog.list(archived=True)
chosen = st.query_params.get("prompt") or prompt_list.first(listed)

prompt_list.head(listed)
if chosen is None:
    prompt_list.teach()
else:
    with st.container(horizontal=True, wrap=False, gap="medium"):
        with st.container(width=236, gap="small"):
            prompt_list.draw(listed, chosen)
        with st.container(width="stretch", gap="small"):
            try:
                whole = system.catalog.show(str(row_id("prompt", chosen)))
            except NotFound as error:
                incidents.show(incidents.failure_of(error))
                if st.button("All prompts", key="all-prompts"):
                    widgets.back("prompt")
            else:
                if prompt_editor.is_open(whole):
                    prompt_editor.draw(whole)
                else:
                    prompt_detail.draw(whole)
