"""A home's log, looked through."""

import json
from pathlib import Path

from sigma_core.log_lines import READ_BYTES, LogFiles, WantedLines


def written(file: Path, *events: dict[str, object]) -> None:
    with file.open("a") as opened:
        opened.writelines(f"{json.dumps({'level': 'info', 'logger': 'x', **event})}\n" for event in events)


def test_lines_of_all_processes_stand_in_the_order_of_time_and_can_be_chosen(tmp_path: Path):
    files = LogFiles(tmp_path)
    assert files.latest(WantedLines(), 10) == []
    written(
        tmp_path / "scheduler.jsonl",
        {"timestamp": "2026-01-01T10:00:00Z", "event": "Attempt 1 begins", "run": 7, "worker": "dream"},
        {"timestamp": "2026-01-01T10:00:02Z", "event": "It broke", "level": "error", "exception": "ValueError: no"},
    )
    written(tmp_path / "console.jsonl", {"timestamp": "2026-01-01T10:00:01Z", "event": "Incident", "level": "debug"})
    assert [line.text for line in files.latest(WantedLines("debug"), 10)] == [
        "Attempt 1 begins",
        "Incident",
        "It broke",
    ]
    assert [line.text for line in files.latest(WantedLines("debug"), 2)] == ["Incident", "It broke"]
    assert [line.text for line in files.latest(WantedLines(run=7), 10)] == ["Attempt 1 begins"]
    assert [line.process for line in files.latest(WantedLines(text="valueerror"), 10)] == ["scheduler"]
    assert files.processes() == ["console", "scheduler"]


def test_what_was_logged_at_one_moment_stands_in_the_order_of_its_file(tmp_path: Path):
    written(tmp_path / "a.jsonl", *({"timestamp": "1", "event": name} for name in ("x", "y", "z")))
    written(tmp_path / "b.jsonl", {"timestamp": "0", "event": "before"})
    assert [line.text for line in LogFiles(tmp_path).latest(WantedLines(), 3)] == ["x", "y", "z"]
    assert [line.text for line in LogFiles(tmp_path).latest(WantedLines(), 2)] == ["y", "z"]


def test_only_what_was_logged_since_makes_another_version(tmp_path: Path):
    written(tmp_path / "a.jsonl", {"timestamp": "1", "event": "x"})
    files = LogFiles(tmp_path)
    before = files.version()
    assert files.version() == before
    written(tmp_path / "a.jsonl", {"timestamp": "2", "event": "y"})
    assert files.version() != before


def test_of_a_long_file_the_end_is_read_and_half_a_line_is_left_out(tmp_path: Path):
    file = tmp_path / "a.jsonl"
    file.write_text("x" * READ_BYTES + "\n")
    written(file, {"timestamp": "1", "event": "the last"})
    with file.open("a") as opened:
        opened.write('{"timestamp": "2", "lev')
    assert [line.text for line in LogFiles(tmp_path).latest(WantedLines(), 10)] == ["the last"]


def test_of_one_run_only_what_was_logged_since_it_was_asked_for_is_looked_at(tmp_path: Path):
    written(
        tmp_path / "a.jsonl",
        {"timestamp": "2026-01-01T10:00:00Z", "event": "of a run that was deleted", "run": 7},
        {"timestamp": "2026-01-01T10:00:01Z", "event": "7 of another", "run": 8},
        {"timestamp": "2026-01-01T10:00:02Z", "event": "its own", "run": 7},
    )
    wanted = WantedLines(run=7, since="2026-01-01T10:00:01Z")
    assert [line.text for line in LogFiles(tmp_path).latest(wanted, 10)] == ["its own"]
