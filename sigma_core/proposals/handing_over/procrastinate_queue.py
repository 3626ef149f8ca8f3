"""The engine procrastinate, on SIGMA's own PostgreSQL: its tables lie in a schema of their own.

No job has a `lock` or a `queueing_lock`: what is done twice has the same answer, and the first one stands. All in these
tables may be lost, for who waits hands its order in again.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property

import psycopg
from procrastinate import App, JobContext, PsycopgConnector, SyncPsycopgConnector
from procrastinate.exceptions import ConnectorException, JobAborted, NoResult
from procrastinate.jobs import DeleteJobCondition, Job, Status
from psycopg.conninfo import make_conninfo

from sigma_core.errors import Cancelled, Disconnected

log = logging.getLogger(__name__)

SCHEMA = "procrastinate"
QUEUE = "verification"
TASK = "verify"
AWAY_S = 2.0
"""How long to wait before asking a database again that did not answer."""
_LOCK = 0x516B
_SERVING = """
SELECT count(*) AS found FROM procrastinate_workers
WHERE last_heartbeat > now() - make_interval(secs => %(lease_s)s)
"""


@dataclass(frozen=True)
class Serving:
    """How a process serves orders: so many at once; taken over after so long a silence, so often."""

    slots: int
    lease_s: float
    heartbeat_s: float
    grace_s: float
    attempts: int


class ProcrastinateQueue:
    """Orders in procrastinate's queue, for the process that waits and for the one that serves."""

    def __init__(self, url: str, lease_s: float) -> None:
        """`lease_s`: silent for longer, a process that serves counts for none."""
        plain = url.replace("postgresql+psycopg:", "postgresql:", 1)
        self._address, self._lease_s = make_conninfo(plain, options=f"-c search_path={SCHEMA}"), lease_s

    def hand(self, order_id: int) -> int:
        """Queue it; the number of the job."""
        with _reaching():
            return self._app.configure_task(TASK, queue=QUEUE).defer(order_id=order_id)

    def is_under_way(self, job: int) -> bool:
        """Whether it waits for a slot, or has one."""
        with _reaching(), suppress(NoResult):
            return self._app.job_manager.get_job_status(job) in (Status.TODO, Status.DOING)
        return False

    def cancel(self, job: int) -> None:
        """Take it from the queue, or ask whoever has it to stop."""
        with _reaching():
            self._app.job_manager.cancel_job_by_id(job, abort=True, delete_job=True)

    def serving(self) -> int:
        """How many processes serve orders now."""
        with _reaching():
            row = self._app.connector.get_sync_connector().execute_query_one(_SERVING, lease_s=self._lease_s)
        return int(row["found"])

    def close(self) -> None:
        """Let go of its connections."""
        if "_app" in self.__dict__:
            self._app.close()

    def serve(
        self,
        serving: Serving,
        answer: Callable[[int, Callable[[], bool]], None],
        give_up: Callable[[int], None],
        stop: threading.Event,
    ) -> None:
        """Answer orders until `stop` is set; a database that is away is waited for."""
        while not stop.is_set():
            try:
                self._make_tables()
                asyncio.run(self._serve(serving, answer, give_up, stop))
            except (ConnectorException, psycopg.Error) as error:
                log.warning("No verification can be taken from the queue: %s", _cause(error))
            if not stop.is_set():
                stop.wait(AWAY_S)

    async def _serve(
        self,
        serving: Serving,
        answer: Callable[[int, Callable[[], bool]], None],
        give_up: Callable[[int], None],
        stop: threading.Event,
    ) -> None:
        app = App(connector=PsycopgConnector(conninfo=self._address, max_size=serving.slots + 3))

        @app.task(name=TASK, queue=QUEUE, pass_context=True)
        def verify(context: JobContext, order_id: int) -> None:
            try:
                answer(order_id, context.should_abort)
            except Cancelled:
                raise JobAborted from None

        async with app.open_async():
            working = asyncio.create_task(
                app.run_worker_async(
                    queues=[QUEUE],
                    concurrency=serving.slots,
                    abort_job_polling_interval=serving.heartbeat_s,
                    update_heartbeat_interval=serving.heartbeat_s,
                    stalled_worker_timeout=serving.lease_s,
                    shutdown_graceful_timeout=serving.grace_s,
                    delete_jobs=DeleteJobCondition.ALWAYS,
                    install_signal_handlers=False,
                )
            )
            taking_over = asyncio.create_task(_take_over(app, serving, give_up))
            try:
                while not (working.done() or taking_over.done() or stop.is_set()):
                    await asyncio.sleep(0.2)
            finally:
                for each in (taking_over, working):
                    each.cancel()
                    with suppress(asyncio.CancelledError):
                        await each

    @cached_property
    def _app(self) -> App:
        self._make_tables()
        app = App(connector=SyncPsycopgConnector(conninfo=self._address, min_size=0, max_size=4))
        app.open()
        return app

    def _make_tables(self) -> None:
        with psycopg.connect(self._address) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            if connection.execute("SELECT to_regclass(%s)", [f"{SCHEMA}.procrastinate_jobs"]).fetchone() == (None,):
                connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
                connection.execute(App(connector=SyncPsycopgConnector()).schema_manager.get_schema())


async def _take_over(app: App, serving: Serving, give_up: Callable[[int], None]) -> None:
    """Give what silent processes have in hand to others."""
    jobs = app.job_manager
    await jobs.delete_old_jobs(1, queue=QUEUE, include_failed=True, include_cancelled=True, include_aborted=True)
    while True:
        for job in await jobs.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=serving.lease_s):
            # Another process may be faster
            with suppress(ConnectorException):
                await _taken_over(app, job, serving, give_up)
        await asyncio.sleep(serving.heartbeat_s)


async def _taken_over(app: App, job: Job, serving: Serving, give_up: Callable[[int], None]) -> None:
    if job.attempts + 1 < serving.attempts:
        await app.job_manager.retry_job(job)
        return
    await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
    await asyncio.to_thread(give_up, int(str(job.task_kwargs["order_id"])))


@contextmanager
def _reaching() -> Iterator[None]:
    """Raises `Disconnected` where the database is away: who waits begins again then."""
    try:
        yield
    except (ConnectorException, psycopg.Error) as error:
        raise Disconnected(f"The queue of verifications cannot be used: {_cause(error)}") from error


def _cause(error: BaseException) -> str:
    return str(error.__cause__ or error).strip()
