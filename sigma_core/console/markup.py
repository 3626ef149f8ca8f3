"""HTML that is safe by construction: what is not `Html` is escaped."""

import html
import re
import unicodedata


class Html(str):
    """Markup made by `element`; everything else is text."""

    __slots__ = ()


_HIDDEN = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0b-\x1f\x7f]")
"""Characters that change how text reads without being seen: direction marks, zero-width and control characters."""


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
    return Html(_HIDDEN.sub(_shown, html.escape(str(value), quote=True)))


def div(*children: object, cls: str = "", **attributes: object) -> Html:
    """A block."""
    return element("div", *children, cls=cls, **attributes)


def span(*children: object, cls: str = "", **attributes: object) -> Html:
    """A run of text."""
    return element("span", *children, cls=cls, **attributes)


def markdown(value: object) -> str:
    """Text for a native label: nothing in it is read as Markdown, colour directive, icon or emoji."""
    shown = _HIDDEN.sub(lambda m: f"[U+{ord(m[0]):04X}]", str(value)).replace("\n", " ")
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~:$&])", r"\\\1", shown)


def _shown(match: re.Match[str]) -> str:
    character = match[0]
    name = unicodedata.name(character, "control character").lower()
    return f'<b class="sg-hidden" title="{name}">U+{ord(character):04X}</b>'
