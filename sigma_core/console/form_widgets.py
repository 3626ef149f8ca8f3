"""A form's widgets, one for each kind of field, and what was refused at its field."""

from collections.abc import Mapping

import streamlit as st

from sigma_core.console import widgets, words
from sigma_core.console.components.signs import dot
from sigma_core.console.form_fields import FormField
from sigma_core.console.markup import div


def enter(one: FormField, key: str) -> None:
    """The widget of a field, its default filled in. A number without one is entered freely and refused in words."""
    match one.kind:
        case "label":
            st.text_input(one.label, value=one.default or "", key=key, help=one.help)
        case "text":
            st.text_area(one.label, value=one.default or "", key=key, height=88, help=one.help)
        case "names":
            st.text_input(one.label, key=key, placeholder="names, with commas between", help=one.help)
        case "detail":
            hint = 'Text, or JSON such as {"file": "shop/orders.py"}'
            st.text_area(one.label, key=key, height=88, placeholder=hint, help=one.help)
        case "bool":
            st.toggle(one.label, value=bool(one.default), key=key, help=one.help)
        case "choice":
            place = one.choices.index(one.default) if one.default in one.choices else 0
            st.selectbox(one.label, one.choices, index=place, key=key, help=one.help)
        case "fraction" | "number" if one.default is not None:
            _bounded(one, key)
        case "fraction":
            st.number_input(
                one.label, value=None, step=0.05, format="%.2f", key=key, placeholder="0 to 1", help=one.help
            )
        case "number":
            st.number_input(one.label, value=None, step=1.0, format="%g", key=key, help=one.help)


def refusal(refusals: Mapping[str, str], name: str, *, named: bool = False) -> None:
    """What was wrong with a field, below it."""
    for where, why in refusals.items():
        if top(where) == name:
            lead = f"{where}: " if named or where != name else ""
            widgets.draw(div(dot("bad"), f"{lead}{words.headed(why)}", cls="sg-text-bad sg-refusal", role="alert"))


def top(name: str) -> str:
    """The field that a dotted name lies in."""
    return name.split(".", 1)[0]


def _bounded(one: FormField, key: str) -> None:
    as_number = int if one.whole else float
    least, most = (None if bound is None else as_number(bound) for bound in (one.least, one.most))
    st.number_input(
        one.label,
        min_value=least,
        max_value=most,
        value=as_number(one.default),
        key=key,
        help=one.help,
        step=1 if one.whole else 0.05,
        format="%d" if one.whole else "%.2f",
    )
