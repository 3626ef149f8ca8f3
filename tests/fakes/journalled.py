"""The real scheduler and the real command, with a journal of when each cycle began and ended in which process.

python journalled.py JOURNAL (scheduler | COMMAND …)
"""

import os
import sys
from pathlib import Path

from sigma_core.cli import main
from sigma_core.runtime.context import RunContext
from sigma_core.runtime.execution import CycleFigures
from sigma_core.runtime.service import serve
from sigma_core.runtime.tables import Run
from sigma_core.runtime.wiring import RuntimeServices

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fakes.crash_executor import Journal


def noted(journal: Journal) -> None:
    """From now on each cycle of this process is written down."""
    execute = RuntimeServices.execute

    def executed(self: RuntimeServices, run: Run, context: RunContext) -> CycleFigures:
        journal.note("start", run, str(run.attempt))
        try:
            return execute(self, run, context)
        finally:
            journal.note("done", run, str(run.attempt))

    RuntimeServices.execute = executed


if __name__ == "__main__":
    noted(Journal(Path(sys.argv[1])))
    sys.exit(serve(Path(os.environ["SIGMA_HOME"])) if sys.argv[2] == "scheduler" else main(sys.argv[2:]))
