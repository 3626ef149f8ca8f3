"""`python -m sigma_core` is the `sigma` command."""

import sys

if not sys.flags.safe_path and not __file__.startswith(f"{sys.path[0]}/sigma_core/"):
    # `-m` looks for every module first in the folder somebody stands in
    del sys.path[0]

from sigma_core.cli import main

if __name__ == "__main__":
    code = main()
    # Ctrl-C while dataclasses or SQLAlchemy run code they made as text marks `python -m` to end by that signal, even
    # where it was handled. Running any text takes the mark away.
    exec("")  # noqa: S102 (of nothing)
    sys.exit(code)
