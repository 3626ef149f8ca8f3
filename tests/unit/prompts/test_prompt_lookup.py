"""What workers get: never stale, never nothing."""

import subprocess
import sys
from pathlib import Path

import pytest
from fakes.prompt_library import FIX, OpenGate, content

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.errors import NotFound
from sigma_core.prompts.builtins import BuiltIns
from sigma_core.prompts.catalog import PromptCatalog
from sigma_core.prompts.library import PromptLibrary
from sigma_core.prompts.loading import BuiltInLoader
from sigma_core.prompts.lookup import PromptLookup
from sigma_core.prompts.prompt_snapshot import PromptSnapshot

MOVE = """
import sys
from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.prompts.library import PromptLibrary
class Gate:
    def refusal(self, session, template, number): return None
library = PromptLibrary(Database(sys.argv[1]), utc_now, Gate())
library.label("dream/fix/mine", "production", int(sys.argv[2]), reason="elsewhere", actor="other process")
"""


def url(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


def test_a_move_in_another_process_is_seen_at_the_next_call(
    database: Database, stored: PromptLibrary, lookup: PromptLookup
) -> None:
    assert [lookup.get("dream/fix").number for _ in range(3)] == [1, 1, 1]
    for number in (2, 1, 2):
        subprocess.run([sys.executable, "-c", MOVE, url(database), str(number)], check=True)
        assert lookup.get("dream/fix").number == number
    assert lookup.counts == {"store": 4, "cache": 2}


def test_other_commits_do_not_empty_the_cache(database: Database, stored: PromptLibrary, lookup: PromptLookup) -> None:
    lookup.get("dream/fix")
    for _ in range(3):
        with database.transaction() as session:
            session.connection().exec_driver_sql("UPDATE audit_log SET reason = 'x'")
        lookup.get("dream/fix")
    assert lookup.counts == {"store": 1, "cache": 3}


def test_other_labels_are_looked_up_too_and_say_so(stored: PromptLibrary, lookup: PromptLookup) -> None:
    stored.label(FIX, "staging", 2, reason="look", actor="ann")
    found = lookup.get("dream/fix", label="staging")
    assert (found.number, found.label, found.version) == (2, "staging", "mine/v2")
    with pytest.raises(NotFound, match="No prompt dream/fix with label other"):
        lookup.get("dream/fix", label="other")
    with pytest.raises(NotFound, match="No prompt dream/none"):
        lookup.get("dream/none")


def test_without_the_store_the_last_good_version_answers_then_the_built_in(
    sqlite_database: Database, tmp_path: Path
) -> None:
    library = PromptLibrary(sqlite_database, utc_now, OpenGate())
    library.create("dream/error_fix/mine", content(), actor="ann")
    library.label("dream/error_fix/mine", "production", 1, reason="x", actor="ann")
    before = PromptLookup(sqlite_database, PromptSnapshot(tmp_path / "kept"), BuiltIns()).get("dream/error_fix")
    library.edit("dream/error_fix/mine", content("later {{code}}"), actor="ann")
    library.label("dream/error_fix/mine", "staging", 2, reason="x", actor="ann")
    away = Database(f"sqlite:///{tmp_path / 'away' / 'sigma.db'}")
    lookup = PromptLookup(away, PromptSnapshot(tmp_path / "kept"), BuiltIns())
    assert lookup.get("dream/error_fix") == before
    assert lookup.get("think/committee_scoring").version.startswith("builtin-")
    (kept,) = (tmp_path / "kept").glob("dream.error_fix.production@*.json")
    kept.write_text("{half")
    assert lookup.get("dream/error_fix").version.startswith("builtin-")
    assert lookup.counts == {"snapshot": 1, "built-in": 2}
    with pytest.raises(NotFound):
        lookup.get("dream/fix")


def test_a_store_that_comes_back_is_used_again(sqlite_database: Database, tmp_path: Path) -> None:
    file = Path(sqlite_database.engine.url.database or "")
    hidden = file.with_suffix(".hidden")
    library = PromptLibrary(sqlite_database, utc_now, OpenGate())
    library.create("dream/error_fix/mine", content(), actor="ann")
    library.label("dream/error_fix/mine", "production", 1, reason="x", actor="ann")
    sqlite_database.dispose()
    file.rename(hidden)
    lookup = PromptLookup(sqlite_database, PromptSnapshot(tmp_path / "kept"), BuiltIns())
    assert lookup.get("dream/error_fix").version.startswith("builtin-")
    hidden.rename(file)
    assert lookup.get("dream/error_fix").version == "mine/v1"


def test_built_in_files_become_versions_and_production_follows_unless_somebody_moved_it(
    database: Database, library: PromptLibrary, catalog: PromptCatalog, tmp_path: Path
) -> None:
    file = tmp_path / "files" / "dream" / "fix.md"
    file.parent.mkdir(parents=True)

    def release(text: str) -> int:
        file.write_text(f"+++\n[variables.code]\n+++\n--- system\n\n--- user\n{text} {{{{code}}}}\n")
        return BuiltInLoader(database, utc_now, BuiltIns(tmp_path / "files"), library).load()

    name = "dream/fix/built-in"
    assert (release("one"), release("one")) == (1, 0)
    assert catalog.show(name).labels == {"production": 1}
    assert release("two") == 1
    assert catalog.show(name).labels == {"production": 2}
    library.edit(name, content("mine {{code}}"), actor="ann")
    library.label(name, "production", 3, reason="mine", actor="ann")
    assert release("four") == 1
    whole = catalog.show(name)
    assert whole.labels == {"production": 3}
    assert [each.author for each in whole.versions] == ["built-in", "ann", "built-in", "built-in"]
