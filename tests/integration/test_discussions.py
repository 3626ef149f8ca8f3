"""What people say of a change and who looks after it, on both databases, by several at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest
from fakes.seed import seed
from sqlmodel import select

from sigma_core.audit import AuditEntry
from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.errors import Conflict, Invalid, NotFound
from sigma_core.proposals import discussion as room
from sigma_core.proposals import listing
from sigma_core.proposals.discussion import Discussions, SeenAssignee
from sigma_core.proposals.listing import Wanted
from sigma_core.proposals.service import Proposals
from sigma_core.proposals.tables import Proposal


@pytest.fixture
def discussions(database: Database) -> Discussions:
    seed(database)
    return Discussions(database, utc_now, Proposals(database, utc_now, cast("Any", None)))


def listed(database: Database, assignee: str | None) -> set[int]:
    with database.reading() as session:
        return {line.id for line in listing.newest(session, Wanted(assignee=assignee), 100)}


def refusals(act: Callable[[str], object], names: list[str]) -> int:
    def attempt(name: str) -> bool:
        try:
            act(name)
        except Conflict:
            return True
        return False

    with ThreadPoolExecutor(len(names)) as pool:
        return sum(pool.map(attempt, names))


def test_comments_are_kept_in_order_as_text_without_secrets(discussions: Discussions, database: Database) -> None:
    discussions.comment(214, "  <b>No</b>\nPASSWORD=hunter2hunter2 ", actor="ann")
    discussions.comment("214", "\x00yes", actor="bob")
    said = discussions.of(214).comments
    assert [each.author for each in said] == ["ann", "bob"]
    assert said[0].text == "<b>No</b>\nPASSWORD=[redacted]"
    assert "\x00" not in said[1].text
    for text in ("", " \n", "x" * (room.LONGEST_COMMENT + 1)):
        with pytest.raises(Invalid):
            discussions.comment(214, text, actor="ann")
    with pytest.raises(NotFound):
        discussions.comment(999, "x", actor="ann")
    with database.reading() as session:
        acts = session.exec(select(AuditEntry).where(AuditEntry.action == "comment")).all()
    assert [(each.actor, each.object) for each in acts] == [("ann", "proposal/214"), ("bob", "proposal/214")]


def test_of_several_who_assign_what_they_saw_with_nobody_one_is_let_and_the_others_are_told(
    discussions: Discussions, database: Database
) -> None:
    nobody, names = SeenAssignee(None), ["ann", "bob", "cid", "dan"]
    refused = refusals(lambda name: discussions.assign(214, name, actor=name, seen=nobody), names)
    assert refused == 3
    holder = discussions.of(214).assignee
    assert holder in names
    with pytest.raises(Conflict, match=f"Proposal 214 is assigned to {holder} by now"):
        discussions.assign(214, None, actor="eve", seen=nobody)
    assert listed(database, str(holder)) == {214}
    assert listed(database, "") == listed(database, None) - {214}
    assert list(discussions.assignees()) == [holder]
    discussions.assign(214, None, actor="eve")
    assert discussions.of(214).assignee is None
    assert listed(database, "") == listed(database, None)
    with pytest.raises(Invalid):
        listed(database, "a\x00")
    for name in ("", "a\nb", "x" * 201):
        with pytest.raises(Invalid):
            discussions.assign(214, name, actor="ann")


def test_nobody_loses_a_comment_to_another_and_there_is_an_end(
    discussions: Discussions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MOST_COMMENTS", 5)
    refused = refusals(lambda name: discussions.comment(214, f"by {name}", actor=name), list("abcdefgh"))
    assert (refused, len(discussions.of(214).comments)) == (3, 5)


def test_both_go_with_the_change_to_a_later_commit(discussions: Discussions, database: Database) -> None:
    discussions.comment(214, "look here", actor="ann")
    discussions.assign(214, "ann", actor="ann")
    with database.transaction() as session:
        session.get_one(Proposal, 215).lineage_id = 214
    found = discussions.of(215)
    assert (found.assignee, [each.text for each in found.comments]) == ("ann", ["look here"])
    assert listed(database, "ann") == {214, 215}
