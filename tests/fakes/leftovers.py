"""What processes leave behind, looked for from outside."""

import os
from pathlib import Path


def processes_that_name(folder: Path) -> list[str]:
    """Command lines and environments of other processes in which a folder occurs."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        if os.fsencode(folder) in told and int(process.name) != os.getpid():
            found.append(told.replace(b"\0", b" ").decode(errors="replace"))
    return found
