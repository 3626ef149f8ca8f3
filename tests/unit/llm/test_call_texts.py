"""What is kept of what a model was asked and answered."""

from dataclasses import replace
from datetime import timedelta

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.llm import call_texts
from sigma_core.llm.call_list import Calls, WantedCalls
from sigma_core.llm.call_texts import LONGEST, call_text, prune
from sigma_core.llm.model import ChatMessage, Rendered
from sigma_core.llm.recorder import UsageRecorder
from sigma_core.llm.tables import ModelCallText, PromptUsage
from sigma_core.llm.usage import Call, Tally

SECRET = "sk-abcdefghijklmnopqrstuvwxyz"
PROMPT = Rendered(
    "dream/error_fix",
    "v1",
    (ChatMessage("user", f"Mend it. key={SECRET}"),),
    {},
    {"code": f"token = '{SECRET}'", "lines": [1, 2]},
)


def usage(number: int, **values: object) -> PromptUsage:
    now = utc_now()
    return PromptUsage(
        call_id=f"c{number}",
        prompt="dream/error_fix" if number % 2 else "think/committee_scoring",
        version="v1",
        worker="dream",
        model="m",
        latency_ms=3,
        success=number != 3,
        day=now.date(),
        created_at=now,
        **values,
    )


def test_secrets_are_taken_out_of_what_was_asked_answered_and_filled_in():
    text = call_text(Call(PROMPT, "dream", 1, 1), Tally(text=f'{{"fix": "{SECRET}"}}'), "c1", utc_now())
    assert text is not None
    assert SECRET not in str((text.messages, text.variables, text.answer))
    assert text.variables is not None
    assert text.variables["lines"] == [1, 2]
    assert text.is_whole


def test_long_texts_are_cut_and_say_so_and_long_values_are_not_kept():
    long = replace(PROMPT, messages=(ChatMessage("user", "x" * 50_000),), variables={"code": "y" * 70_000})
    text = call_text(Call(long, "dream", 1, 1), Tally(text="z" * 50_000), "c1", utc_now())
    assert text is not None
    assert max(len(text.answer), len(text.messages[0]["content"])) <= LONGEST
    assert (text.variables, text.is_whole) == (None, False)


def test_a_call_without_words_leaves_no_text():
    assert call_text(Call(replace(PROMPT, messages=()), "graph", None, None), Tally(), "c1", utc_now()) is None


def test_texts_are_stored_with_their_call_and_forgotten_after_a_time(database: Database, tmp_path, monkeypatch):
    recorder, now = UsageRecorder(database, tmp_path / "spool"), utc_now()
    for number in (1, 2, 3):
        at = now - timedelta(days=40 if number == 1 else number)
        recorder.record(usage(number), text=call_text(Call(PROMPT, "dream", 1, 1), Tally(text="{}"), f"c{number}", at))
    calls = Calls(database)
    assert [row["id"] for row in calls.listed(WantedCalls(success=False)).page(None, 9)] == [3]
    assert calls.prompts() == ["dream/error_fix", "think/committee_scoring"]
    assert calls.get(2).text is not None
    with database.transaction() as session:
        assert prune(session, now, 30) == 1
        monkeypatch.setattr(call_texts, "MOST", 1)
        assert prune(session, now, 30) == 1
        assert [session.get(ModelCallText, f"c{number}") is not None for number in (1, 2, 3)] == [False, True, False]
    assert calls.get(1).text is None
