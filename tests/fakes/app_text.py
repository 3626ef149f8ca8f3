"""Reading a page that was drawn without a browser."""

from streamlit.testing.v1 import AppTest


def text_of(app: AppTest) -> str:
    """All our HTML on the page, in order."""
    return "\n".join(str(piece.value) for piece in app.html)


def labels_of(app: AppTest) -> list[str]:
    """The labels of all buttons."""
    return [button.label for button in app.button]
