"""`python -m sigma_core` is the `sigma` command."""

import sys

from sigma_core.cli import main

if __name__ == "__main__":
    sys.exit(main())
