"""HTML that is safe by construction: what is not `Html` is escaped."""

import html
import re
import unicodedata

from sigma_core.console.words import CODE
from sigma_core.text import with_hidden


class Html(str):
    """Markup made by `element`; everything else is text."""

    __slots__ = ()


def element(name: str, *children: object, cls: str = "", **attributes: object) -> Html:
    """`<name class=cls …>children</name>`. Underscores in attribute names become hyphens; None leaves one out."""
    pairs = {"class": cls or None, **{key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}}
    written = "".join(
        f' {key}="{html.escape(str(value), quote=True)}"' for key, value in pairs.items() if value is not None
    )
    return Html(f"<{name}{written}>{join(*children)}</{name}>")


def join(*parts: object) -> Html:
    """Parts one after another; text among them is escaped, None is nothing."""
    return Html("".join(part if isinstance(part, Html) else text(part) for part in parts if part is not None))


def text(value: object) -> Html:
    """Escaped text in which a hidden character is shown by its code, so that nothing reads other than it is."""
    return Html(with_hidden(html.escape(str(value), quote=True), _shown))


def div(*children: object, cls: str = "", **attributes: object) -> Html:
    """A block."""
    return element("div", *children, cls=cls, **attributes)


def span(*children: object, cls: str = "", **attributes: object) -> Html:
    """A run of text."""
    return element("span", *children, cls=cls, **attributes)


def with_code(sentence: str) -> Html:
    """Text in which what stands between backticks is code."""
    # Every second part is what stood between two of them
    parts = CODE.split(sentence)
    return join(*(element("code", part) if number % 2 else part for number, part in enumerate(parts)))


def markdown(value: object) -> str:
    """Text for a native label: nothing in it is read as Markdown, colour directive, icon or emoji."""
    shown = with_hidden(str(value), lambda character: f"[U+{ord(character):04X}]").replace("\n", " ")
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~:$&])", r"\\\1", shown)


def _shown(character: str) -> str:
    name = unicodedata.name(character, "control character").lower()
    return f'<b class="sg-hidden" title="{name}">U+{ord(character):04X}</b>'
