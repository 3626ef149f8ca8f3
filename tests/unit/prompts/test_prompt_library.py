"""Templates, versions and labels: nothing is lost, everything is told."""

import pytest
from fakes.prompt_library import FIX, OpenGate, content

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.errors import Conflict, Forbidden, Invalid, NotFound
from sigma_core.llm.tables import PromptUsage
from sigma_core.prompts.catalog import PromptCatalog, difference
from sigma_core.prompts.content import Content, declared
from sigma_core.prompts.library import PromptLibrary
from sigma_core.prompts.variables import Variable


def test_a_saved_edit_is_the_next_version_and_the_old_one_stays(stored: PromptLibrary, catalog: PromptCatalog) -> None:
    whole = catalog.show(FIX)
    assert [(each.number, each.parent, each.author) for each in whole.versions] == [(2, 1, "ben"), (1, None, "ann")]
    assert whole.version(1).content["user"] == "Fix {{code}}"
    assert whole.labels == {"production": 1}
    assert whole.current.number == 1


def test_saving_the_same_text_makes_no_version(stored: PromptLibrary, catalog: PromptCatalog) -> None:
    saved = stored.edit(FIX, content("  Fix this: {{code}}\r\n"), base_version=1, actor="ann")
    assert (saved.made, saved.version.number) == (False, 2)
    assert len(catalog.show(FIX).versions) == 2


def test_contents_that_are_the_same_have_no_difference_whatever_their_order(
    stored: PromptLibrary, catalog: PromptCatalog
) -> None:
    whole = Content.checked(
        {
            "user": "In {{first_line}} and {{line}}: {{code}} {{view}}",
            "views": {"b": "x", "a": "y"},
            "answer": {"type": "object", "required": ["z"]},
            "variables": {"line": {"type": "number"}, "code": {}, "first_line": {"type": "number"}},
        }
    )
    turned = Content.checked(
        {
            name: dict(reversed(part.items())) if isinstance(part, dict) else part
            for name, part in whole.model_dump().items()
        }
    )
    assert list(turned.variables) != list(whole.variables)
    stored.create("dream/turned", whole, actor="ann")
    assert not stored.edit("dream/turned", turned, actor="ben").made
    edited = stored.edit("dream/turned", turned.model_copy(update={"title": "Better"}), actor="ben").version
    diff = difference(catalog.show("dream/turned").versions[-1], edited)
    assert [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")] == [
        '-  "title": "",',
        '+  "title": "Better",',
    ]


def test_variables_stay_where_they_stood_and_new_ones_follow_as_they_occur() -> None:
    known = {name: Variable(description=name) for name in ("line", "gone", "first_line", "code")}
    found = declared("{{ code }} at line {{first_line}}, {{line}}: {{why}} {{view}} {{because}}", known)
    assert list(found) == ["line", "first_line", "code", "why", "because"]
    assert found["line"] == known["line"]
    assert list(declared("{{> think/common}} {{code}}", known)) == list(known)


def test_an_edit_of_what_somebody_else_changed_meanwhile_is_a_conflict(stored: PromptLibrary) -> None:
    with pytest.raises(Conflict, match=r"has v2 by now \(ben: clearer\); this was made from v1"):
        stored.edit(FIX, content("Mend {{code}}"), base_version=1, actor="ann")


def test_a_name_is_taken_once(stored: PromptLibrary) -> None:
    with pytest.raises(Conflict, match="There is a prompt dream/fix/mine already"):
        stored.create(FIX, content(), actor="ann")
    with pytest.raises(Invalid):
        stored.create("dream", content(), actor="ann")
    with pytest.raises(Invalid):
        stored.create("dream/fix/Mine!", content(), actor="ann")
    assert stored.create("dream/fix", content(), actor="ann").template.full_name == "dream/fix/main"


def test_a_slot_has_one_production_whichever_template_it_is_of(stored: PromptLibrary, catalog: PromptCatalog) -> None:
    stored.create("dream/fix/other", content("Other {{code}}"), actor="cem")
    assert stored.label("dream/fix/other", "production", 1, reason="better", actor="cem")
    assert catalog.show(FIX).labels == {}
    assert catalog.prompt("dream/fix").texts[1] == "Other {{code}}"
    assert catalog.prompt("dream/fix").version == "other/v1"
    moves = catalog.show(FIX).moves
    assert [(move.from_number, move.to_number, move.reason, move.actor) for move in moves] == [
        (1, 1, "better", "cem"),
        (None, 1, "first", "ann"),
    ]


def test_a_label_that_is_there_already_does_not_move(stored: PromptLibrary, catalog: PromptCatalog) -> None:
    assert not stored.label(FIX, "production", 1, reason="again", actor="ann")
    assert len(catalog.show(FIX).moves) == 1


@pytest.mark.parametrize(("label", "reason"), [("Prod", "x"), ("latest", "x"), ("candidate", "x"), ("staging", " ")])
def test_a_label_needs_a_fitting_name_and_a_reason(stored: PromptLibrary, label: str, reason: str) -> None:
    with pytest.raises(Invalid):
        stored.label(FIX, label, 1, reason=reason, actor="ann")


def test_what_tests_speak_against_becomes_production_only_by_a_recorded_override(
    stored: PromptLibrary, catalog: PromptCatalog, gate: OpenGate
) -> None:
    gate.against = "v2 fails 1 of 5 tests."
    with pytest.raises(Forbidden, match="v2 fails 1 of 5 tests"):
        stored.label(FIX, "production", 2, reason="now", actor="ann")
    assert stored.label(FIX, "staging", 2, reason="no gate here", actor="ann")
    assert stored.label(FIX, "production", 2, reason="urgent", actor="ann", override=True)
    move = catalog.show(FIX).moves[0]
    assert (move.overridden, move.reason) == ("v2 fails 1 of 5 tests.", "urgent")
    assert "(overridden: v2 fails" in (catalog.audit(FIX)[0].reason or "")


def test_rolling_back_moves_the_label_or_makes_a_new_version(
    stored: PromptLibrary, catalog: PromptCatalog, gate: OpenGate
) -> None:
    stored.label(FIX, "production", 2, reason="new", actor="ann")
    gate.against = "untested"
    assert stored.rollback(FIX, 1, reason="worse", actor="ben").version.number == 1
    saved = stored.rollback(FIX, 2, reason="no, better", actor="ben", as_new=True)
    assert (saved.version.number, saved.version.parent, saved.made) == (3, 2, True)
    whole = catalog.show(FIX)
    assert whole.labels == {"production": 3}
    assert whole.version(3).digest == whole.version(2).digest
    assert [move.to_number for move in whole.moves] == [3, 1, 2, 1]


def test_what_never_was_production_is_not_rolled_back_to_past_its_tests(stored: PromptLibrary, gate: OpenGate) -> None:
    gate.against = "v2 fails."
    with pytest.raises(Forbidden, match="v2 has never been production"):
        stored.rollback(FIX, 2, reason="x", actor="ann")


def test_the_difference_of_two_versions_is_by_part(stored: PromptLibrary, catalog: PromptCatalog) -> None:
    diff = catalog.diff(FIX, 1, 2)
    assert "--- a/user\n+++ b/user" in diff
    assert "-Fix {{code}}\n+Fix this: {{code}}" in diff
    assert "system" not in diff
    with pytest.raises(NotFound, match="version dream/fix/mine v9"):
        catalog.diff(FIX, 1, 9)


def test_prompts_are_found_by_name_description_tag_and_text(stored: PromptLibrary, catalog: PromptCatalog) -> None:
    stored.describe(FIX, description="Mends CODE", tags=["ünicode"], actor="ann")
    for wanted in ("dream", "mends code", "ÜNI", "fix this:", ""):
        assert [each.template.full_name for each in catalog.search(wanted)] == [FIX]
    assert not catalog.search("fix elephant")


def test_archive_then_delete(stored: PromptLibrary, catalog: PromptCatalog) -> None:
    with pytest.raises(Conflict, match="production of dream/fix points to"):
        stored.archive(FIX, reason="old", actor="ann")
    stored.create("dream/fix/other", content("Other {{code}}"), actor="ann")
    with pytest.raises(Conflict, match="is not archived"):
        stored.delete("dream/fix/other", confirm="dream/fix/other", reason="x", actor="ann")
    stored.archive("dream/fix/other", reason="unused", actor="ann")
    assert [each.template.name for each in catalog.list()] == ["mine"]
    assert len(catalog.list(archived=True)) == 2
    with pytest.raises(Forbidden, match="is archived"):
        stored.label("dream/fix/other", "staging", 1, reason="x", actor="ann")
    with pytest.raises(Invalid, match="confirm: must be dream/fix/other"):
        stored.delete("dream/fix/other", confirm="yes", reason="x", actor="ann")
    stored.delete("dream/fix/other", confirm="dream/fix/other", reason="x", actor="ann")
    with pytest.raises(NotFound):
        catalog.show("dream/fix/other")


def test_what_a_call_was_made_with_stays(stored: PromptLibrary, database: Database) -> None:
    stored.create("dream/fix/other", content("Other {{code}}"), actor="ann")
    stored.archive("dream/fix/other", reason="unused", actor="ann")
    with database.transaction() as session:
        session.add(
            PromptUsage(
                call_id="1",
                prompt="dream/fix",
                version="other/v1",
                worker="dream",
                model="m",
                latency_ms=1,
                success=True,
                day=utc_now().date(),
                created_at=utc_now(),
            )
        )
    with pytest.raises(Conflict, match="Recorded calls refer to"):
        stored.delete("dream/fix/other", confirm="dream/fix/other", reason="x", actor="ann")


def test_an_included_text_is_pinned_and_may_not_lead_back(stored: PromptLibrary, catalog: PromptCatalog) -> None:
    stored.create("dream/rules", content("Rules for {{code}}"), actor="ann")
    stored.create("dream/long", content("{{> dream/rules}}!"), actor="ann")
    stored.edit("dream/rules", content("New rules for {{code}}"), actor="ann")
    assert catalog.prompt("dream/long").texts[1] == "Rules for {{code}}!"
    assert stored.edit("dream/long", content("{{> dream/rules}}!"), actor="ann").made
    assert catalog.prompt("dream/long", 2).texts[1] == "New rules for {{code}}!"
    with pytest.raises(Invalid, match="leads back to this prompt"):
        stored.edit("dream/rules", content("{{> dream/long}}"), actor="ann")
    with pytest.raises(Invalid, match="leads back to this prompt"):
        stored.edit("dream/long", content("{{> dream/long}}"), actor="ann")
    with pytest.raises(Invalid, match="there is no such prompt"):
        stored.edit("dream/long", content("{{> dream/none}}{{code}}"), actor="ann")


def test_every_act_is_told_with_who_and_why(stored: PromptLibrary, catalog: PromptCatalog) -> None:
    told = [(entry.actor, entry.action, entry.reason) for entry in catalog.audit(FIX)]
    assert told == [("ben", "save v2", "clearer"), ("ann", "label production v1", "first"), ("ann", "save v1", None)]
