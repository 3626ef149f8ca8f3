"""Workers and jobs are listed once."""

import re
from pathlib import Path

import sigma_core
from sigma_core.jobs import SCHEDULED, WORKERS
from sigma_core.settings import Settings


def test_no_other_file_lists_all_workers() -> None:
    """Neither as a tuple nor as the keys of a mapping."""
    listed = re.compile(r"[^\n]{0,60},\s*".join(rf'"{name}"' for name in WORKERS[:4]))
    files = Path(sigma_core.__file__).parent.rglob("*.py")
    assert [file.name for file in files if listed.search(file.read_text())] == ["jobs.py"]


def test_every_scheduled_job_has_an_interval_in_the_settings() -> None:
    assert {name.removesuffix("_interval_s") for name in Settings.model_fields if name.endswith("_interval_s")} == {
        *SCHEDULED
    }
