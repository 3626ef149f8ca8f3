"""Logging is the process's own, so each test has a process of its own."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

SECRET = "sk-abcdefghijklmnop1234567890"


def logged(home: Path, code: str, **environment: str) -> list[dict[str, Any]]:
    """What a process that runs `code` leaves in its log file."""
    start = f"""
        import logging, structlog
        from pathlib import Path
        from sigma_core import logs
        from sigma_core.settings import load_settings
        logs.configure(load_settings(Path({str(home)!r})), "test")
    """
    whole = textwrap.dedent(start) + textwrap.dedent(code)
    done = subprocess.run([sys.executable, "-c", whole], env=environment, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return [json.loads(line) for line in (home / "logs" / "test.jsonl").read_text().splitlines()]


def test_both_ways_of_logging_end_in_the_same_json_lines(tmp_path: Path) -> None:
    code = """
        logging.getLogger("sigma_core.a").warning("spooled %s rows", 3)
        structlog.contextvars.bind_contextvars(run_id=7)
        structlog.get_logger("sigma_core.b").info("claimed", worker="think")
        logging.getLogger("sigma_core.c").debug("too quiet")
    """
    plain, structured = logged(tmp_path, code)
    assert (plain["event"], plain["level"], plain["logger"]) == ("spooled 3 rows", "warning", "sigma_core.a")
    assert (structured["event"], structured["worker"], structured["run_id"]) == ("claimed", "think", 7)
    assert structured["timestamp"].endswith("Z")
    assert oct((tmp_path / "logs").stat().st_mode)[-3:] == "700"


def test_no_secret_reaches_the_file_by_text_value_name_or_traceback(tmp_path: Path) -> None:
    code = f"""
        log = structlog.get_logger("sigma_core")
        log.info("asked with {SECRET}", header={{"authorization": "Bearer {SECRET}"}}, password="hunter22", tokens=5)
        logging.getLogger("other").error("url %s", "postgresql://sigma:hunter22@db/x")
        try:
            raise ValueError("{SECRET}")
        except ValueError:
            logging.getLogger("other").exception("failed")
    """
    lines = logged(tmp_path, code)
    assert [line["event"] for line in lines] == [
        "asked with [redacted]",
        "url postgresql://sigma:[redacted]@db/x",
        "failed",
    ]
    assert lines[0]["tokens"] == 5
    assert "ValueError: [redacted]" in lines[2]["exception"]
    assert not {SECRET, "hunter22"} & set(" ".join(map(str, lines)).replace("'", " ").split())


def test_the_level_is_a_setting(tmp_path: Path) -> None:
    code = "logging.getLogger('a').info('quiet'); logging.getLogger('a').error('loud')"
    (line,) = logged(tmp_path, code, SIGMA_LOG_LEVEL="ERROR")
    assert line["event"] == "loud"
