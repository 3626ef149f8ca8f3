"""What is learned is whole or not there: processes killed as they commit an outcome, or a promotion."""

import multiprocessing
import signal
from pathlib import Path

from fakes.checkout import Checkout
from fakes.dying import advance, follow, following_of, watch_of
from fakes.runner_parts import add_projects
from sqlmodel import select

from sigma_core.audit import AuditEntry
from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.experiments.tables import Experiment, ExperimentUnit, TunableValue
from sigma_core.experiments.trial_terms import TrialPlan, TrialTerms
from sigma_core.experiments.trials import ExperimentTrials
from sigma_core.experiments.tunable_catalog import ACCEPTED, DREAM_TOGETHER, installed
from sigma_core.experiments.tunable_values import TunableLookup
from sigma_core.projects.git import Clone
from sigma_core.projects.tables import Project
from sigma_core.proposals.tables import Decision, FollowedChange, Outcome, Proposal

PROCESSES = multiprocessing.get_context("forkserver")
BEFORE = "import os\n\n\ndef total(items):\n    return sum(items)\n"
AFTER = BEFORE.replace("import os\n\n\n", "")


def killed(target: object, *args: object) -> None:
    process = PROCESSES.Process(target=target, args=args)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def test_a_promotion_is_whole_or_not_there(sqlite_database: Database, sqlite_copy: str) -> None:
    add_projects(sqlite_database, (1, 2))
    values = TunableLookup(sqlite_database, utc_now)
    trials = ExperimentTrials(sqlite_database, utc_now, installed(), values)
    plan = TrialPlan(DREAM_TOGETHER.name, (10,), "It helps.", TrialTerms(ACCEPTED, sample_size=60))
    key = trials.start(trials.propose(plan, actor="ada").id or 0, actor="ada").id or 0
    known = {unit: float(values.value(DREAM_TOGETHER, 1, unit) == 10) for unit in range(1, 50)}
    killed(advance, sqlite_copy, known, 1)
    with sqlite_database.reading() as session:
        assert session.get_one(Experiment, key).standing == "running"
        assert session.get(TunableValue, (DREAM_TOGETHER.name, "")) is None
        assert {each.state for each in session.exec(select(ExperimentUnit))} == {"pending"}
    (promoted,) = watch_of(sqlite_database, known).advance()
    assert (promoted.id, promoted.standing) == (key, "promoted")
    assert values.in_force(DREAM_TOGETHER, None) == 10
    with sqlite_database.reading() as session:
        acts = [each.action for each in session.exec(select(AuditEntry).order_by("id"))]
    assert acts == ["propose", "running", "promoted"]


def test_outcomes_are_noted_once_wherever_following_them_was_killed(
    sqlite_database: Database, sqlite_copy: str, tmp_path: Path
) -> None:
    checkout = Checkout(tmp_path / "checkout", {"cart.py": BEFORE})
    clone = Clone(tmp_path / "clone.git", tmp_path / "gitconfig")
    project = Project(name="shop", path=str(checkout.path), head=clone.fetch(checkout.path), created_at=utc_now())
    with sqlite_database.transaction() as session:
        session.add(project)
        session.flush()
        proposal = Proposal(
            project_id=1,
            title="Drop an import",
            change_type="simplification",
            rule="F401",
            diff=checkout.diff("cart.py", AFTER),
            diff_sha256="d" * 64,
            base_commit=project.head,
            files=["cart.py"],
            confidence=0.9,
            origin="dream",
            fixer="linter_safe",
            state="approved",
            created_at=utc_now(),
            changed_at=utc_now(),
        )
        session.add(proposal)
        session.flush()
        session.add(
            Decision(
                proposal_id=proposal.id,
                verdict="approved",
                decided_by="committee",
                actor="ada",
                reasons=[],
                created_at=utc_now(),
            )
        )
    checkout.commit({"cart.py": AFTER}, "Drop an import")
    with sqlite_database.transaction() as session:
        session.get_one(Project, 1).head = clone.fetch(checkout.path)
    for at in (1, 2):
        killed(follow, sqlite_copy, tmp_path, at)
    with sqlite_database.reading() as session:
        following_of(sqlite_database, tmp_path).follow(session.get_one(Project, 1))
    with sqlite_database.reading() as session:
        kinds = [each.kind for each in session.exec(select(Outcome).order_by("id"))]
        followed = session.exec(select(FollowedChange)).one()
    assert kinds == ["approved", "reached"]
    assert followed.commit == clone.fetch(checkout.path)
