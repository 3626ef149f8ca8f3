"""Who acts, and what they may."""

import getpass
import os
from enum import StrEnum


class Role(StrEnum):
    """A viewer looks, an operator also acts."""

    VIEWER = "viewer"
    OPERATOR = "operator"


class ViewerName(str):
    """The name of somebody who may only look: the audit trail takes no act under it."""

    __slots__ = ()


def system_user() -> str:
    """The operating system's user; by number where it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
