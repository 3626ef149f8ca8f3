"""Who acts at a terminal and at the console."""

import getpass
import os


def system_user() -> str:
    """The operating system's user; by number where it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
