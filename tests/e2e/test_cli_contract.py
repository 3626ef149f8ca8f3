"""What every command keeps: where --home and --json stand, one document, one sentence, exit codes, cheap help."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.command import UNATTACKED, Answer, Command

from sigma_core import __version__
from sigma_core.cli import main

HEAVY = ("sqlmodel", "sqlalchemy", "pydantic", "streamlit", "alembic", "rich")


@pytest.fixture(scope="module")
def sigma(tmp_path_factory: pytest.TempPathFactory) -> Command:
    command = Command(tmp_path_factory.mktemp("contract") / "home")
    command("init")
    return command


@pytest.fixture
def here(sigma: Command, capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """The same in this process: start-up is what costs."""

    def call(*words: str | bytes) -> Answer:
        code = main(["--json", "--home", str(sigma.home), *(os.fsdecode(word) for word in words)])
        return Answer(code, *capsys.readouterr())

    return call


def test_help_imports_nothing_heavy(sigma: Command) -> None:
    code = (
        "import sys; from sigma_core.cli import main; main(['--help']);"
        f"print(*[name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=sigma.environment(), check=True)
    assert done.stdout.decode().splitlines()[-1] == ""


def test_the_version_is_told_without_a_home(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = ("--home", str(tmp_path / "none"))
    assert main([*home, "--version"]) == 0
    assert capsys.readouterr() == (f"sigma {__version__}\n", "")
    assert main([*home, "--json", "--version"]) == 0
    assert json.loads(capsys.readouterr().out) == {"version": __version__}
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("porposals",), "Did you mean 'proposals'"),
        (("project", "ad"), "Did you mean 'add'?"),
        (("issues", "--sate", "open"), "Did you mean '--state'?"),
        (("--project", "shop", "issues"), "it stands after the command"),
    ],
)
def test_a_slip_of_the_pen_is_told_what_was_meant(
    words: tuple[str, ...], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words]) == 2
    assert meant in capsys.readouterr().err


@pytest.mark.parametrize("before", [True, False])
def test_home_and_json_stand_before_or_after_the_command(tmp_path: Path, before: bool) -> None:
    elsewhere = tmp_path / "elsewhere"
    common = ("--json", "--home", str(elsewhere))
    answer = Command(tmp_path / "unused")(*common, "init") if before else Command(tmp_path / "unused")("init", *common)
    document = answer.document
    assert {"database", "graph", "model", "prompts_loaded"} <= document.keys()
    assert document["home"] == str(elsewhere)
    assert (elsewhere / "sigma.db").exists()
    assert not (tmp_path / "unused").exists()


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        (("status",), "workers"),
        (("project", "list"), "projects"),
        (("issues",), "issues"),
        (("retention", "--dry-run"), "types"),
        (("proposals",), "proposals"),
        (("schedule", "list"), "jobs"),
        (("exchange", "types"), "types"),
        (("exchange", "stats"), "workers"),
        (("exchange", "dead"), "dead"),
        (("exchange", "conflicts"), "conflicts"),
        (("exchange", "list"), "items"),
        (("receive", "dream"), "messages"),
    ],
)
def test_on_an_empty_home_every_list_answers_with_one_document(
    here: Callable[..., Answer], arguments: tuple[str, ...], key: str
) -> None:
    answer = here(*arguments)
    assert (answer.code, answer.err) == (0, "")
    assert isinstance(answer.document[key], list)


@pytest.mark.parametrize("command", ["verify", "proposal", "approve", "reject", "apply", "export"])
def test_an_id_that_is_none_is_not_found(here: Callable[..., Answer], command: str) -> None:
    for wrong in ("0", "-1", "1.0", "x", "²", "9" * 40, "0x1", " 1", "1;2", b"\xff"):
        answer = here(command, wrong)
        assert answer.code == 3, wrong
        assert answer.complaint


@pytest.mark.parametrize(
    "arguments",
    [
        ("exchange", "replay", "-4"),
        ("exchange", "replay", "9" * 40),
        ("schedule", "cancel", "-4"),
        ("schedule", "run", "nothing"),
        ("project", "remove", "nothing"),
        ("issues", "--project", "ŧ"),
        ("run", "--project", "-3"),
        ("receive", "nobody"),
        ("exchange", "stats", "nobody"),
    ],
)
def test_what_does_not_exist_is_not_found(here: Callable[..., Answer], arguments: tuple[str, ...]) -> None:
    answer = here(*arguments)
    assert answer.code == 3
    assert answer.complaint


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("project",),
        ("bogus",),
        ("project", "add"),
        ("status", "--bogus"),
        ("propose", "--title", "x"),
        ("up", "--port", "0"),
        ("up", "--port", "x"),
        ("status", "--home="),
        ("issues", "--limit", "0"),
        ("issues", "--state", "x"),
        ("proposals", "--state", "x"),
        ("receive", "dream", "--limit", "-1"),
        ("schedule", "set", "think", "--every", "-3"),
        ("schedule", "set", "think", "--every", "60", "--cron", "0 3 * * *"),
        ("schedule", "set", "think", "--cron", "0 3 * * 1"),
        ("publish", "nothing", "--source", "operator", "--payload", "1"),
        ("publish", "risk_pattern", "--source", "operator", "--payload", "["),
        ("approve", "1", "2"),
        ("issues", "--project", b"\xff"),
    ],
)
def test_a_wrong_call_is_told_in_one_line(here: Callable[..., Answer], arguments: tuple[str | bytes, ...]) -> None:
    answer = here(*arguments)
    assert answer.code == 2
    assert answer.complaint


def test_a_wrong_field_is_named(sigma: Command) -> None:
    answer = sigma("publish", "risk_pattern", "--source", "operator", "--payload", "{}", "--json", code=2)
    assert set(answer.complaint["fields"]) == {"pattern", "severity", "confidence", "context"}
    assert sigma("up", "--port", "0", "--json", code=2).complaint["fields"].keys() == {"port"}
    assert sigma("project", "add", "--json", code=2).complaint["fields"].keys() == {"path"}


def test_a_person_reads_a_sentence_where_a_program_reads_json(sigma: Command) -> None:
    assert sigma("proposal", "7", code=3).err == "sigma: No proposal 7.\n"


def test_a_message_goes_out_and_comes_in(sigma: Command) -> None:
    payload = {"pattern": "é", "severity": "error", "confidence": 0.5, "context": {}}
    sent = sigma.json("publish", "risk_pattern", "--source", "operator", "--payload", json.dumps(payload))
    assert sent["recipients"] == ["think", "learning"]
    (message,) = sigma.json("receive", "think", "--ack")["messages"]
    assert message["message_id"] == sent["message_id"]
    assert message["payload"]["pattern"] == "é"
    assert sigma.json("receive", "think")["messages"] == []


@pytest.mark.parametrize("place", ["a file", "in a file", "where nothing can be made"])
def test_a_home_that_cannot_be_used_is_told(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    home = {"a file": tmp_path / "file", "in a file": tmp_path / "file" / "home"}.get(place, Path("/proc/sigma"))
    assert str(home) in Command(tmp_path / "unused").refused(1, "status", "--home", home)


def test_a_database_that_is_none_is_told(tmp_path: Path) -> None:
    sigma = Command(tmp_path / "home")
    sigma.home.mkdir()
    (sigma.home / "sigma.db").write_bytes(b"no database at all" * 100)
    assert "database" in sigma.refused(1, "status")


def test_a_setting_that_is_wrong_is_named(tmp_path: Path) -> None:
    environment = {**Command(tmp_path / "home").environment(), "SIGMA_PORT": "many"}
    done = subprocess.run(
        Command.line("status", "--json"), env=environment, capture_output=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 2
    assert json.loads(done.stderr)["fields"].keys() == {"SIGMA_PORT"}


def test_doctor_names_each_part_how_to_mend_it_and_the_settings_without_their_secrets(tmp_path: Path) -> None:
    sigma = Command(tmp_path / "home", OPENAI_API_KEY="sk-very-secret", SIGMA_PORT="9000", SIGMA_SANDBOX="none")
    answer = sigma("doctor", "--json", code=1)
    checks = {check["name"]: check for check in answer.document["checks"]}
    assert checks.keys() == {"python", "git", "database", "sandbox", "model", "graph", "embedder", "disk", "scheduler"}
    assert checks["sandbox"]["status"] == "missing"
    assert "unset it" in checks["sandbox"]["mend"]
    assert all(check["mend"] for check in checks.values() if check["status"] == "missing")
    settings = {each["name"]: each for each in answer.document["settings"]}
    assert (settings["SIGMA_PORT"]["value"], settings["SIGMA_PORT"]["set"]) == (9000, True)
    told = Command(sigma.home, OPENAI_API_KEY="sk-very-secret", SIGMA_PORT="9000", **UNATTACKED)("doctor", code=1).out
    assert "SIGMA_PORT=9000" in told
    assert "sk-very-secret" not in told + answer.out


def test_a_reader_that_goes_away_is_no_error(sigma: Command) -> None:
    process = sigma.start("exchange", "types", "--json")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    with process.stderr as errors:
        assert errors.read() == b""
    process.wait(120)


def test_answers_are_utf_8_whatever_the_terminal_says(sigma: Command) -> None:
    environment = {**sigma.environment(), "PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    done = subprocess.run(Command.line("status"), env=environment, capture_output=True, cwd=sigma.home, check=True)
    assert "–" in done.stdout.decode()


RAISED = "raise KeyboardInterrupt"
ANOTHER = """
try:
    __import__("signal").raise_signal(15)
except KeyboardInterrupt as broken:
    raise RuntimeError("an answer was half read") from broken
"""


@pytest.mark.parametrize("code", [RAISED, ANOTHER])
def test_an_interrupt_ends_a_command_alike_wherever_it_comes(sigma: Command, tmp_path: Path, code: str) -> None:
    (tmp_path / "interrupted.py").write_text(
        "import runpy, sigma_core.cli.entry as entry\n"
        f"entry._run = lambda words: exec({code!r})\n"
        "runpy.run_module('sigma_core', run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "interrupted"], capture_output=True, cwd=tmp_path, env=sigma.environment(), check=False
    )
    assert (done.returncode, done.stderr) == (130, b"sigma: Interrupted.\n")
