"""`python -m sigma_core` is the `sigma` command."""

import sys

from sigma_core.cli import main

if __name__ == "__main__":
    code = main()
    # Ctrl-C while dataclasses or SQLAlchemy run code they made as text marks `python -m` to end by that signal, even
    # where it was handled. Running any text takes the mark away.
    exec("")  # noqa: S102 (of nothing)
    sys.exit(code)
