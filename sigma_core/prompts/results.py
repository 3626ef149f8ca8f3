"""Tests and their results in the store, inside a session; and the gate that results make."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from sigma_core import audit
from sigma_core.clock import Clock
from sigma_core.prompts.assertions import KINDS
from sigma_core.prompts.assertions.registry import readable
from sigma_core.prompts.tables import PromptTemplate, PromptTest, PromptValidation
from sigma_core.prompts.test_cases import PromptTestCase


def tests(session: Session, template_id: int) -> Sequence[PromptTest]:
    """A template's tests, by name."""
    query = select(PromptTest).where(PromptTest.template_id == template_id).order_by(PromptTest.name)
    return session.exec(query).all()


def case(row: PromptTest) -> PromptTestCase:
    """The stored test, typed."""
    return PromptTestCase.model_validate(
        {
            "name": row.name,
            "view": row.view,
            "inputs": row.inputs,
            "enabled": row.enabled,
            "assertions": [readable(each, KINDS) for each in row.assertions],
        }
    )


def put(session: Session, clock: Clock, template: PromptTemplate, case: PromptTestCase, actor: str) -> PromptTest:
    """Store a test in place of one of the same name."""
    query = select(PromptTest).where(PromptTest.template_id == template.id, PromptTest.name == case.name)
    row = session.exec(query).one_or_none() or PromptTest(
        template_id=template.id or 0, name=case.name, created_at=clock()
    )
    row.view, row.inputs, row.enabled = case.view, dict(case.inputs), case.enabled
    row.assertions = [each.stored() for each in case.assertions]
    session.add(row)
    _record(session, clock, template, "put test", case.name, actor)
    session.flush()
    return row


def switch(
    session: Session, clock: Clock, template: PromptTemplate, row: PromptTest, enabled: bool, actor: str
) -> None:
    """Turn a test on or off."""
    row.enabled = enabled
    _record(session, clock, template, "switch test on" if enabled else "switch test off", row.name, actor)


def newest(session: Session, template_id: int, number: int, model: str) -> list[PromptValidation]:
    """The last result of each test as it is now, for one version and model; by the tests' names."""
    query = (
        select(PromptValidation, PromptTest)
        .join(PromptTest, col(PromptTest.id) == PromptValidation.test_id)
        .where(
            PromptValidation.template_id == template_id,
            PromptValidation.number == number,
            PromptValidation.model == model,
        )
        .order_by(PromptTest.name, col(PromptValidation.id))
    )
    found = session.exec(query).all()
    current = {row.id: case(row).digest for _, row in found}
    return list({row.id: result for result, row in found if result.test_digest == current[row.id]}.values())


class TestsGate:
    """Production takes what its tests speak for, with the model that is in use."""

    __test__ = False  # pytest looks for classes of this kind of name

    def __init__(self, model: str) -> None:
        self._model = model

    def refusal(self, session: Session, template: PromptTemplate, number: int) -> str | None:
        """Why a version may not become production; None when all its tests that are on have passed, or it has none."""
        wanted = {row.id: row.name for row in tests(session, template.id or 0) if row.enabled}
        if not wanted:
            return None
        found = {each.test_id: each for each in newest(session, template.id or 0, number, self._model)}
        failed = [name for key, name in wanted.items() if key in found and _failed(found[key])]
        if failed:
            return f"v{number} fails {len(failed)} of {len(wanted)} tests with {self._model}: {_few(failed)}."
        unrun = [name for key, name in wanted.items() if key not in found]
        if unrun:
            return f"v{number} has no result with {self._model} for {len(unrun)} of {len(wanted)} tests: {_few(unrun)}."
        return None


def _failed(result: PromptValidation) -> bool:
    return result.skipped is None and result.passes < result.runs


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")


def _record(session: Session, clock: Clock, template: PromptTemplate, action: str, test: str, actor: str) -> None:
    audit.record(session, clock, actor=actor, action=action, object=f"prompt/{template.full_name}", reason=test)
