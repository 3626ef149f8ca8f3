"""The committee's weights are an arm of experiments: what helps weighs the next proposals, what hurts is undone."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest
from fakes.evidence import GOOD
from fakes.runner_parts import add_projects
from fakes.seed import seed
from sqlmodel import Session, select

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.experiments.service import Experiments
from sigma_core.experiments.trial_terms import TrialCost, TrialPlan, TrialTerms
from sigma_core.experiments.trial_watch import TrialWatch
from sigma_core.experiments.trials import ExperimentTrials
from sigma_core.experiments.tunable_catalog import COMMITTEE_WEIGHTS, FORETOLD, MEMBERS, installed
from sigma_core.experiments.tunable_values import TunableLookup
from sigma_core.experiments.tunables import DefaultValues
from sigma_core.projects.tables import Project
from sigma_core.proposals.calibration.changelog import CommitteeChangelog
from sigma_core.proposals.calibration.tried_weights import TriedWeights
from sigma_core.proposals.committee import DEFAULT_WEIGHTS, Precedents
from sigma_core.proposals.review import Occasion, ProposalReview, ReviewSettings
from sigma_core.proposals.service import Proposals
from sigma_core.proposals.tables import Proposal
from sigma_core.runtime.committee_account import why_weights
from sigma_core.runtime.views import ProposalCase

WEIGHT = COMMITTEE_WEIGHTS["tester"]
HEAVY = round(2 * DEFAULT_WEIGHTS["tester"] / (1 + DEFAULT_WEIGHTS["tester"]), 6)


class WhatBecameOfThem:
    """Of each proposal how near its score came, as the test says."""

    patience = timedelta(days=60)

    def __init__(self) -> None:
        self.known: dict[int, float | None] = {}

    def settled(self, _session: Session, units: Sequence[int]) -> Mapping[int, float | None]:
        return {unit: self.known[unit] for unit in units if unit in self.known}


@pytest.fixture
def tried(sqlite_database: Database) -> TriedWeights:
    add_projects(sqlite_database, (1,))
    return TriedWeights(CommitteeChangelog(sqlite_database, utc_now), TunableLookup(sqlite_database, utc_now))


def test_every_member_s_weight_may_be_tried() -> None:
    assert set(MEMBERS) == set(DEFAULT_WEIGHTS)


def test_weights_that_help_hold_for_the_next_proposals_until_they_hurt(
    tried: TriedWeights, sqlite_database: Database
) -> None:
    found, registry = WhatBecameOfThem(), installed()
    values = tried.values
    assert isinstance(values, TunableLookup)
    trials = ExperimentTrials(sqlite_database, utc_now, registry, values)
    watch = TrialWatch(sqlite_database, utc_now, registry, {FORETOLD: found}, lambda *_: TrialCost())
    plan = TrialPlan(WEIGHT.name, (2.0,), "What tests say foretells most.", TrialTerms(FORETOLD, sample_size=60))
    key = trials.start(trials.propose(plan, actor="ada").id or 0, actor="ada").id or 0
    decided = 0

    def decide(times: int, foretold: Mapping[bool, float]) -> list[float]:
        nonlocal decided
        seen = []
        for _ in range(times):
            decided += 1
            seen.append(tried(Proposal(id=decided, project_id=1)).weights["tester"])
            found.known[decided] = foretold[seen[-1] == HEAVY]
            watch.advance()
        return seen

    assert set(decide(40, {True: 1.0, False: 0.0})) == {DEFAULT_WEIGHTS["tester"], HEAVY}
    experiments = Experiments(sqlite_database, utc_now)
    experiment = experiments.get(key)
    assert (experiment.standing, experiment.risk, experiment.metric) == ("promoted", "medium", "foretold")
    assert experiment.rollback_plan == "think.weight_of_tester is 1.0 again from the next proposal on."
    assert decide(20, {True: 1.0, False: 0.0}).count(HEAVY) > 14
    decide(60, {True: 0.0, False: 1.0})
    assert experiments.get(key).standing == "rolled_back"
    assert set(decide(5, {False: 1.0})) == {DEFAULT_WEIGHTS["tester"]}


def test_a_decision_keeps_the_weights_it_was_made_by(database: Database) -> None:
    seed(database)
    with database.reading() as session:
        proposal = session.exec(select(Proposal).where(Proposal.state == "waiting")).first()
        assert proposal is not None
        project = session.get_one(Project, proposal.project_id)
    proved = GOOD.model_copy(update={"base_commit": proposal.base_commit, "diff_sha256": proposal.diff_sha256})

    class Doubled(DefaultValues):
        def value(self, tunable, project_id, unit):  # type: ignore[no-untyped-def,override]
            assert (project_id, unit) == (proposal.project_id, proposal.id)
            return 2.0 if tunable is WEIGHT else tunable.default

    class Proved:
        def verify(self, *_: object, **__: object) -> Mapping[int, object]:
            return {proposal.id or 0: proved}

    review = ProposalReview(
        database=database,
        clock=utc_now,
        verifier=Proved(),
        precedents=lambda _: Precedents(),
        opinions=None,
        settings=ReviewSettings(TriedWeights(CommitteeChangelog(database, utc_now), Doubled())),
        proposals=Proposals(database, utc_now, None),
        pieces=lambda *_: [],
    )
    (reviewed,) = review.review(project, [proposal], Occasion("think"))
    before = reviewed.decision.rules["weights"]
    assert before["tester"] > 1.5 * before["architect"]
    assert sum(before.values()) == pytest.approx(1, abs=1e-5)
    assert {vote.member: vote.weight for vote in reviewed.votes}["tester"] == pytest.approx(before["tester"])
    case = ProposalCase(proposal, project, None, None, proved, tuple(reviewed.votes), (reviewed.decision,), ())
    assert why_weights(case).endswith("has changed them. For this proposal experiments count tester × 2.")
