"""What people are told, over a real mail server and a real webhook: once in effect, at least once in fact."""

import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes.mail_server import MailServer
from fakes.seed import seed
from fakes.webhook_server import WebhookServer
from pydantic import SecretStr
from sqlmodel import col, select, update

from sigma_core.clock import utc_now
from sigma_core.errors import Conflict, Invalid
from sigma_core.learning.drift.tables import DriftEvent
from sigma_core.proposals.tables import Decision
from sigma_core.runtime.build import build
from sigma_core.runtime.inbox import Waiting
from sigma_core.runtime.notices import service
from sigma_core.runtime.notices.channels import Mail, Webhook, channels_of
from sigma_core.runtime.notices.tables import Notice, NoticeDelivery, NoticeKind, NoticeState
from sigma_core.runtime.system import System
from sigma_core.runtime.tables import Run
from sigma_core.settings import Settings

SECRET = "0123456789abcdef"


class Moment:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = utc_now()

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def webhook() -> Iterator[WebhookServer]:
    with WebhookServer() as running:
        yield running
        running.answers.dribbles = False


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture
def clock() -> Moment:
    return Moment()


def settings(home: Path, **given: Any) -> Settings:
    return Settings(home=home, **given)


@pytest.fixture
def system(request: pytest.FixtureRequest, home: Path, webhook: WebhookServer, mail: MailServer, clock: Moment):
    given: dict[str, Any] = {
        "webhook_url": SecretStr(f"{webhook.url}/hook"),
        "webhook_secret": SecretStr(SECRET),
        "smtp_url": SecretStr(mail.url),
        "mail_from": "sigma@example.org",
        "mail_to": "ann@example.org, bob@example.org",
        "public_url": SecretStr("https://sigma.example.org/"),
    }
    if getattr(request, "param", "sqlite") == "postgresql":
        given["database_url"] = SecretStr(request.getfixturevalue("postgresql_url"))
    built = build(settings(home, **given), clock=clock)
    built.runtime.notices.collect()
    clock.pass_by(seconds=1)
    yield built
    built.close()


def fail(system: System, clock: Moment, worker: str, error: str) -> None:
    with system.database.transaction() as session:
        session.add(
            Run(
                slot=worker,
                worker=worker,
                state="error",
                due_at=clock(),
                queued_at=clock(),
                finished_at=clock(),
                attempt=3,
                error=error,
            )
        )


def notices(system: System) -> list[Notice]:
    with system.database.reading() as session:
        return list(session.exec(select(Notice).order_by(col(Notice.id))))


def states(system: System) -> dict[str, str]:
    with system.database.reading() as session:
        return {row.channel: row.state for row in session.exec(select(NoticeDelivery))}


@pytest.mark.parametrize("system", ["sqlite", "postgresql"], indirect=True)
def test_a_failed_run_is_told_once_by_each_way_signed_and_without_secrets(
    system: System, clock: Moment, webhook: WebhookServer, mail: MailServer
) -> None:
    fail(system, clock, "dream", "Traceback\nPASSWORD=hunter2hunter2 in \x1b[31m<b>it</b>")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: system.runtime.notices.tick(), range(4)))
    (notice,) = notices(system)
    assert (notice.title, notice.path) == ("dream failed", f"/runs?run={notice.about.removeprefix('run/')}")
    assert "after 3 attempts" in notice.text
    assert "hunter2" not in notice.text
    assert "\x1b" not in notice.text
    (posted,) = webhook.answers.posted
    told = json.loads(posted.body)
    assert told["link"] == f"https://sigma.example.org{notice.path}"
    assert told["key"] == posted.headers["idempotency-key"] == notice.key
    signed = hmac.new(SECRET.encode(), posted.body, hashlib.sha256).hexdigest()
    assert posted.headers["x-sigma-signature"] == f"sha256={signed}"
    (letter,) = mail.taken
    assert letter["Message-ID"] == f"<{notice.key}@sigma.invalid>"
    assert (letter["Subject"], letter["To"]) == ("SIGMA: dream failed", "ann@example.org, bob@example.org")
    assert base64.b64decode(mail.logins[0]) == b"\0robot\0pass!word"
    assert states(system) == {"mail": "sent", "webhook": "sent"}


def test_what_waits_is_told_together_and_not_again_within_the_hour(system: System, clock: Moment) -> None:
    seed(system.database)
    told = system.runtime.notices
    with system.database.transaction() as session:
        session.execute(update(Run).values(finished_at=clock() - timedelta(days=2)))
        session.execute(update(Decision).values(created_at=clock()))
        common = {"before": 0.9, "before_n": 40, "after": 0.4, "after_n": 20}
        session.add(DriftEvent(subject="rule", name="B006", forgets_before=clock(), created_at=clock(), **common))
    told.collect()
    assert [each.title for each in notices(system)] == [
        "3 proposals wait for review",
        "acceptance of B006 has drifted",
    ]
    clock.pass_by(minutes=30)
    again = {"verdict": "needs_human", "decided_by": "committee", "actor": "think", "created_at": clock()}
    with system.database.transaction() as session:
        session.add(Decision(proposal_id=214, **again))
    assert told.collect() == 0
    clock.pass_by(minutes=31)
    assert told.collect() == 1
    assert notices(system)[-1].text == "1 of them since the last time you were told."
    assert told.collect() == 0


def test_a_kind_that_is_off_is_told_neither_now_nor_later(system: System, clock: Moment) -> None:
    told = system.runtime.notices
    told.switch(NoticeKind.RUN_FAILED, on=False, actor="ann")
    fail(system, clock, "dream", "x")
    assert told.collect() == 0
    clock.pass_by(seconds=1)
    told.switch(NoticeKind.RUN_FAILED, on=True, actor="ann")
    assert told.collect() == 0
    assert dict(told.switches())[NoticeKind.RUN_FAILED]
    with pytest.raises(Invalid):
        told.switch(NoticeKind.TEST, on=True, actor="ann")


def test_one_that_nobody_takes_is_tried_later_each_time_and_then_waits_for_a_person(
    system: System, clock: Moment, webhook: WebhookServer, mail: MailServer
) -> None:
    told = system.runtime.notices
    webhook.answers.status, mail.refusal = 302, "452 full"
    told.send_test(actor="ann")
    for attempt in range(1, service.ATTEMPTS + 1):
        told.tick()
        assert len(webhook.answers.posted) == attempt
        told.tick()
        assert len(webhook.answers.posted) == attempt
        clock.pass_by(seconds=service.wait_s(attempt) + 1)
    assert {posted.path for posted in webhook.answers.posted} == {"/hook"}
    assert len({posted.headers["idempotency-key"] for posted in webhook.answers.posted}) == 1
    assert states(system) == {"mail": "dead", "webhook": "dead"}
    inbox = system.runtime.inbox
    rows = inbox.page(inbox.counts(), 9, kind=Waiting.NOTICE)
    assert {row.reason for row in rows} == {
        "The webhook answered 302.",
        "The mail server did not take it: SMTPDataError 452",
    }
    webhook.answers.status, mail.refusal = 204, None
    for row in rows:
        told.retry(row.key, actor="ann")
        with pytest.raises(Conflict):
            told.retry(row.key, actor="ann")
    told.tick()
    assert states(system) == {"mail": "sent", "webhook": "sent"}
    assert inbox.counts()[Waiting.NOTICE] == 0
    assert told.prune(30) == 0
    clock.pass_by(days=31)
    assert told.prune(30) == 1


CHILD = """
import sys
from pathlib import Path
from sigma_core.runtime.build import build
from sigma_core.settings import load_settings
build(load_settings(Path(sys.argv[1]))).runtime.notices.tick()
"""


def test_a_process_that_dies_before_it_notes_the_sending_has_it_sent_again_under_the_same_key(
    home: Path, webhook: WebhookServer, clock: Moment
) -> None:
    given = {"SIGMA_WEBHOOK_URL": webhook.url, "SIGMA_WEBHOOK_SECRET": SECRET}
    system = build(settings(home, webhook_url=SecretStr(webhook.url), webhook_secret=SecretStr(SECRET)), clock=clock)
    system.runtime.notices.send_test(actor="ann")
    child = subprocess.Popen(
        [sys.executable, "-c", "input()\n" + CHILD, str(home)], env={**os.environ, **given}, stdin=subprocess.PIPE
    )
    webhook.answers.kill = child.pid
    child.communicate(b"\n", timeout=200)
    assert child.returncode == -9
    webhook.answers.kill = None
    system.runtime.notices.tick()
    assert len(webhook.answers.posted) == 1
    clock.pass_by(seconds=service.LEASE.total_seconds() + 60)
    system.runtime.notices.tick()
    first, second = webhook.answers.posted
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert states(system) == {"webhook": NoticeState.SENT}
    system.close()


def test_a_receiver_that_never_ends_its_answer_is_given_up(webhook: WebhookServer) -> None:
    webhook.answers.dribbles = True
    telling = service.Telling("k", "test", "t", "x", None, utc_now())
    with pytest.raises(service.Unavailable, match="no answer in time"):
        Webhook(SecretStr(webhook.url), SecretStr(SECRET), deadline_s=0.5).send(telling)


@pytest.mark.parametrize("word", ["", "EHLO", "DATA"])
@pytest.mark.parametrize("piece", [b"250-and on\r\n", b"2"], ids=["line after line", "letter after letter"])
def test_a_mail_server_that_never_ends_its_answer_is_given_up_and_hung_up_on(
    mail: MailServer, word: str, piece: bytes
) -> None:
    mail.dribbles[word] = piece
    telling = service.Telling("k", "test", "t", "x", None, utc_now())
    with pytest.raises(service.Unavailable, match="no answer in time"):
        Mail(SecretStr(mail.url), "sigma@example.org", ("ann@example.org",), deadline_s=0.5).send(telling)
    assert mail.was_hung_up_on.wait(60)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"webhook_url": SecretStr("http://hooks.example.org/x")}, {"SIGMA_WEBHOOK_SECRET", "SIGMA_WEBHOOK_URL"}),
        ({"smtp_url": SecretStr("smtp://mail.example.org")}, {"SIGMA_MAIL_FROM", "SIGMA_MAIL_TO"}),
    ],
)
def test_half_a_way_is_refused_by_name(given: dict[str, Any], named: set[str]) -> None:
    with pytest.raises(Invalid) as refused:
        channels_of(settings(Path("/nowhere"), **given))
    assert refused.value.fields.keys() == named
