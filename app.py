"""Starts the console, and the API beside it: `streamlit run app.py` or `python app.py`.

Only a launcher. The script lies in a folder without a sibling ``pages/``: beside one, Streamlit would serve a deep
link on a cold server without the navigation.
"""

import os
import sys
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from sigma_core.api.access import access_of
from sigma_core.api.application import api_routes
from sigma_core.api.gate import HostGate, names_of
from sigma_core.api.return_address import ReturnAddress
from sigma_core.console import session
from sigma_core.errors import SigmaError
from sigma_core.runtime.sign_in import cookie_secret, sign_in_at
from sigma_core.settings import load_settings

try:
    settings = load_settings(Path(os.environ.get("SIGMA_HOME", ".sigma")))
    sign_in = sign_in_at(st.get_option("server.address") or "", settings)
    access = access_of(settings)
except SigmaError as error:
    sys.stderr.write(f"{error}\n")
    sys.exit(error.exit_code)

app = st.App(
    Path(session.__file__).with_name("main.py"),
    routes=api_routes(session.system, access),
    middleware=[
        Middleware(HostGate, names=names_of(settings), sign_in=sign_in),
        *([Middleware(ReturnAddress)] if sign_in else []),
    ],
    secrets=sign_in.streamlit_secrets(cookie_secret(settings.home)) if sign_in else None,
)

if __name__ == "__main__":
    app.run()
