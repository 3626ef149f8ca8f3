"""SIGMA made ready on its settings."""

import tempfile

import sigma_core.runtime.all_tables  # noqa: F401 (foreign keys cross rooms: no table can be used before all are known)
from sigma_core import schema, tracing
from sigma_core.clock import Clock, utc_now
from sigma_core.errors import Unavailable
from sigma_core.home import tighten
from sigma_core.proposals.handing_over import refuse_unfit
from sigma_core.runtime.system import System
from sigma_core.settings import Settings


def build(settings: Settings, *, process: str = "command", clock: Clock = utc_now) -> System:
    """SIGMA on these settings, its database migrated. `process`: scheduler, command or console.

    Raises `Unavailable` where the home cannot be used, `Invalid` where a setting asks for what is not installed.
    """
    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        tempfile.TemporaryFile(dir=settings.home).close()
    except OSError as error:
        elsewhere = "choose another folder with --home or SIGMA_HOME"
        raise Unavailable(f"Nothing can be written to {settings.home} ({error.strerror}); {elsewhere}.") from None
    refuse_unfit(settings)
    tracing.configure(settings, process)
    system = System(settings, process, clock)
    schema.migrate(system.database)
    tighten(settings.home)
    system.load_built_in_prompts()
    return system
