"""Where project code runs, and the only place where it does."""

from sigma_core.projects.sandbox.model import Execution, ExecutionEnding, Grade, Request, ResourceLimits, Sandbox

__all__ = [
    "Execution",
    "ExecutionEnding",
    "Grade",
    "Request",
    "ResourceLimits",
    "Sandbox",
]
