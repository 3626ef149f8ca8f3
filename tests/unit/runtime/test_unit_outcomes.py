"""How a run's fixes went is told at once by the committee, and for good by what the maintainers kept."""

from collections.abc import Mapping

from fakes.seed import seed
from sqlmodel import col, delete, select

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.proposals.tables import Decision, FollowedChange, Proposal
from sigma_core.runtime.tables import Run
from sigma_core.runtime.unit_outcomes import AcceptedProposals, ForetoldOutcomes, KeptChanges


def test_a_run_is_settled_by_what_was_kept_once_that_is_known_of_all_its_changes(database: Database) -> None:
    seed(database)
    with database.transaction() as session:
        unit = session.exec(select(Run.id).where(Run.state == "success")).first() or 0
        session.exec(delete(FollowedChange))
        some = session.exec(select(Proposal).where(col(Proposal.lineage_id).is_(None)).limit(4)).all()
        for proposal, state in zip(some, ("approved", "applied", "rejected", "needs_human"), strict=True):
            proposal.run_id, proposal.state = unit, state

    def told(taken: Mapping[int, bool | None]) -> tuple[Mapping[int, float | None], Mapping[int, float | None]]:
        with database.transaction() as session:
            for at, is_taken in taken.items():
                key = some[at].id or 0
                session.merge(
                    FollowedChange(
                        line_id=key,
                        project_id=1,
                        proposal_id=key,
                        decision_id=1,
                        commit="a" * 40,
                        paths=[],
                        is_taken=is_taken,
                        changed_at=utc_now(),
                    )
                )
        with database.reading() as session:
            return AcceptedProposals().settled(session, [unit]), KeptChanges().settled(session, [unit])

    assert told({}) == ({unit: 2 / 3}, {}), "two are approved, of which nothing more is known"
    assert told({0: True, 1: None})[1] == {}
    assert told({1: False}) == ({unit: 2 / 3}, {unit: 1 / 3}), "one of the two was taken back, one was rejected"


def test_a_proposal_is_settled_by_how_near_the_committee_s_first_score_came(database: Database) -> None:
    seed(database)
    with database.transaction() as session:
        session.exec(delete(FollowedChange))
        some = session.exec(select(Proposal).where(col(Proposal.lineage_id).is_(None)).limit(4)).all()
        units = [each.id or 0 for each in some]
        session.exec(delete(Decision).where(col(Decision.proposal_id).in_(units)))
        states = ("applied", "approved", "approved", "rejected")
        for proposal, state, taken in zip(some, states, (True, False, None, None), strict=True):
            proposal.state = state
            key = proposal.id or 0
            for score in (0.8, 0.1):
                said = {"decided_by": "committee", "actor": "think", "score": score, "created_at": utc_now()}
                session.add(Decision(proposal_id=key, verdict="approved", **said))
            session.add(
                FollowedChange(
                    line_id=key,
                    project_id=1,
                    proposal_id=key,
                    decision_id=1,
                    commit="a" * 40,
                    paths=[],
                    is_taken=taken,
                    changed_at=utc_now(),
                )
            )
    with database.reading() as session:
        found = ForetoldOutcomes().settled(session, units)
    assert {units.index(unit): share if share is None else round(share, 2) for unit, share in found.items()} == {
        0: 0.96,
        1: 0.36,
        3: None,
    }
