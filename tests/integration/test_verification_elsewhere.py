"""A fix handed in here is verified by `sigma verifier`, a process with a home of its own, and decided here."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from fakes.evidence import GOOD
from fakes.judged_case import Case
from fakes.runner_parts import add_projects
from pydantic import SecretStr

from sigma_core.database import Database
from sigma_core.errors import Invalid
from sigma_core.proposals.evidence import Evidence
from sigma_core.proposals.handing_over import refuse_unfit
from sigma_core.proposals.handing_over.orders import Orders
from sigma_core.proposals.tables import Verdict
from sigma_core.proposals.verification.patch import Change
from sigma_core.runtime import doctor
from sigma_core.runtime.build import build
from sigma_core.settings import Settings


@pytest.mark.postgresql
@pytest.mark.sandbox
def test_a_fix_is_verified_by_another_process_and_decided_by_who_waits(
    postgresql_home_url: str, tmp_path: Path
) -> None:
    home = {"database_url": SecretStr(postgresql_home_url), "embedder": "none", "verification": "procrastinate"}
    system = build(Settings.model_validate({"home": tmp_path / "here", **home}))
    environment = {**os.environ, "SIGMA_DATABASE_URL": postgresql_home_url, "SIGMA_EMBEDDER": "none"}
    command = [sys.executable, "-m", "sigma_core", "--home", str(tmp_path / "there"), "verifier"]
    with subprocess.Popen(command, env=environment) as verifier:
        try:
            reviewed = Case(system, tmp_path / "shop", {}).decide()
            assert [each.health for each in doctor.verifiers(system)] == ["ok"]
        finally:
            verifier.send_signal(signal.SIGTERM)
    assert verifier.returncode == 0
    assert [each.mend for each in doctor.verifiers(system)] == ["sigma verifier"]
    assert (reviewed.decision.verdict, reviewed.evidence.grade) == (Verdict.APPROVED, "full")
    assert list((tmp_path / "there" / "baselines").iterdir())
    assert not (tmp_path / "here" / "baselines").exists()
    system.close()


def test_the_first_answer_stands_and_goes_to_who_asked_last(database: Database) -> None:
    add_projects(database, [1])
    orders, change = Orders(database, joined_for_s=600), Change(7, "a diff", "a" * 40)
    order = orders.ask(1, [change], "first")
    assert orders.ask(1, [change], "second") == order
    assert orders.look(order, "first") is None
    assert orders.begin(order, "a host") is not None
    orders.finish(order, {7: GOOD})
    orders.fail(order, "a host that wakes says otherwise")
    orders.finish(order, {7: GOOD.model_copy(update={"applies": False})})
    assert orders.begin(order, "a host") is None
    found = orders.look(order, "second")
    assert found is not None
    assert (Evidence.model_validate(found.evidence["7"]), found.error) == (GOOD, None)
    assert orders.forget(1) == 0
    assert (orders.drop(order, "first"), orders.drop(order, "second")) == (False, True)
    # Too old to be joined, though nobody has read it
    old = Orders(database, joined_for_s=-1)
    old.handed(old.ask(1, [change], "first"), "first", job=5)
    begun_anew = old.look(old.ask(1, [change], "second"), "second")
    assert begun_anew is not None
    assert begun_anew.job is None
    assert old.forget(-1) == 1


def test_what_cannot_be_handed_over_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="SIGMA_VERIFICATION: needs PostgreSQL"):
        refuse_unfit(Settings(home=tmp_path, verification="procrastinate"))
