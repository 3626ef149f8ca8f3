"""The process that verifies what others hand over, and nothing else."""

import logging
import signal
import threading
from pathlib import Path
from types import FrameType

from sigma_core import logs
from sigma_core.runtime.retention import KEEP_BASELINES_DAYS

log = logging.getLogger(__name__)


def serve(home: Path, slots: int) -> int:
    """Verify so many orders at once until SIGTERM or SIGINT; the exit code of the process."""
    from sigma_core.proposals.handing_over.procrastinate_queue import Serving
    from sigma_core.runtime.build import build
    from sigma_core.runtime.temp_folders import own_folder, sweep
    from sigma_core.settings import load_settings

    settings = load_settings(home).model_copy(update={"verification": "procrastinate"})
    logs.configure(settings, "verifier")
    own = own_folder()
    system = build(settings, process="verifier")
    sweep(own.parent)
    system.proposals.verifier.forget_baselines(KEEP_BASELINES_DAYS)
    log.info("Ready: %d verifications at once. Sandbox: %s.", slots, system.projects.sandbox.grade)
    stop = threading.Event()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, ask_to_stop)
    serving = Serving(slots, settings.run_lease_s, settings.heartbeat_s, settings.drain_s, settings.run_attempts)
    try:
        system.proposals.queue.serve(
            serving, system.proposals.order_service.answer, system.proposals.order_service.give_up, stop
        )
    finally:
        system.close()
    return 0
