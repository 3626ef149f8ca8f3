"""Registering repositories and keeping our clones of them fresh."""

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from sqlmodel import Session, col, select

from sigma_core import audit
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Conflict, Forbidden, Invalid, NotFound, SigmaError
from sigma_core.identity import existing_row
from sigma_core.projects.git import Clone, GitFailed, run, tags, top_level, trust
from sigma_core.projects.interpreter import find_interpreter
from sigma_core.projects.project_config import ProjectConfig, config_of
from sigma_core.projects.sub_projects import is_within, registered_folder
from sigma_core.projects.tables import Project

Install = Callable[[Project, Clone], str]
"""Builds an environment for a project in the sandbox and returns its interpreter."""


class Projects:
    """The register of repositories under care. `home` holds the clones."""

    def __init__(self, database: Database, clock: Clock, home: Path, install: Install) -> None:
        self._database, self._clock, self._home, self._install = database, clock, home, install
        self._config = home / "gitconfig"
        self._here: set[tuple[int | None, str]] = set()

    def add(
        self,
        path: Path,
        *,
        name: str | None = None,
        test_command: str | None = None,
        python: str | None = None,
        install: bool = False,
        actor: str,
    ) -> Project:
        """Register the repository that `path` lies in, or change how a registered one is looked after.

        A folder in it that is a project of its own (it says how it is built or tested) is registered as one: only its
        files are looked at, with its own tests and settings.

        Raises `Invalid` (no repository, no commit, no Python), `Conflict` (name taken), `Forbidden` (it holds
        SIGMA's home); nothing is registered then.
        """
        given = path.expanduser().absolute()
        top = top_level(given, self._config)
        folder = registered_folder(top, given)
        self._refuse_own_home(top)
        if python is not None:
            find_interpreter(top, python, None)
        if test_command is not None and not 0 < len(test_command.strip()) <= 2000:
            raise Invalid({"test_command": "1 to 2000 characters"})
        # Fetched first: a transaction keeps all other writers waiting
        with self._fetched(top, folder) as (clone, head), self._database.transaction() as session:
            project = self._row(session, top, folder, name)
            fresh = project.id is None
            project.test_command = test_command or project.test_command
            project.python = python or project.python
            session.flush()
            if fresh:
                clone.move(self._place(project).path)
            if fresh or clone.path == self._place(project).path:
                project.head = head
            audit.record(session, self._clock, actor=actor, action="add", object=f"project/{project.id}")
        if install:
            interpreter = self._installed(project, fresh, actor)
            with self._database.transaction() as session:
                # Not the row as it was before minutes of building: people may have changed it meanwhile
                project = session.get_one(Project, project.id)
                project.python = interpreter
        return project

    @contextmanager
    def _fetched(self, top: Path, folder: str) -> Iterator[tuple[Clone, str]]:
        """A clone with all that the repository has, and its head; one that is not moved is gone afterwards."""
        with self._database.reading() as session:
            known = _registered_project(session, top, folder)
        if known is not None:
            clone = self._place(known)
            yield clone, _fetch(clone, top, folder)
            return
        clones = self._home / "clones"
        clones.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=clones, prefix=".new-") as new:
            clone = Clone(Path(new) / "clone.git", self._config)
            yield clone, _fetch(clone, top, folder)

    def _installed(self, project: Project, fresh: bool, actor: str) -> str:
        try:
            return self._install(project, self.clone(project))
        except SigmaError:
            if fresh:
                self.remove(project.id or 0, actor=actor)
                shutil.rmtree(self._place(project).path, ignore_errors=True)
            raise

    def list(self) -> list[Project]:
        """All projects under care, by name."""
        with self._database.reading() as session:
            under_care = select(Project).where(col(Project.removed_at).is_(None)).order_by(Project.name)
            return list(session.exec(under_care))

    def names(self) -> dict[int, str]:
        """The name of each project under care by its id, in their order: what a choice of one needs."""
        with self._database.reading() as session:
            columns = select(Project.id, Project.name).where(col(Project.removed_at).is_(None)).order_by(Project.name)
            return {key: name for key, name in session.exec(columns) if key is not None}

    def named(self, name: str) -> Project | None:
        """The project under care of this name, if there is one."""
        with self._database.reading() as session:
            under_care = select(Project).where(col(Project.removed_at).is_(None), Project.name == name)
            return session.exec(under_care).first()

    def get(self, key: int | str) -> Project:
        """A project by id or name. Raises `NotFound`."""
        with self._database.reading() as session:
            return _project(session, key)

    def remove(self, key: int | str, *, actor: str, session: Session | None = None) -> Project:
        """Stop looking after a project. What was learned and decided about it stays readable."""
        with self._database.transaction(session) as own:
            project = _project(own, key)
            project.removed_at = self._clock()
            audit.record(own, self._clock, actor=actor, action="remove", object=f"project/{project.id}")
        return project

    def permit(
        self,
        key: int | str,
        *,
        actor: str,
        reduced_sandbox: bool | None = None,
        trusted: bool | None = None,
        model_allowed: bool | None = None,
        autonomy: str | None = None,
        noticed_share: float | None = None,
        no_difference_suffices: bool | None = None,
    ) -> Project:
        """Change what SIGMA may do with a project; None leaves a permission as it is."""
        if autonomy not in (None, "propose", "commit"):
            raise Invalid({"autonomy": "is propose or commit"})
        if noticed_share is not None and not 0 <= noticed_share <= 1:
            raise Invalid({"noticed_share": "is a share from 0 to 1"})
        wanted = {
            "reduced_sandbox": reduced_sandbox,
            "trusted": trusted,
            "model_allowed": model_allowed,
            "autonomy": autonomy,
            "noticed_share": noticed_share,
            "no_difference_suffices": no_difference_suffices,
        }
        changed = {field: value for field, value in wanted.items() if value is not None}
        with self._database.transaction() as session:
            project = _project(session, key)
            for field, value in changed.items():
                setattr(project, field, value)
            said = ", ".join(f"{field}={value}" for field, value in changed.items())
            audit.record(
                session, self._clock, actor=actor, action="permit", object=f"project/{project.id}", reason=said
            )
        return project

    def refresh(self, project: Project) -> Project:
        """Fetch; the row's head is then the commit the person's HEAD names."""
        head = self._place(project).fetch(Path(project.path))
        if head == project.head:
            return project
        with self._database.transaction() as session:
            # Not the row as it was before the fetch: people may have changed it meanwhile
            fresh = session.get_one(Project, project.id)
            fresh.head = head
        return fresh

    def head_of(self, path: Path) -> str:
        """The commit that HEAD names in a person's repository, without fetching. Raises `GitFailed`."""
        trust(self._config, path)
        return run("rev-parse", "--verify", "HEAD", directory=path, config=self._config).decode().strip()

    def clone(self, project: Project) -> Clone:
        """Our clone of a project, with its head, which another host with a home of its own may have fetched.

        Raises `Invalid` where that is not here and cannot be fetched.
        """
        clone = self._place(project)
        if (project.id, project.head) not in self._here:
            if not clone.holds(project.head):
                clone.fetch(Path(project.path))
            self._here.add((project.id, project.head))
        return clone

    def _place(self, project: Project) -> Clone:
        """The clone as it is, or where it is to be."""
        return Clone(self._home / "clones" / f"{project.id}.git", self._config)

    def tags(self, project_id: int) -> dict[str, str]:
        """Commits of a project's tags, by the tags' names, as its repository has them now."""
        return tags(Path(self.get(project_id).path), self._config)

    def config(self, project: Project, commit: str) -> ProjectConfig:
        """How the project wants to be looked after at a commit."""
        clone = self.clone(project)
        own = _text(clone, commit, str(PurePosixPath(project.folder) / "pyproject.toml"))
        return config_of(project, own, _text(clone, commit, "pyproject.toml") if project.folder else None)

    def _row(self, session: Session, top: Path, folder: str, given: str | None) -> Project:
        known = _registered_project(session, top, folder)
        name = known.name if known and given is None else _name(given, top, folder)
        holder = session.exec(select(Project).where(Project.name == name)).one_or_none()
        if holder is not None and holder is not known:
            if holder.removed_at is None:
                raise Conflict(f"The name {name} belongs to {holder.place}; give another with --name.")
            holder.name = f"{name[:80]}~{holder.id}"
            session.flush()
        project = known or Project(name=name, path=str(top), folder=folder, head="", created_at=self._clock())
        project.name, project.removed_at = name, None
        session.add(project)
        return project

    def _refuse_own_home(self, top: Path) -> None:
        home = self._home.resolve()
        if not home.is_relative_to(top.resolve()):
            return
        try:
            run("check-ignore", "-q", str(home / "sigma.db"), directory=top, config=self._config)
        except GitFailed:
            raise Forbidden(
                f"SIGMA's home {self._home} lies inside {top} and git does not ignore it; "
                "add it to .gitignore or choose another with --home."
            ) from None


def _registered_project(session: Session, top: Path, folder: str) -> Project | None:
    return session.exec(select(Project).where(Project.path == str(top), Project.folder == folder)).one_or_none()


def _fetch(clone: Clone, top: Path, folder: str) -> str:
    head = clone.fetch(top)
    if folder and not any(is_within(path, folder) for path in clone.files(head)):
        raise Invalid({"path": f"the newest commit has no file in {folder}."})
    return head


def _text(clone: Clone, commit: str, path: str) -> bytes | None:
    try:
        return clone.read(commit, path)
    except NotFound:
        return None


def _project(session: Session, key: int | str) -> Project:
    text = str(key)
    by_name = session.exec(select(Project).where(Project.name == text)).one_or_none()
    project = by_name or existing_row(session, Project, "project", key)
    if project.removed_at is not None:
        raise NotFound("project", key)
    return project


def _name(given: str | None, top: Path, folder: str) -> str:
    parts = (top.name.removesuffix(".git"), *PurePosixPath(folder).parts)
    name = given if given is not None else _derived("-".join(parts))
    if not re.fullmatch(r"[\w.][\w.-]{0,99}", name) or name.isdigit():
        why = "letters, digits, dot, dash and underscore, neither digits alone nor a dash first, at most 100"
        raise Invalid({"name": why if given is not None else f"the folder's does not do, give one with --name: {why}"})
    return name


def _derived(folder: str) -> str:
    # Digits alone would be taken for an id
    name = re.sub(r"[^\w.-]+", "-", folder).strip("-")[:90]
    return f"project-{name}" if name.isdigit() else name


def open_to_models(session: Session) -> set[int]:
    """Ids of the projects whose text may be sent to a model server."""
    open_ = select(Project.id).where(col(Project.model_allowed), col(Project.removed_at).is_(None))
    return {id_ for id_ in session.exec(open_) if id_ is not None}
