"""A template to try things on, and a gate that says what a test wants."""

from sigma_core.prompts.content import Content

FIX = "dream/fix/mine"


class OpenGate:
    """Nothing speaks against anything, until `against` says so."""

    def __init__(self) -> None:
        self.against: str | None = None

    def refusal(self, *_: object) -> str | None:
        return self.against


def content(user: str = "Fix {{code}}", **more: object) -> Content:
    return Content.checked({"title": "Fix", "user": user, "variables": {"code": {}}, **more})
