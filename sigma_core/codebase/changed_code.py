"""Which functions and classes a change touches, by the names that code facts use."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from sigma_core.codebase.module_names import ModuleNames, module_names
from sigma_core.codebase.module_source import CodeDefinition, ModuleSource
from sigma_core.codebase.python_reader import parse
from sigma_core.codebase.tree_state import is_read
from sigma_core.projects.git import Clone
from sigma_core.projects.tables import Project


@dataclass(frozen=True)
class _Tree:
    """One commit of a project, with the files of it that were read."""

    clone: Clone
    commit: str
    names: ModuleNames
    sources: dict[str, ModuleSource | None] = field(default_factory=dict)

    def source(self, path: str) -> ModuleSource | None:
        if path not in self.sources:
            self.sources[path] = parse(self.clone.read(self.commit, path)) if path in self.names.by_path else None
        return self.sources[path]


class ChangedCode:
    """Reads files as they are before a change. Nothing is run. The tree that was asked about last is kept."""

    def __init__(self, clone: Callable[[Project], Clone]) -> None:
        self._clone = clone
        self._kept: tuple[tuple[int | None, str], _Tree] | None = None

    def names(self, project: Project, commit: str, lines: Mapping[str, Iterable[int]]) -> list[str]:
        """Full names of the innermost functions and classes that hold these lines; where none does, of the module.

        `lines`: numbers of lines of the commit's files, by path. What is no Python of that commit is left out.
        """
        tree, found = self._tree(project, commit), dict[str, None]()
        for path, some in lines.items():
            source = tree.source(path)
            if source is None:
                continue
            for line in some:
                inside, module = innermost(source, line), tree.names.by_path[path]
                found[f"{module}.{inside.name}" if inside else module] = None
        return list(found)

    def modules(self, project: Project, commit: str) -> Mapping[str, str]:
        """Full names of the modules of a commit, by the paths of their files."""
        return self._tree(project, commit).names.by_path

    def _tree(self, project: Project, commit: str) -> _Tree:
        key = (project.id, commit)
        if self._kept is None or self._kept[0] != key:
            clone = self._clone(project)
            files = clone.files(commit)
            names = module_names(path for path, file in files.items() if is_read(path) and file.is_plain)
            self._kept = (key, _Tree(clone, commit, names))
        return self._kept[1]


def innermost(source: ModuleSource, line: int) -> CodeDefinition | None:
    """The smallest definition that holds a line."""
    around = [each for each in source.definitions if each.line <= line <= each.end_line]
    return min(around, key=lambda each: each.end_line - each.line, default=None)
