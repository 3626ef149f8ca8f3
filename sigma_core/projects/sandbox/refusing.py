"""The grade at which no project code runs."""

from collections.abc import Callable

from sigma_core.projects.sandbox.model import Execution, ExecutionEnding, Grade, Request


class RefusingSandbox:
    """Runs nothing and says why, and how that can be mended."""

    grade = Grade.NONE

    def __init__(self, why: str) -> None:
        self.why = why

    def run(self, request: Request, cancelled: Callable[[], bool] = lambda: False) -> Execution:  # noqa: ARG002
        """REFUSED, always."""
        return Execution(self.grade, ExecutionEnding.REFUSED, None, 0, "", detail=self.why)
