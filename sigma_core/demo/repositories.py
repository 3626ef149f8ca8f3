"""The git repositories of the demonstration, and the people who work on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random

from sigma_core.demo.code import module
from sigma_core.projects.git import GitFailed, run

MAIN = "main"
_SHOP = (
    *("cart", "prices", "orders", "stock", "shipping", "invoices", "coupons"),
    *("returns", "reviews", "search", "wishlist", "taxes", "gifts", "bundles"),
)
_BILLING = ("accounts", "ledgers", "payments", "reminders", "refunds", "currencies", "statements", "audits", "taxes")
_NOTES = ("pages", "tags", "exports", "sharing", "history", "links")
PROJECTS = (("shop", ("ada", "ben"), _SHOP), ("billing", ("ben", "chloe"), _BILLING), ("notes", ("chloe",), _NOTES))
"""Package, people, modules in the order in which they are written."""


@dataclass
class DemoRepository:
    """One repository, and what its people have not written yet."""

    place: Path
    package: str
    people: Sequence[str]
    subjects: list[str]
    written: list[str] = field(default_factory=list)

    def begin(self, at: datetime) -> None:
        """The first commit: what there was before SIGMA came."""
        self.place.mkdir(parents=True)
        self._git("init", "-q", "--template=", f"--initial-branch={MAIN}", at=at)
        name = self.package
        self._write(
            {
                "pyproject.toml": f'[project]\nname = "{name}"\nversion = "0.1"\nrequires-python = ">=3.11"\n\n'
                '[tool.pytest.ini_options]\npythonpath = ["."]\n',
                "README.md": f"# {name}\n\nGenerated for SIGMA's demo.\n",
                f"{name}/__init__.py": "",
                ".gitignore": "__pycache__/\n.pytest_cache/\n",
            }
        )
        self._commit(f"Begin {name}", at)

    def write_module(self, at: datetime) -> None:
        """A commit with the next module and its tests."""
        subject = self.subjects.pop(0)
        chance = Random(f"code/{self.package}/{subject}")  # noqa: S311 (plausible, not secret)
        self._write(module(self.package, subject, self.written, chance))
        self.written.append(subject)
        self._commit(f"Add {subject}", at)

    def fix_by_hand(self, at: datetime) -> None:
        """A commit in which a person mends something themselves."""
        path = self.place / self.package / f"{self.written[0]}.py"
        text = path.read_text()
        mended = text.replace("== None", "is None", 1)
        path.write_text(mended if mended != text else text + "\n\nLIMIT = 100\n")
        self._commit(f"Fix {self.written[0]}: compare by identity" if mended != text else "Add a limit", at)

    def merge(self, branch: str, at: datetime) -> bool:
        """Merge a branch into main; False, and nothing is changed, where it does not fit any more."""
        try:
            self._git("merge", "-q", "--no-ff", "-m", f"Merge {branch}", branch, at=at)
        except GitFailed:
            self._give_up(at)
            return False
        return True

    def revert(self, commit: str, at: datetime) -> bool:
        """Take a commit back; False where that does not fit any more."""
        try:
            self._git("revert", "--no-edit", commit, at=at)
        except GitFailed:
            self._give_up(at)
            return False
        return True

    def _give_up(self, at: datetime) -> None:
        self._git("reset", "-q", "--hard", at=at)

    def _write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def _commit(self, message: str, at: datetime) -> None:
        self._git("add", "--all", at=at)
        self._git("commit", "-q", "-m", message, at=at)

    def _git(self, *arguments: str, at: datetime) -> None:
        person = self.people[at.day % len(self.people)]
        who = {"NAME": person.title(), "EMAIL": f"{person}@example.org", "DATE": at.isoformat()}
        environment = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()}
        run(*arguments, directory=self.place, environment=environment)


def repositories(folder: Path) -> Sequence[DemoRepository]:
    """Three, of different size."""
    return [
        DemoRepository(folder / f"demo-{package}", package, people, list(subjects))
        for package, people, subjects in PROJECTS
    ]
