"""Work on prompts in the demonstration: versions, tests, a canary, going back."""

from sigma_core.prompts.assertions.answers import Contains
from sigma_core.prompts.content import Content
from sigma_core.prompts.tables import PRODUCTION
from sigma_core.prompts.test_cases import PromptTestCase
from sigma_core.runtime.system import System

FIX, ASSESS = "dream/error_fix", "analysis/issue_assessment"
AUTHOR = "grace"
PATIENCE = 10
"""How often the tests are run."""


def first_edit(system: System) -> None:
    """A version that says more, tested and put into production."""
    number = _edit(system, FIX, "\nPrefer the standard library to a new dependency.", "Keep dependencies out")
    _test_and_promote(system, FIX, number, "Fewer fixes that add imports.")


def second_edit(system: System) -> None:
    """One of another prompt, which does not hold what it promised."""
    number = _edit(system, ASSESS, "\nNever say critical without naming who is harmed.", "Fewer false alarms")
    _test_and_promote(system, ASSESS, number, "Too many issues were called critical.")


def go_back(system: System) -> None:
    """To what was production before."""
    system.prompts.library.rollback(ASSESS, version=1, reason="Severity fell where it should not.", actor=AUTHOR)


def begin_canary(system: System) -> None:
    """A candidate beside production."""
    number = _edit(system, FIX, "\nWhere two changes are possible, make the one with fewer lines.", "Smaller changes")
    _test_until_answered(system, FIX, number)
    system.prompts.canaries.start(
        FIX, number, reason="Smaller changes should be taken more often.", actor=AUTHOR, share=0.3
    )


def demand_too_much(system: System) -> None:
    """A test that production fails."""
    inputs = {
        "rule": "B006",
        "severity": "warning",
        "line": 1,
        "message": "Do not use mutable data structures for argument defaults",
        "file": "shop/cart.py",
        "first_line": 1,
        "code": "def collect(item, kept=[]):\n    kept.append(item)\n    return kept",
    }
    case = PromptTestCase(
        name="A default that is shared is made inside", inputs=inputs, assertions=(Contains(text="is None"),)
    )
    system.prompts.tests.add(FIX, case, actor=AUTHOR)
    run_tests(system)


def run_tests(system: System) -> None:
    """The tests of what is in production."""
    system.prompts.tests.run(FIX, actor=AUTHOR)


def _edit(system: System, name: str, more: str, note: str) -> int:
    content = system.prompts.catalog.prompt(name).content
    longer: Content = content.model_copy(update={"system": content.system.rstrip() + more})
    return system.prompts.library.edit(name, longer, note=note, actor=AUTHOR).version.number


def _test_until_answered(system: System, name: str, number: int) -> None:
    """As a person would, whose model is too busy now and then."""
    for _ in range(PATIENCE):
        if system.prompts.tests.run(name, version=number, actor=AUTHOR).passed:
            return


def _test_and_promote(system: System, name: str, number: int, reason: str) -> None:
    system.prompts.tests.run(name, version=number, actor=AUTHOR)
    system.prompts.library.label(name, PRODUCTION, number, reason=reason, actor=AUTHOR, override=True)
