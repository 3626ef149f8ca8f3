"""The page Prompts: find one, read it, edit it, give it to workers."""

import secrets
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.app_text import text_of
from streamlit.testing.v1 import AppTest

from sigma_core.llm.recorder import UsageRecorder
from sigma_core.llm.tables import PromptUsage
from sigma_core.prompts.catalog import difference
from sigma_core.prompts.content import Content
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import load_settings

Visit = Callable[..., AppTest]
FIX = "dream/error_fix"
HOSTILE = "<script>alert(1)</script> {{rule}} \u202e {% x %} '; DROP TABLE x; --"


@pytest.fixture
def system(home: Path) -> System:
    return build(load_settings(home))


def key_of(system: System, name: str = FIX) -> str:
    return str(system.prompts.catalog.show(name).template.id)


def test_the_page_lists_what_ships_and_shows_one(visit: Visit, system: System):
    shown = text_of(visit("prompts", prompt=key_of(system)))
    assert "7 prompts in use." in shown
    for part in ("You mend one issue", "production v1", "Variables", "An unused import goes"):
        assert part in shown


def test_search_looks_into_texts(visit: Visit, system: System):
    app = visit("prompts")
    app.text_input(key="q").input("attacker gains").run()
    assert [each.key for each in app.button if (each.key or "").startswith("prompt-")] == [
        f"prompt-{key_of(system, 'think/committee_scoring')}"
    ]
    app.text_input(key="q").input("no such thing").run()
    assert "No prompt matches these filters." in text_of(app)


def test_an_edit_becomes_the_next_version_and_is_previewed(visit: Visit, system: System):
    app = visit("prompts", prompt=key_of(system))
    app.button(key="edit").click().run()
    text = app.text_area(key="edit-user").value
    app.text_area(key="edit-user").input(f"{text}\nBe brief. {{{{Code}}}}").run()
    assert "is no name of a variable" in text_of(app)
    assert app.button(key="edit-save").disabled
    app.text_area(key="edit-user").input(f"{text}\nBe brief.").run()
    app.text_input(key="edit-note").input("brevity").run()
    app.button(key="edit-save").click().run()
    assert not app.exception
    assert "Tests of v2" in text_of(app)
    newest = system.prompts.catalog.show(FIX).versions[0]
    assert (newest.number, newest.note) == (2, "brevity")
    assert newest.content["user"].endswith("Be brief.")
    assert system.prompts.catalog.show(FIX).labels == {"production": 1}


@pytest.mark.parametrize("name", ["dream/error_fix", "think/committee_scoring"])
def test_saving_without_a_change_makes_no_version(visit: Visit, system: System, name: str):
    before = system.prompts.catalog.show(name)
    app = visit("prompts", prompt=str(before.template.id))
    app.button(key="edit").click().run()
    app.button(key="edit-save").click().run()
    assert len(system.prompts.catalog.show(name).versions) == len(before.versions)
    app.button(key="edit").click().run()
    text = app.text_area(key="edit-system").value
    app.text_area(key="edit-system").input(f"{text}\nBe brief.").run()
    app.button(key="edit-save").click().run()
    after = system.prompts.catalog.show(name)
    changed = difference(before.current, after.versions[0]).splitlines()
    assert [line for line in changed if line.startswith("+") and not line.startswith("+++")] == ["+Be brief."]
    assert list(after.versions[0].content["variables"]) == list(before.current.content["variables"])


def test_two_people_who_edit_at_once_are_told_and_the_second_goes_on_from_what_the_first_saved(
    visit: Visit, system: System
):
    app = visit("prompts", prompt=key_of(system))
    app.button(key="edit").click().run()
    content = system.prompts.catalog.show(FIX).current.content
    theirs = {**content, "title": "Other", "user": f"{content['user']}\nBe brief."}
    system.prompts.library.edit(FIX, Content.checked(theirs), note="mine", actor="ben")
    app.text_area(key="edit-system").input("Mend it.").run()
    app.button(key="edit-save").click().run()
    shown = text_of(app)
    assert "has v2 by now (ben: mine)" in shown
    assert "ben saved v2 meanwhile: mine" in shown
    assert "Be brief." in shown
    assert app.text_area(key="edit-system").value == "Mend it."
    assert app.text_area(key="edit-user").value == theirs["user"]
    assert len(system.prompts.catalog.show(FIX).versions) == 2
    app.button(key="edit-save").click().run()
    newest = system.prompts.catalog.show(FIX).versions[0]
    assert (newest.number, newest.content["title"], newest.content["system"], newest.content["user"]) == (
        3,
        "Other",
        "Mend it.",
        theirs["user"],
    )


def test_where_two_people_changed_the_same_field_the_seconds_words_stand_and_it_is_said(visit: Visit, system: System):
    app = visit("prompts", prompt=key_of(system))
    app.button(key="edit").click().run()
    content = system.prompts.catalog.show(FIX).current.content
    system.prompts.library.edit(FIX, Content.checked({**content, "system": "Mend."}), actor="ben")
    app.text_area(key="edit-system").input("Mend it.").run()
    app.button(key="edit-save").click().run()
    assert "Both of you changed system: your words stand" in text_of(app)
    assert app.text_area(key="edit-system").value == "Mend it."


def test_a_draft_survives_a_reload_and_is_gone_once_it_is_given_up(visit: Visit, system: System):
    key = key_of(system)
    app = visit("prompts", prompt=key)
    app.button(key="edit").click().run()
    was = app.text_area(key="edit-user").value
    app.text_area(key="edit-system").input("Mend it.").run()
    app.text_input(key="edit-note").input("shorter").run()
    again = visit("prompts", prompt=key, edit=key)
    assert (again.text_area(key="edit-system").value, again.text_input(key="edit-note").value) == (
        "Mend it.",
        "shorter",
    )
    assert again.text_area(key="edit-user").value == was
    other = key_of(system, "think/committee_scoring")
    app = visit("prompts", prompt=other)
    app.button(key="edit").click().run()
    assert app.text_area(key="edit-system").value != "Mend it."
    again.button(key="edit-cancel").click().run()
    assert not again.text_area
    again.button(key="edit").click().run()
    assert again.text_area(key="edit-system").value != "Mend it."


def test_tests_are_run_on_the_chosen_version(visit: Visit, system: System):
    app = visit("prompts", prompt=key_of(system))
    assert "not run yet with offline-rules" in text_of(app)
    app.button(key="run-tests").click().run()
    assert "5/5 [57, 100]" in text_of(app)


def test_a_test_is_read_changed_and_added_and_what_is_no_test_is_refused_in_words(visit: Visit, system: System):
    key, testing = key_of(system), system.prompts.tests
    name = next(each.name for each in testing.tests(FIX) if each.assertions)
    app = visit("prompts", prompt=key)
    app.selectbox(key=f"read-test-{key}").set_value(name).run()
    assert "filled in with" in text_of(app)
    app.button(key="test-edit").click().run()
    app.text_area(key="test-assertions").set_value("[{]")
    app.button(key="test-save").click().run()
    assert "is not JSON" in text_of(app)
    app.button(key="test-edit").click().run()
    app.text_area(key="test-assertions").set_value('[{"kind": "contains", "text": "None"}]')
    app.button(key="test-save").click().run()
    (changed,) = (each for each in testing.tests(FIX) if each.name == name)
    assert changed.assertions == [{"kind": "contains", "text": "None"}]
    before = len(testing.tests(FIX))
    app.button(key="test-add").click().run()
    app.text_input(key="test-name").set_value("It answers at all")
    app.button(key="test-save").click().run()
    assert len(testing.tests(FIX)) == before + 1


def test_rolling_back_offers_what_was_production_before_and_not_what_never_was(visit: Visit, system: System):
    library, content = system.prompts.library, system.prompts.catalog.show(FIX).current.content
    for number in (2, 3):
        library.edit(FIX, Content.checked({**content, "title": f"Number {number}"}), actor="ben")
    library.label(FIX, "production", 3, reason="try", actor="ben", override=True)
    app = visit("prompts", prompt=key_of(system))
    app.button(key="do-Roll-b").click().run()
    assert app.selectbox(key="do-version").value == 1
    app.text_area(key="do-reason").input("it is worse")
    app.button(key="do-submit").click().run()
    assert system.prompts.catalog.show(FIX).labels == {"production": 1}


def test_promotion_waits_for_tests_and_says_so(visit: Visit, system: System):
    content = system.prompts.catalog.show(FIX).current.content
    system.prompts.library.edit(FIX, Content.checked({**content, "title": "Other"}), actor="ben")
    app = visit("prompts", prompt=key_of(system))
    app.button(key="do-Promote-v").click().run()
    app.text_area(key="do-reason").input("it is better")
    app.button(key="do-submit").click().run()
    assert "has no result with offline-rules" in text_of(app)
    assert system.prompts.catalog.show(FIX).labels == {"production": 1}
    system.prompts.tests.run(FIX, version=2, actor="ben")
    app = visit("prompts", prompt=key_of(system))
    app.button(key="do-Promote-v").click().run()
    app.text_area(key="do-reason").input("it is better")
    app.button(key="do-submit").click().run()
    assert system.prompts.catalog.show(FIX).labels == {"production": 2}
    assert system.prompts.catalog.show(FIX).moves[0].reason == "it is better"


def test_hostile_text_is_shown_as_text(visit: Visit, system: System):
    content = {"title": "x", "system": HOSTILE, "user": HOSTILE, "variables": {"rule": {"description": HOSTILE}}}
    system.prompts.library.create("dream/hostile", Content.checked(content), note=HOSTILE, actor="<b>eve</b>")
    shown = text_of(visit("prompts", prompt=key_of(system, "dream/hostile")))
    assert "<script>" not in shown
    assert "<b>eve" not in shown
    assert "&lt;script&gt;" in shown


def test_a_prompt_that_is_not_there_is_said_to_be_not_there(visit: Visit, home: Path):
    for key in ("999", "x' OR 1=1"):
        app = visit("prompts", prompt=key)
        assert not app.exception
        assert "No prompt" in text_of(app)


def test_a_canary_is_started_and_stopped_with_a_reason(visit: Visit, system: System):
    content = system.prompts.catalog.show(FIX).current.content
    system.prompts.library.edit(FIX, Content.checked({**content, "title": "Other"}), actor="ben")
    app = visit("prompts", prompt=key_of(system))
    app.button(key="do-Start-c").click().run()
    app.text_area(key="do-reason").input("try it")
    app.checkbox(key="do-override").check()
    app.button(key="do-submit").click().run()
    assert "candidate v2 · 10" in text_of(app)
    status = system.prompts.canaries.status(FIX)
    assert status is not None
    assert "overridden: v2 has no result" in status.canary.reason
    app.button(key="do-Stop-c").click().run()
    app.text_area(key="do-reason").input("enough")
    app.button(key="do-submit").click().run()
    status = system.prompts.canaries.status(FIX)
    assert status is not None
    assert status.canary.state == "stopped"


def call(system: System, version: str, *, success: bool = True, template: str = FIX) -> PromptUsage:
    at = system.clock()
    return PromptUsage(
        call_id=f"{version}-{secrets.token_hex(4)}",
        prompt=FIX,
        template_id=system.prompts.catalog.show(template).template.id,
        version=version,
        worker="dream",
        model="gpt-4.1-mini",
        latency_ms=1200,
        success=success,
        input_tokens=900,
        output_tokens=100,
        cost_nano_usd=4_000_000,
        day=at.date(),
        created_at=at,
    )


def test_calls_of_a_prompt_are_added_up_version_beside_version(visit: Visit, system: System, tmp_path: Path):
    content = system.prompts.catalog.show(FIX).current.content
    system.prompts.library.edit(FIX, Content.checked({**content, "title": "Other"}), actor="ben")
    system.prompts.library.create("dream/error_fix/rival", Content.checked({**content, "title": "Rival"}), actor="ben")
    names = [system.prompts.catalog.show(FIX).template.version_name(number) for number in (1, 2)]
    rival = system.prompts.catalog.show("dream/error_fix/rival").template.version_name(1)
    UsageRecorder(system.database, tmp_path / "spool").record(
        *(call(system, names[0]) for _ in range(3)),
        call(system, names[1], success=False),
        call(system, rival, template="dream/error_fix/rival"),
    )
    app = visit("prompts", prompt=key_of(system))
    (table,) = app.dataframe
    assert list(table.value["Version"]) == ["v1 · production", "v2"]
    assert list(table.value["Per call"]) == [0.004, 0.004]
    assert "may be chance" in text_of(app)


def test_a_prompt_that_nobody_asked_yet_says_who_will(visit: Visit, system: System):
    shown = text_of(visit("prompts", prompt=key_of(system)))
    assert "No calls in 30 days" in shown
    assert "sigma run --worker dream" in shown
