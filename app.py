"""Starts the console: `streamlit run app.py` or `python app.py`.

Only a launcher. The script lies in a folder without a sibling ``pages/``: beside one, Streamlit would serve a deep
link on a cold server without the navigation.
"""

import streamlit as st

app = st.App("sigma_core/console/main.py")

if __name__ == "__main__":
    app.run()
