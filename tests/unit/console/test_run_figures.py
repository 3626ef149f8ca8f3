"""What a run reports of itself, in words."""

import pytest

from sigma_core.console.runs import figures


@pytest.mark.parametrize(
    ("reported", "shown"),
    [
        ({"needs_human": 1200}, ("Needs a person", "1\u202f200")),
        ({"unchanged": True}, ("As at the last look", "yes")),
        ({"commit": "4f1d2c9a" * 5}, ("Commit", "4f1d2c9a")),
        ({"lessons": None}, ("Lessons", "n/a")),
        ({"blind_spots": []}, ("Blind spots", "none")),
        ({"expired": {"risk_pattern": 2, "critical_issue": 0}}, ("Expired", "risk pattern 2")),
        ({"received": {"think": {"integrated": 3, "put_back": 0}, "dream": {}}}, ("Taken in", "think integrated 3")),
        (
            {"experiment": {"strategy": "multi_hop_exploration", "runs": [], "unknown": 5}},
            ("Asked of the graph", "Multi hop exploration: 0 answers, 5 questions of which it knows nothing yet"),
        ),
        (
            {"experiment": {"strategy": "risk_score", "runs": [7], "failed": 1}},
            ("Asked of the graph", "Risk score: 1 answer, 1 question that failed"),
        ),
        (
            {"experiment": {"strategy": "risk_score", "skipped": "The graph is away: refused"}},
            ("Asked of the graph", "Risk score: not asked. The graph is away: refused"),
        ),
    ],
)
def test_a_figure_is_told_in_words(reported: dict[str, object], shown: tuple[str, str]) -> None:
    assert list(figures.rows(reported)) == [shown]
