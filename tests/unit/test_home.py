"""The folder that everything lies in."""

from pathlib import Path

from sigma_core.runtime.build import build
from sigma_core.settings import Settings


def rights(path: Path) -> str:
    return f"{path.stat().st_mode & 0o7777:o}"


def started(home: Path) -> None:
    build(Settings(home=home, database_url=None, embedder="none")).close()


def test_a_home_that_others_could_read_is_closed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    started(home)
    (home / "logs").mkdir()
    for path, mode in ((home, 0o755), (home / "logs", 0o755), (home / "sigma.db", 0o644)):
        path.chmod(mode)
    started(home)
    assert [rights(home / name) for name in (".", "logs", "sigma.db")] == ["700", "700", "600"]


def test_a_new_home_is_closed_from_the_first_start(tmp_path: Path) -> None:
    started(tmp_path / "home")
    assert [rights(tmp_path / "home" / name) for name in (".", "sigma.db")] == ["700", "600"]


def test_a_folder_that_holds_other_things_keeps_its_rights(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "notes").write_text("of others")
    for path, mode in ((shared, 0o1777), (shared / "notes", 0o644)):
        path.chmod(mode)
    started(shared)
    assert [rights(shared / name) for name in (".", "notes", "sigma.db")] == ["1777", "644", "600"]
