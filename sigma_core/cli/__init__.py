"""The `sigma` command: names, options and exit codes are a contract others script against."""

from sigma_core.cli.entry import main

__all__ = ["main"]
