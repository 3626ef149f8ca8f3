"""Starts the console: `streamlit run app.py` or `python app.py`.

Only a launcher. The script lies in a folder without a sibling ``pages/``: beside one, Streamlit would serve a deep
link on a cold server without the navigation.
"""

import streamlit as st
from starlette.middleware import Middleware

from sigma_core.console.gate import HostGate, posted

app = st.App(
    "sigma_core/console/main.py", middleware=[Middleware(HostGate, names=posted(st.get_option("server.address")))]
)

if __name__ == "__main__":
    app.run()
