"""Where project code runs, and the only place where it does."""

from sigma_core.projects.sandbox.model import Ending, Execution, Grade, Limits, Request, Sandbox
from sigma_core.projects.sandbox.select import Selection, choose_sandbox, select_sandbox

__all__ = [
    "Ending",
    "Execution",
    "Grade",
    "Limits",
    "Request",
    "Sandbox",
    "Selection",
    "choose_sandbox",
    "select_sandbox",
]
