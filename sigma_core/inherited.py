"""What a process that SIGMA starts takes over from the one that starts it: neither its folder nor all of its variables.

Whoever starts SIGMA may stand in a repository that nobody trusts. Python puts that folder first in its search path for
`-m` and `-c`, Streamlit reads settings from it, and a search path for programs may name it.
"""

import os
import sys
from pathlib import Path

_BUNDLED = Path(__file__).resolve().parent / "bundled"
ROOT = _BUNDLED if _BUNDLED.is_dir() else _BUNDLED.parents[1]
"""Where `app.py`, the console's settings and pages, and the migrations lie: a wheel brings them, else the checkout."""
PLAIN = frozenset(
    {
        "HOME",
        "USER",
        "LOGNAME",
        "LANG",
        "LANGUAGE",
        "TZ",
        "TMPDIR",
        "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONUTF8",
    }
)
PLAIN_PREFIXES = ("LC_", "XDG_", "OMP_", "OPENBLAS_", "MALLOC_")
OWN = frozenset(
    {
        "VIRTUAL_ENV",
        "POETRY_CACHE_DIR",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "no_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
    }
)
OWN_PREFIXES = ("SIGMA_", "OPENAI_", "OTEL_", "PG", "PIP_", "STREAMLIT_")
"""Our settings, the model server's, what OpenTelemetry, PostgreSQL's library and pip are told, and Streamlit."""


def python_command(*words: str) -> list[str]:
    """This Python, looking for no module in the folder it is started in."""
    return [sys.executable, "-P", *words]


def program_folders() -> str:
    """`PATH` without what it means of the folder somebody stands in."""
    return _fixed(os.environ.get("PATH", os.defpath))


def plain_environment() -> dict[str, str]:
    """For a helper that knows no secret: where home, temporary files and modules are, and the language."""
    kept = _chosen(PLAIN, PLAIN_PREFIXES)
    if modules := _fixed(os.environ.get("PYTHONPATH", "")):
        kept["PYTHONPATH"] = modules
    return {**kept, "PATH": program_folders()}


def own_environment() -> dict[str, str]:
    """For scheduler and console, which are SIGMA themselves: the settings too, keys and passwords with them."""
    return {**plain_environment(), **_chosen(OWN, OWN_PREFIXES)}


def _chosen(names: frozenset[str], prefixes: tuple[str, ...]) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name in names or name.startswith(prefixes)}


def _fixed(folders: str) -> str:
    return os.pathsep.join(folder for folder in folders.split(os.pathsep) if Path(folder).is_absolute())
