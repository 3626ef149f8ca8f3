"""Recall answers questions about the code from its graph, and otherwise once a commit has changed that."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.checkout import Checkout
from sqlalchemy import delete, select

from sigma_core.clock import utc_now
from sigma_core.codebase.change_tables import touches
from sigma_core.codebase.tables import entities
from sigma_core.projects.tables import Project
from sigma_core.proposals.tables import Decision, Proposal
from sigma_core.recall.answer import Answer
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import load_settings

TAX = 'def rounded(amount):\n    """Tax rounding: bring an amount to whole cents."""\n    return round(amount, 2)\n'
ORDERS = (
    "from shop.tax import rounded\n\n\ndef load_orders(path):\n"
    '    """Read orders."""\n    return [rounded(each) for each in open(path)]\n'
)
REPORT = "from shop.orders import load_orders\n\n\ndef report(path):\n    return len(load_orders(path))\n"
TEST = "from shop.orders import load_orders\n\n\ndef test_orders_are_read(tmp_path):\n    load_orders(tmp_path)\n"


@pytest.fixture
def system(home: Path) -> Iterator[System]:
    made = build(load_settings(home))
    yield made
    made.close()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    files = {"shop/__init__.py": "", "shop/tax.py": TAX, "shop/orders.py": ORDERS, "tests/test_orders.py": TEST}
    return Checkout(tmp_path / "shop", files)


@pytest.fixture
def project(system: System, checkout: Checkout) -> Project:
    project = system.projects.service.add(checkout.path, name="shop", actor="ann")
    read(system, project)
    return project


def read(system: System, project: Project) -> None:
    system.codebase.read(system.projects.service.refresh(project), lambda _: None)


def asked(system: System, question: str) -> Answer | None:
    return system.recall.answering.answer(question, None)


def said(system: System, question: str) -> list[str]:
    answer = asked(system, question)
    return [each.text for each in answer.sentences] if answer else []


def test_what_breaks_is_another_answer_once_the_code_says_so(
    system: System, project: Project, checkout: Checkout
) -> None:
    question = "what breaks if I touch `load_orders`"
    before = said(system, question)
    assert "tests.test_orders.test_orders_are_read calls shop.orders.load_orders." in before
    assert not any("shop.report" in each for each in before)
    checkout.commit({"shop/report.py": REPORT})
    read(system, project)
    assert "shop.report.report calls shop.orders.load_orders." in said(system, question)
    checkout.commit({"shop/report.py": None})
    read(system, project)
    assert said(system, question) == before


def test_each_sentence_names_the_fact_that_says_so_and_since_when(system: System, project: Project) -> None:
    answer = asked(system, "who calls rounded?")
    assert answer
    assert (answer.asking, answer.about, answer.project_id) == ("breaks", "shop.tax.rounded", project.id)
    called = next(each for each in answer.sentences if each.text.startswith("shop.orders.load_orders calls"))
    assert called.source.startswith("CALLS/")
    assert called.valid_at is not None


def test_tests_are_named_the_nearest_first(system: System, project: Project) -> None:
    [told, first, *_] = said(system, "which tests cover load_orders")
    assert told.startswith("1 test reach")
    assert first.startswith("tests.test_orders.test_orders_are_read calls shop.orders.load_orders")
    assert said(system, "which tests cover tax rounding")[1].endswith("(2 steps away).")


def test_who_changed_something_last_and_why_is_told_from_the_history(
    system: System, project: Project, checkout: Checkout
) -> None:
    commit = checkout.commit(
        {"shop/tax.py": TAX.replace("2)", "3)")}, "Round to mills\n\nThe ledger keeps three digits."
    )
    read(system, project)
    answer = asked(system, "who last changed tax rounding and why")
    assert answer
    last = answer.sentences[0]
    assert last.source == f"commit/{commit}"
    assert " changed shop.tax.rounded last, on " in last.text
    assert last.text.endswith("“Round to mills”. The ledger keeps three digits.")


def test_a_method_that_a_class_inherits_is_meant_by_its_name_there(
    system: System, project: Project, checkout: Checkout
) -> None:
    base = "class Base:\n    def pay(self):\n        return 1\n\n\nclass Card(Base):\n    pass\n"
    fake = "class Card:\n    def pay(self, sure):\n        return 2\n"
    user = "from shop.pay import Base\n\n\ndef checkout(base: Base):\n    return base.pay()\n"
    checkout.commit({"shop/pay.py": base, "tests/fake_pay.py": fake.replace("Card", "FakeCard"), "shop/till.py": user})
    read(system, project)
    answer = asked(system, "what breaks if I change Card.pay?")
    assert answer
    assert answer.about == "shop.pay.Base.pay"
    assert "shop.till.checkout calls shop.pay.Base.pay." in [each.text for each in answer.sentences]


def test_a_path_means_its_module_and_a_function_without_known_changes_has_those_of_its_file(
    system: System, project: Project
) -> None:
    answer = asked(system, "last commits to shop/tax.py")
    assert answer
    assert answer.about == "shop.tax"
    with system.database.transaction() as session:
        rounded = select(entities.c.id).where(entities.c.full_name == "shop.tax.rounded")
        session.execute(delete(touches).where(touches.c.entity_id.in_(rounded)))
    [told, last, *_] = said(system, "who last changed rounded")
    assert told == "Which commits changed shop.tax.rounded itself is not read yet; those of its file, shop/tax.py, are:"
    assert "shop.tax last, on" in last


def test_what_was_tried_on_a_rule_is_told_with_the_decisions(system: System, project: Project) -> None:
    assert said(system, "what was tried on E711 here") == ["No proposal was ever made on E711 here."]
    with system.database.transaction() as session:
        proposal = Proposal(
            project_id=project.id or 0,
            title="Compare with None by identity",
            change_type="bug",
            diff="x",
            diff_sha256="x",
            base_commit="0" * 40,
            files=["shop/tax.py"],
            confidence=0.5,
            origin="dream",
            fixer="model",
            rule="E711",
            state="rejected",
            created_at=utc_now(),
            changed_at=utc_now(),
        )
        session.add(proposal)
        session.flush()
        decision = Decision(
            proposal_id=proposal.id or 0,
            verdict="rejected",
            decided_by="committee",
            actor="think",
            reasons=["a test failed"],
            created_at=utc_now(),
        )
        session.add(decision)
    for question in ("what was tried on E711 here", "what was tried on rounded"):
        answer = asked(system, question)
        assert answer, question
        assert answer.sentences[1].text.endswith(
            "“Compare with None by identity” in shop/tax.py, was rejected by think: a test failed."
        )
        assert answer.sentences[1].source == "decision/1"


def test_an_ordinary_question_and_one_about_the_unknown_have_no_such_answer(system: System, project: Project) -> None:
    assert asked(system, "tax rounding") is None
    assert asked(system, "who calls xyzzy_plugh") is None
