"""Publishers and consumers are killed at random; nothing accepted is lost, no effect happens twice."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from fakes.exchange_actor import effects, own_metadata
from sqlmodel import col, func, select

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.service import Exchange
from sigma_core.exchange.tables import Delivery, Knowledge

ACTOR = Path(__file__).parents[1] / "fakes" / "exchange_actor.py"
CONSUMERS = ("think", "learning", "recall")
KILLS = int(os.environ.get("SIGMA_TEST_KILLS", "10"))


def start(url: str, role: str, log: Path) -> subprocess.Popen[bytes]:
    actor = subprocess.Popen([sys.executable, ACTOR, url, role, log], stdout=subprocess.PIPE)
    assert actor.stdout
    assert actor.stdout.readline() == b"at work\n"
    return actor


def stop(actor: subprocess.Popen[bytes], how: signal.Signals) -> None:
    actor.send_signal(how)
    actor.communicate()


def test_killed_publishers_and_consumers_lose_nothing_and_repeat_no_effect(database: Database, tmp_path: Path) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    own_metadata.create_all(database.engine)
    chance = random.Random(7)
    roles = ["publisher-0", "publisher-1", *CONSUMERS]
    actors = {role: start(url, role, tmp_path / role) for role in roles}
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.1, 0.6))
        role = chance.choice(roles)
        stop(actors[role], signal.SIGKILL)
        actors[role] = start(url, role, tmp_path / role)
    for role in ("publisher-0", "publisher-1"):
        stop(actors[role], signal.SIGTERM)
    deadline = time.monotonic() + 90
    while unfinished(database) and time.monotonic() < deadline:
        time.sleep(0.3)
    for role in CONSUMERS:
        stop(actors[role], signal.SIGTERM)
    told = [int(line) for role in roles[:2] for line in (tmp_path / role).read_text().split()]
    assert told
    assert unfinished(database) == 0
    assert Exchange(database, utc_now, Registry()).dead() == []
    assert_each_effect_happened_once(database, set(told))


def unfinished(database: Database) -> int:
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(Delivery).where(col(Delivery.state) != "done")).one()


def assert_each_effect_happened_once(database: Database, told: set[int]) -> None:
    """What publishers wrote down as accepted is stored, and each consumer's effect of each item exists once."""
    with database.reading() as session:
        stored = set(session.exec(select(Knowledge.id)))
        assert told <= stored
        rows = session.execute(select(effects.c.worker, effects.c.message_id)).all()
    assert len(rows) == len(set(rows)) == len(stored) * len(CONSUMERS)
