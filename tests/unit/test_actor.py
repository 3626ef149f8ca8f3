"""Who acts, where the system has no name for it."""

import os

import pytest

from sigma_core.actor import system_user
from sigma_core.cli import frame
from sigma_core.console import session


def test_a_user_without_a_name_acts_under_its_number_at_every_door(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 4_000_000_001)
    session.local_person.cache_clear()
    assert system_user() == f"uid {os.getuid()}" == frame.actor() == session.actor()
    session.local_person.cache_clear()
