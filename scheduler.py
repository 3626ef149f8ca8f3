"""The scheduler process: `python scheduler.py [--home DIR]`. SIGTERM and Ctrl-C stop it in good order."""

import argparse
import sys

from sigma_core.errors import SigmaError
from sigma_core.home import find_home
from sigma_core.runtime.service import serve


def main() -> int:
    """The exit code: 0 stopped in good order, 1 a part died, otherwise that of the error."""
    parser = argparse.ArgumentParser(description="Asks for SIGMA's cycles when they are due, and executes them.")
    parser.add_argument("--home", help="folder of database, clones and logs (default: $SIGMA_HOME, ./.sigma)")
    arguments = parser.parse_args()
    try:
        return serve(find_home(arguments.home))
    except SigmaError as error:
        sys.stderr.write(f"scheduler: {error}\n")
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
