"""Reading a page that was drawn without a browser."""

from streamlit.testing.v1 import AppTest

from sigma_core.console.frame import KEYBOARD


def text_of(app: AppTest) -> str:
    """All our HTML on the page, in order, but for the one script that is ours."""
    return "\n".join(text for piece in app.html if (text := str(piece.value)) != KEYBOARD)


def labels_of(app: AppTest) -> list[str]:
    """The labels of all buttons."""
    return [button.label for button in app.button]
