"""Where project code runs, and the only place where it does."""

from sigma_core.projects.sandbox.model import Ending, Execution, Grade, Limits, Request, Sandbox

__all__ = [
    "Ending",
    "Execution",
    "Grade",
    "Limits",
    "Request",
    "Sandbox",
]
