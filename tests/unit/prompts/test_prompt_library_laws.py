"""Laws of the library, whatever is done in whatever order, by however many at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from fakes.prompt_library import OpenGate, content
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.errors import Conflict
from sigma_core.prompts.catalog import PromptCatalog
from sigma_core.prompts.library import PromptLibrary
from sigma_core.prompts.tables import PromptLabel, PromptLabelMove, PromptTemplate, PromptVersion

NAMES = ("dream/fix/one", "dream/fix/two")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("edit", "label", "rollback", "renew")),
        st.sampled_from(NAMES),
        st.sampled_from(("production", "staging")),
        st.integers(1, 3),
    ),
    max_size=12,
)


def _do(library: PromptLibrary, step: tuple[str, str, str, int], latest: int) -> None:
    verb, name, label, number = step
    version = min(number, latest)
    if verb == "edit":
        library.edit(name, content(f"Fix {number} {{{{code}}}}"), actor="ann")
    elif verb == "label":
        library.label(name, label, version, reason="r", actor="ann")
    else:
        library.rollback(name, version, reason="r", actor="ann", as_new=verb == "renew")


@given(STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_default_a_slot_history_complete_and_versions_never_change(
    sqlite_database: Database, steps: list[tuple[str, str, str, int]]
) -> None:
    library, catalog = PromptLibrary(sqlite_database, utc_now, OpenGate()), PromptCatalog(sqlite_database)
    with sqlite_database.transaction() as session:
        for table in (PromptLabel, PromptLabelMove, PromptVersion, PromptTemplate):
            for row in session.exec(select(table)):
                session.delete(row)
            session.flush()
    for name in NAMES:
        library.create(name, content(), actor="ann")
    before: dict[tuple[int, int], str] = {}
    for step in steps:
        _do(library, step, catalog.show(step[1]).versions[0].number)
        with sqlite_database.reading() as session:
            versions = {(v.template_id, v.number): f"{v.content}{v.note}" for v in session.exec(select(PromptVersion))}
        assert before.items() <= versions.items()
        before = versions
    with sqlite_database.reading() as session:
        now = {(each.label): (each.template_id, each.number) for each in session.exec(select(PromptLabel))}
        moves = session.exec(select(PromptLabelMove).order_by(PromptLabelMove.id)).all()
    replayed: dict[str, tuple[int | None, int | None]] = {}
    for move in moves:
        assert replayed.get(move.label, (None, None)) == (move.from_template, move.from_number)
        replayed[move.label] = (move.to_template, move.to_number)
    assert replayed == now
    for name in NAMES:
        numbers = [each.number for each in catalog.show(name).versions]
        assert numbers == list(range(len(numbers), 0, -1))


def test_the_store_itself_refuses_a_second_production(database: Database, stored: PromptLibrary) -> None:
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.add(
            PromptLabel(worker="dream", type="fix", label="production", template_id=1, number=2, moved_at=utc_now())
        )


def test_of_many_who_edit_at_once_one_wins_and_the_others_are_told(database: Database, stored: PromptLibrary) -> None:
    def edit(number: int) -> int | None:
        try:
            return stored.edit(
                "dream/fix/mine", content(f"Fix {number} {{{{code}}}}"), base_version=2, actor=f"person {number}"
            ).version.number
        except Conflict:
            return None

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(edit, range(8)))
    assert sorted(made, key=str) == [3, *[None] * 7]


def test_edits_at_once_without_a_base_are_all_kept(
    database: Database, stored: PromptLibrary, catalog: PromptCatalog
) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: stored.edit("dream/fix/mine", content(f"Fix {n} {{{{code}}}}"), actor="x"), range(12)))
    versions = catalog.show("dream/fix/mine").versions
    assert [each.number for each in versions] == list(range(14, 0, -1))
    assert {each.content["user"] for each in versions} >= {f"Fix {n} {{{{code}}}}" for n in range(12)}
