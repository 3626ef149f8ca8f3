"""Whose opinion of a change a model is asked for: one member's, in turn, unless it is to be everybody's. Pure."""

from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from typing import Any, TypedDict

from sigma_core.proposals.committee import MEMBERS


class AskedMembers(TypedDict):
    """Whose opinions a decision was to rest on: `missing` tells of each why it did not come, None where it did."""

    in_turn: bool
    change: int
    """What the turn follows from: the number of the change that all its proposals have in common."""
    missing: dict[str, str | None]


def asked_about(change: int, measured: Collection[str]) -> Sequence[str]:
    """The one member whose turn it is, of those for whom something was measured; nobody where nothing was.

    Of five changes in a row each member is asked about one, in an order that is drawn anew for each five, so that no
    kind of change that comes in a rhythm always meets the same member. Where nothing was measured for it, it is the
    next one's turn.
    """
    block, place = divmod(change, len(MEMBERS))
    order = sorted(MEMBERS, key=lambda name: sha256(f"{block}/{name}".encode()).digest())
    return [name for name in (*order[place:], *order[:place]) if name in measured][:1]


def who_was_asked(rules: Mapping[str, Any]) -> str:
    """What a decision's rules tell of it, in a sentence; nothing where it was made before members took turns."""
    asked: AskedMembers | None = rules.get("asked")
    if asked is None:
        return ""
    if not asked["missing"]:
        return "No model was asked: members voted by rule."
    missing = "".join(f" None came of the {name} ({why})." for name, why in asked["missing"].items() if why is not None)
    return f"A model was asked for {_whose(asked, is_alone=not missing)}.{missing}"


def _whose(asked: AskedMembers, *, is_alone: bool) -> str:
    names = sorted(asked["missing"])
    if asked["in_turn"]:
        others = "; the others voted by rule" if is_alone else ""
        return f"the {names[0]}'s opinion, whose turn it was{others}"
    return "each member's opinion" if len(names) == len(MEMBERS) else f"the opinions of {', '.join(names)}"
