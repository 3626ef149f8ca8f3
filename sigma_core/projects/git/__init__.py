"""Git without the repository's own programs: no hook, filter, monitor, alias or configuration of anybody runs."""

from sigma_core.projects.git.calls import GitFailed, run
from sigma_core.projects.git.clone import Clone
from sigma_core.projects.git.objects import LogEntry, TreeFile
from sigma_core.projects.git.repository import tags, top_level, trust

__all__ = ["Clone", "GitFailed", "LogEntry", "TreeFile", "run", "tags", "top_level", "trust"]
