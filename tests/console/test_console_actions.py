"""What people do in the console reaches the services, with their name."""

import getpass
from collections.abc import Callable

from fakes.app_text import labels_of, text_of
from fakes.seed import seed
from sqlmodel import col, select
from streamlit.testing.v1 import AppTest

from sigma_core.audit import AuditEntry
from sigma_core.clock import utc_now
from sigma_core.console import session
from sigma_core.database import Database
from sigma_core.proposals.tables import Decision, Proposal
from sigma_core.runtime.tables import Job, Run

Visit = Callable[..., AppTest]


def latest(database: Database, number: int) -> Decision:
    with database.reading() as session:
        found = session.exec(
            select(Decision).where(Decision.proposal_id == number).order_by(col(Decision.id).desc())
        ).first()
        assert found is not None
        session.expunge(found)
        return found


def test_approving_records_a_persons_decision(visit: Visit, seeded: Database):
    app = visit("proposals", proposal="214")
    app.button(key="approve").click().run()
    assert latest(seeded, 214).decided_by == "committee"
    app.text_area(key="decision-reason").set_value("read it")
    app.button(key="decide-submit").click().run()
    decision = latest(seeded, 214)
    assert (decision.verdict, decision.decided_by, decision.actor) == ("approved", "person", getpass.getuser())
    assert decision.reasons == ["read it"]
    assert "Apply to branch…" in labels_of(app)


def test_what_was_decided_is_taken_back_for_a_moment(visit: Visit, seeded: Database):
    moment = utc_now()
    session.system().clock = lambda: moment
    app = visit("proposals", proposal="214")
    app.button(key="reject").click().run()
    app.text_area(key="decision-reason").set_value("slipped")
    app.button(key="decide-submit").click().run()
    assert latest(seeded, 214).verdict == "rejected"
    app.button(key="take-back").click().run()
    assert latest(seeded, 214).decided_by == "committee"
    assert "reject" in {button.key for button in app.button}
    assert "take-back" not in {button.key for button in app.button}


def test_a_rejection_without_a_reason_is_refused_and_the_dialog_stays(visit: Visit, seeded: Database):
    app = visit("proposals", proposal="214")
    app.button(key="reject").click().run()
    app.button(key="decide-submit").click().run()
    assert "tell why" in text_of(app)
    assert app.text_area(key="decision-reason").label == "Reason"
    assert latest(seeded, 214).decided_by == "committee"


def test_applying_is_confirmed_first(visit: Visit, seeded: Database):
    with seeded.transaction() as session:
        session.get_one(Proposal, 214).state = "approved"
    app = visit("proposals", proposal="214")
    app.button(key="apply").click().run()
    with seeded.reading() as session:
        assert session.get_one(Proposal, 214).apply_requested_by is None
    app.button(key="decide-submit").click().run()
    with seeded.reading() as session:
        assert session.get_one(Proposal, 214).apply_requested_by == getpass.getuser()


def test_the_second_of_two_people_is_told_what_the_first_did_and_may_decide_on_it(visit: Visit, seeded: Database):
    first, second = visit("proposals", proposal="214"), visit("proposals", proposal="214")
    for app, key in ((first, "reject"), (second, "approve")):
        app.button(key=key).click().run()
        app.text_area(key="decision-reason").set_value(f"I {key}")
    first.button(key="decide-submit").click().run()
    second.button(key="decide-submit").click().run()
    assert f"has been rejected by {getpass.getuser()} (I reject)" in text_of(second)
    assert second.text_area(key="decision-reason").value == "I approve"
    assert latest(seeded, 214).verdict == "rejected"
    second.button(key="decide-submit").click().run()
    assert latest(seeded, 214).verdict == "approved"


def test_what_goes_out_of_date_behind_the_dialog_is_not_approved(visit: Visit, seeded: Database):
    app = visit("proposals", proposal="214")
    app.button(key="approve").click().run()
    with seeded.transaction() as session:
        session.get_one(Proposal, 214).state = "stale"
    app.text_area(key="decision-reason").set_value("read it")
    app.button(key="decide-submit").click().run()
    assert "it was needs human and is stale" in text_of(app)
    assert not {"approve", "reject", "decide-submit"} & {button.key for button in app.button}
    assert latest(seeded, 214).decided_by == "committee"


def test_rejecting_keeps_the_reason(visit: Visit, seeded: Database, monkeypatch):
    app = visit("proposals", proposal="214")
    app.button(key="reject").click().run()
    assert app.text_area(key="decision-reason").label == "Reason"
    app.text_area(key="decision-reason").set_value("callers rely on the string")
    app.button(key="decide-submit").click().run()
    assert latest(seeded, 214).reasons == ["callers rely on the string"]
    assert latest(seeded, 214).verdict == "rejected"


def test_overruling_without_a_reason_is_refused_in_words(visit: Visit, seeded: Database):
    app = visit("proposals", proposal="190")
    app.button(key="overrule").click().run()
    app.button(key="decide-submit").click().run()
    assert latest(seeded, 190).decided_by == "committee"
    assert "tell why" in text_of(app)


def test_an_unverified_proposal_cannot_be_approved_but_verified(visit: Visit, seeded: Database):
    app = visit("proposals", proposal="216")
    assert "Approve" not in labels_of(app)
    app.button(key="verify").click().run()
    with seeded.reading() as session:
        asked = session.exec(select(Run.worker, Run.project_id).where(Run.requested_by == getpass.getuser())).all()
    assert asked == [("think", 1)]


def test_an_applied_proposal_offers_no_decision_and_names_its_branch(visit: Visit, seeded: Database):
    app = visit("proposals", proposal="188")
    assert not {"approve", "reject", "apply"} & {button.key for button in app.button}
    assert "Reverted." in text_of(app)
    assert "committed to sigma/188-compare-with-none" in text_of(app)


def test_next_leads_to_the_next_that_waits(visit: Visit, seeded: Database):
    app = visit("proposals", proposal="210")
    app.button(key="next").click().run()
    assert "215 · sample-shop" in text_of(app)


def test_the_same_change_on_another_commit_is_one_click_away(visit: Visit, seeded: Database):
    with seeded.transaction() as session:
        session.get_one(Proposal, 214).predecessor_id = 190
    app = visit("proposals", proposal="214")
    assert "The same change on an earlier commit:" in text_of(app)
    app.button(key="line-190").click().run()
    assert "190 · sample-shop" in text_of(app)
    assert "Carried to a later commit:" in text_of(app)
    app.button(key="line-214").click().run()
    assert "214 · sample-shop" in text_of(app)


def test_pausing_and_resuming_reach_the_schedule(visit: Visit, seeded: Database):
    app = visit("schedule")
    app.button(key="pause-dream").click().run()
    app.button(key="pause-recall").click().run()
    with seeded.reading() as session:
        jobs = {job.name: job.paused for job in session.exec(select(Job))}
    assert (jobs["dream"], jobs["recall"]) == (True, False)


def test_a_timing_is_typed_shown_as_its_next_three_times_and_saved(visit: Visit, seeded: Database):
    app = visit("schedule")
    app.button(key="timing-think").click().run()
    app.number_input(key="timing-number").set_value(45).run()
    app.button(key="timing-save").click().run()
    assert "every 45 min" in text_of(app)
    app.button(key="timing-think").click().run()
    app.radio(key="timing-kind").set_value("At fixed times").run()
    app.text_input(key="timing-cron").set_value("0 3 * * 1").run()
    assert "Weekdays are named" in app.error[0].value
    app.button(key="timing-save").click().run()
    assert "eekdays are named" in text_of(app)
    app.text_input(key="timing-cron").set_value("0 3 31 12 *").run()
    assert "Sun 31 Dec 2028" in app.markdown[-1].value
    app.button(key="timing-save").click().run()
    assert "0 3 31 12 * UTC" in text_of(app)
    with seeded.reading() as session:
        job = session.exec(select(Job).where(Job.name == "think")).one()
    assert (job.every_s, job.cron, job.every_set_by) == (2700, "0 3 31 12 *", getpass.getuser())


def test_running_now_shows_requested_until_somebody_takes_it(visit: Visit, seeded: Database):
    app = visit("schedule")
    app.button(key="run-analysis").click().run()
    with seeded.reading() as session:
        asked = session.exec(select(Run.worker, Run.requested_by).where(Run.state == "queued")).all()
    assert ("analysis", getpass.getuser()) in asked
    assert "requested…" in text_of(app)


def test_the_whole_schedule_is_paused_and_resumed_from_the_overview(visit: Visit, seeded: Database):
    app = visit()
    app.button(key="pause-all").click().run()
    assert "Schedule paused." in text_of(app)
    app.button(key="resume-all").click().run()
    assert "Schedule paused." not in text_of(app)


def test_a_waiting_run_is_called_off(visit: Visit, seeded: Database):
    app = visit("runs", run="90003")
    app.button(key="cancel-run").click().run()
    assert "Cancelled" in text_of(app)


def test_a_silent_scheduler_with_work_waiting_is_stalled_and_the_command_is_told(visit: Visit, database: Database):
    seed(database, alive=False)
    shown = text_of(visit("schedule"))
    assert "Stalled." in shown
    assert "sigma up" in shown


def test_permissions_are_saved_with_the_persons_name(visit: Visit, seeded: Database):
    app = visit("projects")
    app.button(key="permit-1").click().run()
    app.toggle(key="may-model").set_value(True)
    app.button(key="permit-submit").click().run()
    with seeded.reading() as session:
        entry = session.exec(select(AuditEntry.actor, AuditEntry.object).where(AuditEntry.action == "permit")).one()
    assert entry == (getpass.getuser(), "project/1")


def test_adding_what_is_no_repository_names_the_field(visit: Visit, seeded: Database, tmp_path):
    app = visit("projects")
    app.button(key="add-project").click().run()
    app.text_input(key="new-path").set_value(str(tmp_path))
    app.button(key="new-submit").click().run()
    assert "This cannot be used as it is" in text_of(app)


def test_every_widget_of_every_page_has_a_key(visit: Visit, seeded: Database):
    for app in (visit(), visit("proposals"), visit("proposals", proposal="214"), visit("schedule"), visit("projects")):
        assert all(button.key for button in app.button)
        assert all(box.key for box in app.selectbox)


def test_a_proposal_is_talked_about_and_looked_after(visit: Visit, seeded: Database):
    first, second = visit("proposals", proposal="214"), visit("proposals", proposal="214")
    first.text_area(key="comment-text").set_value("**no** <img src=x>")
    first.button(key="comment-submit").click().run()
    assert "**no** &lt;img src=x&gt;" in text_of(first)
    first.button(key="assign-me").click().run()
    assert f"Assigned to {getpass.getuser()}." in text_of(first)
    second.text_input(key="assign-name").set_value("bob")
    second.button(key="assign-submit").click().run()
    assert "Proposal 214 is assigned to" in text_of(second)
    app = visit("proposals", assigned="Assigned to me")
    assert [list(frame.value["id"]) for frame in app.dataframe] == [[214]]
    app = visit("proposals", assigned="Assigned to nobody")
    assert 214 not in list(app.dataframe[0].value["id"])
