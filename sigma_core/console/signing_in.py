"""Where people sign in: before it nothing of the console is drawn."""

import streamlit as st

from sigma_core.console import frame, incidents, session, widgets, words
from sigma_core.console.components.blocks import page_head
from sigma_core.errors import SigmaError, Unavailable
from sigma_core.runtime.sign_in import SignInExpired, sign_in_of


def require() -> None:
    """Go on for whoever may look; else ask to sign in, or tell why that does not suffice, and draw nothing more."""
    try:
        session.person()
    except Unavailable:
        # Nobody is let past who could not be asked, nor asked to sign in for a database that is away
        frame.navigation({}, is_shown=False)
        with incidents.contained():
            raise
        st.stop()
    except SigmaError as error:
        frame.navigation({}, is_shown=False)
        frame.name_tab("Sign in")
        _ask(error)
        st.stop()


def signed_in() -> None:
    """In the sidebar: who it is, as what, and the way out."""
    if sign_in_of(session.system().settings) is None:
        return
    who = session.person()
    with st.container(key="sg-person", gap=None):
        widgets.plain(who.name, who.role)
        st.button("Sign out", key="sign-out", type="tertiary", icon=":material/logout:", on_click=_sign_out)


def _ask(error: SigmaError) -> None:
    with st.container(width=520, key="sg-sign-in"):
        is_signed_in = bool(st.user.get("is_logged_in"))
        widgets.head(page_head("Sign in", "SIGMA asks your organisation who you are, and shows nothing before."))
        if is_signed_in or not isinstance(error, SignInExpired):
            incidents.show(incidents.ShownFailure("You cannot see this console", words.headed(str(error))))
        st.button("Sign in", key="sign-in", type="primary", icon=":material/login:", on_click=st.login)
        if is_signed_in:
            st.button("Sign out", key="sign-out", type="tertiary", on_click=_sign_out)


def _sign_out() -> None:
    session.signed_out().add(session.signature(st.user.to_dict()))
    st.logout()
