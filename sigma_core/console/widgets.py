"""Native widgets in our look. Anything clickable is one of these or a plain Streamlit widget."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from sigma_core.console import frame, session
from sigma_core.console.charts import CONFIG, Chart, picked_point
from sigma_core.console.components.blocks import command_line, empty, root
from sigma_core.console.markup import Html, markdown, span
from sigma_core.console.words import STATES, quoted

_BADGES = {
    "needs_human": "orange-badge[■ {}]",
    "rejected": "gray-badge[◆ {}]",
    "approved": "gray-badge[● {}]",
    "applied": "gray-badge[● {}]",
}


def draw(*parts: object) -> None:
    """Our HTML as one element."""
    st.html(root(*parts))


def act(
    label: str,
    *,
    help: str | None = None,
    disabled: bool = False,
    button: Callable[..., bool] = st.button,
    **options: Any,  # noqa: ANN401 (as the button takes them)
) -> bool:
    """A button that changes something: whoever may only look sees it, and why it is not for him."""
    refusal = session.why_not()
    pressed = button(label, help=refusal or help, disabled=disabled or refusal is not None, **options)
    # A browser of his own could press it all the same
    return pressed and refusal is None


def head(content: Html, buttons: Callable[[], object] | None = None, *, key: str = "page") -> None:
    """The page head with its few buttons right of it, on a small screen below it. `key` tells heads of a page apart."""
    if buttons is None:
        st.html(root(content))
        return
    with st.container(horizontal=True, vertical_alignment="center", wrap=False, key=f"sg-beside-head-{key}"):
        st.html(root(content))
        buttons()


def crumb(parameter: str, label: str, rest: str) -> None:
    """The way back from an object to its page's list: without the deep link's parameter."""
    with st.container(horizontal=True, vertical_alignment="center", gap=None, key="sg-crumb"):
        if st.button(label, key="crumb", type="tertiary"):
            back(parameter)
        note(f"\u2002/\u2002{rest}")


def state_badge(state: str) -> str:
    """A proposal's state inside a native label."""
    return ":" + _BADGES.get(state, "gray-badge[○ {}]").format(STATES.get(state, state))


def list_row(
    key: str,
    title: str,
    sub: str,
    *,
    badge: str = "",
    icon: str | None = None,
    help: str | None = None,
    on_click: Callable[[], None] | None = None,
) -> bool:
    """A two-line row that is clicked as a whole. `title` and `sub` are plain text, `badge` is a native directive."""
    label = f"**{markdown(quoted(title))}** {badge}  \n:small[:gray[{markdown(quoted(sub))}]]"
    with st.container(key=f"sg-list-{key}"):
        return st.button(
            label, key=key, type="tertiary", width="stretch", icon=icon, help=help, wrap=True, on_click=on_click
        )


def open_page(name: str, **parameters: object) -> None:
    """Go to a page, with a deep link's parameters; the chosen project stays."""
    if (project := session.project()) is not None:
        parameters = {"project": project.name, **parameters}
    st.switch_page(frame.PAGES / f"{name}.py", query_params={key: str(value) for key, value in parameters.items()})


def back(parameter: str) -> None:
    """Show the page without its deep link."""
    # The navigation's own link to the page one is on keeps the parameters
    del st.query_params[parameter]
    st.rerun()


def empty_state(title: str, why: str, command: str, *buttons: Callable[[], Any]) -> None:
    """What is missing and how it comes about, native buttons, the command line's way."""
    st.html(root(empty(title, why)))
    if buttons:
        with st.container(horizontal=True, horizontal_alignment="center"):
            for button in buttons:
                button()
    st.html(root(command_line(command)))


def note(text: str) -> None:
    """A few quiet words inside a row of buttons."""
    st.html(root(span(text, cls="sg-muted")), width="content")


def the_rest(found: Sequence[object], most: int, how: str) -> None:
    """Where more was found than is shown: that it is so, and how to see the rest."""
    if len(found) > most:
        note(f"Only the first {most} are shown; {how}.")


def chart(drawn: Chart, height: int, key: str, on_pick: Callable[[int], object] | None = None) -> None:
    """A chart, with what it shows in words for who cannot see it. `on_pick` is told which dot was clicked."""
    # Drawn anew in another theme: the browser colours the marks of a chart once
    key = f"{key}-{session.theme()}"
    picking: dict[str, Any] = {}
    if on_pick is not None:
        picking = {"on_select": partial(_pick, key, on_pick), "selection_mode": "points"}
    st.plotly_chart(drawn.figure, height=height, key=key, config=dict(CONFIG), alt=drawn.finding, **picking)


def _pick(key: str, on_pick: Callable[[int], object]) -> None:
    place = picked_point(st.session_state.get(key))
    if place is not None:
        on_pick(place)


def plain(lead: str, rest: str) -> None:
    """A bold and a quiet sentence as native text: in a dialog our own HTML would not know the theme."""
    said = f":gray[{markdown(quoted(rest))}]"
    st.markdown(f"**{markdown(quoted(lead))}**  \n{said}" if lead else said)
