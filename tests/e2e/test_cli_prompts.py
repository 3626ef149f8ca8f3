"""`sigma prompt …` as the contract has it."""

import json
from pathlib import Path

import pytest
from fakes.command import Command

FIX = "dream/error_fix"


@pytest.fixture
def sigma(home: Path) -> Command:
    return Command(home)


@pytest.fixture
def texts(tmp_path: Path) -> dict[str, Path]:
    made = {
        "system": 'Mend code. {"a": {}}',
        "user": "Fix {{code}} for {{who}}",
        "user2": "Mend {{code}} for {{who}}",
        "schema": '{"type": "object", "required": ["said"]}',
    }
    paths = {name: tmp_path / f"{name}.txt" for name in made}
    for name, path in paths.items():
        path.write_text(made[name])
    return paths


def made(sigma: Command, texts: dict[str, Path], name: str = "dream/custom/mine") -> int:
    """The id of a prompt with two versions, the second in production."""
    user, system, schema = ("--user", texts["user"]), ("--system", texts["system"]), ("--schema", texts["schema"])
    first = sigma.json("prompt", "create", name, *user, *system, *schema, "--note", "first")
    assert (first["name"], first["version"], first["made"]) == (name, 1, True)
    edit = ("prompt", "edit", first["prompt_id"], "--user", texts["user2"], "--base-version", 1, "--note", "clearer")
    assert sigma.json(*edit)["version"] == 2
    labelled = sigma.json("prompt", "label", name, "production", "--version", 2, "--reason", "good")
    assert labelled["labels"] == {"production": 2}
    assert labelled["history"][0]["reason"] == "good"
    return int(first["prompt_id"])


def test_versions_are_made_compared_and_kept_apart(sigma: Command, texts: dict[str, Path]) -> None:
    key = made(sigma, texts)
    same = sigma.json("prompt", "edit", key, "--user", texts["user2"])
    assert (same["version"], same["made"]) == (2, False)
    edit = ("prompt", "edit", key, "--user", texts["user"])
    assert "has v2 by now" in sigma.refused(4, *edit, "--base-version", 1)
    sigma.refused(4, "prompt", "create", "dream/custom/mine", "--user", texts["user"])
    assert sigma.json("prompt", "show", key)["content"]["answer"]["required"] == ["said"]
    diff = sigma.json("prompt", "diff", key, 1, 2)["diff"]
    assert "-Fix {{code}} for {{who}}\n+Mend {{code}} for {{who}}" in diff


def test_a_prompt_is_rendered_found_and_rolled_back(sigma: Command, texts: dict[str, Path]) -> None:
    key = made(sigma, texts)
    rendered = sigma.json("prompt", "render", "dream/custom", "--set", "code={{who}} {x}", "--set", "who=me")
    assert rendered["version"] == 2
    assert "{{who}} {x}" in rendered["messages"][1]["content"]
    assert rendered["tokens_estimated"] > 10
    assert sigma.json("prompt", "search", "mend custom")["prompts"][0]["prompt_id"] == key
    back = sigma.json("prompt", "rollback", key, "--version", 1, "--reason", "worse")
    assert back["version"] == 1
    audit = sigma.json("prompt", "audit", key)["audit"]
    assert [entry["action"] for entry in audit] == ["label production v1", "label production v2", "save v2", "save v1"]


def test_a_prompt_is_archived_before_it_is_deleted(sigma: Command, texts: dict[str, Path]) -> None:
    made(sigma, texts)
    assert "points to" in sigma.refused(4, "prompt", "archive", "dream/custom/mine")
    other = "dream/custom/other"
    sigma.json("prompt", "create", other, "--user", texts["user"])
    sigma.json("prompt", "archive", other, "--reason", "unused")
    sigma.refused(2, "prompt", "delete", other)
    sigma.json("prompt", "delete", other, "--confirm", other)
    sigma.refused(3, "prompt", "show", other)


def test_the_built_in_prompts_are_there_and_their_tests_pass(sigma: Command) -> None:
    listed = sigma.json("prompt", "list")["prompts"]
    assert len(listed) == 7
    assert all(each["labels"] == {"production": 1} for each in listed)
    assert len(sigma.json("prompt", "test", "list", FIX)["tests"]) == 6
    run = sigma.json("prompt", "test", "run", FIX, "--repeats", 2)
    assert (run["passed"], run["failed"], run["version"], run["model"]) == (6, 0, 1, "offline-rules")
    assert run["tests"][0]["runs"] == 2


def test_production_waits_for_tests_unless_overridden(sigma: Command, tmp_path: Path) -> None:
    shown = sigma.json("prompt", "show", FIX)
    changed = tmp_path / "changed.txt"
    changed.write_text(shown["content"]["user"] + "\nBe careful.")
    sigma.json("prompt", "edit", FIX, "--user", changed)
    move = ("prompt", "label", FIX, "production", "--version", 2, "--reason", "try")
    assert "has no result with offline-rules" in sigma.refused(4, *move)
    assertion = json.dumps({"kind": "contains", "text": "elephant"})
    inputs = (
        "--set",
        "rule=X1",
        "--set",
        "severity=info",
        "--set",
        "line=1",
        "--set",
        "first_line=1",
        "--set",
        "message=m",
        "--set",
        "file=a.py",
        "--set",
        "code=x = 1",
    )
    sigma.json("prompt", "test", "add", FIX, "--name", "elephants", *inputs, "--assert", assertion)
    failed = sigma("prompt", "test", "run", FIX, "--version", 2, "--json", code=1).document
    assert failed["failed"] == 1
    assert "v2 fails 1 of 7 tests with offline-rules: elephants" in sigma.refused(4, *move)
    moved = sigma.json(*move, "--override")
    assert moved["history"][0]["overridden"].startswith("v2 fails 1 of 7")


def test_a_canary_from_start_to_stop(sigma: Command, tmp_path: Path) -> None:
    user = tmp_path / "user.txt"
    user.write_text("{{code}}")
    sigma.json("prompt", "create", "dream/custom", "--user", user)
    sigma.json("prompt", "label", "dream/custom", "production", "--version", 1, "--reason", "first")
    assert sigma.json("prompt", "canary", "status", "dream/custom") == {"canary": None}
    user.write_text("better {{code}}")
    sigma.json("prompt", "edit", "dream/custom", "--user", user)
    started = sigma.json("prompt", "canary", "start", "dream/custom", "--version", 2, "--reason", "try")["canary"]
    assert (started["state"], started["share"], started["candidate"]["good"]) == ("running", 0.1, 0)
    sigma.refused(4, "prompt", "canary", "start", "dream/custom", "--version", 2, "--reason", "try")
    stopped = sigma.json("prompt", "canary", "stop", "dream/custom", "--reason", "enough")["canary"]
    assert stopped["state"] == "stopped"
    assert stopped["verdict"].endswith("enough")
    sigma.refused(3, "prompt", "canary", "stop", "dream/custom", "--reason", "enough")


def test_files_go_out_and_come_in_and_drift_is_told(sigma: Command, tmp_path: Path) -> None:
    folder = tmp_path / "prompts"
    assert len(sigma.json("prompt", "export", "--to", folder)["files"]) == 7
    assert sigma.json("prompt", "drift", folder)["same"] is True
    again = sigma.json("prompt", "import", folder)["prompts"]
    assert [each["made"] for each in again] == [False] * 7
    path = folder / FIX / "built-in.md"
    path.write_text(path.read_text().replace("You mend one issue", "You repair one issue"))
    found = sigma("prompt", "drift", folder, "--json", code=1).document["drift"]
    assert [each["name"] for each in found if each["state"] != "same"] == [f"{FIX}/built-in"]
    taken = sigma.json("prompt", "import", path)["prompts"]
    assert (taken[0]["name"], taken[0]["version"], taken[0]["made"]) == (f"{FIX}/built-in", 2, True)
    assert sigma.json("prompt", "export", FIX, "--version", 2)["file"] == path.read_text()
    sigma.refused(2, "prompt", "import", tmp_path / "nowhere")
    path.write_text("no prompt")
    assert "is not a prompt file" in sigma.refused(2, "prompt", "import", path)


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        (3, ("show", "dream/none")),
        (3, ("show", "99")),
        (3, ("show", "../../etc")),
        (3, ("show", FIX, "--version", "9")),
        (2, ("create", "dream", "--user", "USER")),
        (2, ("create", "Dream/x/y", "--user", "USER")),
        (2, ("create", "dream/x", "--user", "/nowhere")),
        (2, ("label", FIX, "production", "--version", "1", "--reason", " ")),
        (2, ("label", FIX, "Production!", "--version", "1", "--reason", "x")),
        (3, ("label", FIX, "production", "--version", "8", "--reason", "x")),
        (2, ("render", FIX)),
        (2, ("render", FIX, "--set", "line")),
        (2, ("render", FIX, "--set", "line=one")),
        (2, ("test", "run", FIX, "--repeats", "0")),
        (3, ("test", "run", FIX, "--test", "none")),
        (2, ("test", "add", FIX, "--name", "x", "--assert", '{"kind": "none"}')),
        (2, ("canary", "start", FIX, "--version", "1", "--reason", "x", "--share", "2")),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence_with_its_code(
    sigma: Command, tmp_path: Path, code: int, arguments: tuple[str, ...]
) -> None:
    user = tmp_path / "user.txt"
    user.write_text("x {{y}}")
    sigma.refused(code, "prompt", *(str(user) if each == "USER" else each for each in arguments))
