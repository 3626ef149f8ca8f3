"""What other packages bring: what fits counts, what does not is left out and named, and nothing of ours ends."""

import itertools
from pathlib import Path

import pytest
from fakes.plugin_package import install

from sigma_core.errors import Cancelled, Unavailable
from sigma_core.exchange import registry as knowledge
from sigma_core.experiments import tunable_catalog as tunables
from sigma_core.issues.detectors import detect, rules_digest
from sigma_core.issues.detectors import registry as detectors
from sigma_core.issues.source import Skip
from sigma_core.plugins import PluginFailed, contained, states
from sigma_core.prompts.assertions import registry as assertions
from sigma_core.prompts.test_result import Reply
from sigma_core.proposals.fixers import registry as fixers
from sigma_core.strategies import registry as strategies

MODULES = itertools.count()
GROUPS = {
    "sigma.detectors": detectors,
    "sigma.fixers": fixers,
    "sigma.strategies": strategies,
    "sigma.knowledge": knowledge,
    "sigma.assertions": assertions,
    "sigma.tunables": tunables,
}
DETECTOR = """
from sigma_core.issues.detectors import Found, Look
from sigma_core.issues.tables import Severity

class Shouting:
    name, rules = "shouting", "loud 1"

    def look(self, sources):
        return Look([
            Found(detector=self.name, rule="shout", family="bug", severity=Severity.WARNING, file=path, line=number,
                  end_line=number, message="Somebody shouts")
            for path, source in sources.files.items()
            for number, line in enumerate(source.lines, 1) if "!!" in line
        ], {"lines": 3})
"""


@pytest.fixture
def bring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Installs a package with one module and one entry point; the module's name differs each time."""

    def installed(group: str, name: str, text: str, value: str) -> None:
        module = f"brought_{next(MODULES)}"
        folder = tmp_path / module
        folder.mkdir()
        install(folder, "brought", {f"{module}.py": text}, {group: {name: f"{module}{value}"}})
        monkeypatch.syspath_prepend(str(folder))

    return installed


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "a.py").write_text('"""A."""\nx = "hey!!"\n')
    return tmp_path / "tree"


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("raise SystemExit(3)", ":Thing"),
        ("def (:", ":Thing"),
        ("import no_such_module_at_all", ":Thing"),
        ("", ":Thing"),
        ("Thing = 3", ":Thing"),
        ("class Thing:\n    def __init__(self):\n        1 / 0", ":Thing"),
        ("class Thing:\n    name = 'another'", ":Thing"),
    ],
)
def test_what_cannot_be_loaded_is_left_out_and_named(bring, group: str, text: str, value: str) -> None:
    bring(group, "thing", text, value)
    ours = len(GROUPS[group].BUILT_IN)
    found = GROUPS[group].installed()
    counted = (*fixers.BUILT_IN, *found.things) if group == "sigma.fixers" else found
    assert len([each for each in counted if "Broken" not in type(each).__name__]) == ours
    [state] = [each for each in states() if each.group == group]
    assert state.package == "brought 1.0"
    assert state.error


def test_a_name_of_ours_is_not_given_away(bring) -> None:
    for group, name in (("sigma.detectors", "ruff"), ("sigma.detectors", "files"), ("sigma.fixers", "linter_safe")):
        bring(group, name, f"class Thing:\n    name, rules = {name!r}, ('x',)\n    look = fix = print", ":Thing")
        GROUPS[group].installed()
        assert "taken" in str(states()[-1].error)


TUNABLE = """
from sigma_core.experiments.tunables import Tunable

Thing = Tunable("analysis.anomaly_detection.contamination", "How much is odd.", 0.1, "analysis", ("used",), 0.01, 0.3)
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("", "", None),
        ("anomaly_detection", "nonsense", "is not worker.strategy.parameter"),
        ("0.1,", "0.2,", "is not the strategy's own"),
        ("'used'", "'accepted'", "by which strategies are judged"),
        ("analysis.anomaly_detection.contamination", "recall.chosen", "there is a tunable"),
    ],
)
def test_a_tunable_of_another_package_is_a_parameter_that_somebody_reads(bring, old: str, new: str, said: str) -> None:
    text = TUNABLE.replace('"used"', "'used'")
    bring("sigma.tunables", "thing", text.replace(old, new, 1) if old else text, ":Thing")
    added = len(list(tunables.installed())) - len(tunables.BUILT_IN)
    assert added == (said is None)
    [state] = [each for each in states() if each.group == "sigma.tunables"]
    assert (said or "") in str(state.error)
    if said is None:
        found = dict(tunables.strategy_parameters("analysis", "anomaly_detection"))
        assert found["contamination"].default == 0.1


def test_a_detector_of_another_package_finds_and_changes_the_digest(bring, tree: Path) -> None:
    before = rules_digest()
    bring("sigma.detectors", "shouting", DETECTOR, ":Shouting")
    assert rules_digest() != before
    [found] = [each for each in detect(tree).found if each.rule == "shout"]
    assert (found.detector, found.line, bool(found.fingerprint)) == ("shouting", 2, True)
    assert detect(tree).figures["shouting"] == {"lines": 3}
    assert detect(tree).figures["lines"] == 2


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (('"shout", family', '"s" * 99, family'), "rule is not a text of 1 to 80"),
        (("file=path", 'file="elsewhere.py"'), "file is not among those"),
        (("line=number", "line=number + 7"), "line is not in 1 to"),
        (("Severity.WARNING", '"bad"'), "severity is not a Severity"),
        (("Somebody shouts", "a\\0b"), "message is not a text"),
        (('{"lines": 3}', '{"lines": float("nan")}'), "not JSON compliant"),
        (("return Look", "raise SystemExit"), "SystemExit"),
        (("return Look", "1 / 0; return Look"), "ZeroDivisionError"),
        (("return Look(", "return list("), "the detector shouting failed"),
    ],
)
def test_what_a_detector_says_is_checked(bring, tree: Path, changed: tuple[str, str], said: str) -> None:
    bring("sigma.detectors", "shouting", DETECTOR.replace(*changed), ":Shouting")
    detection = detect(tree)
    assert said in detection.left_out["shouting"]
    assert detection.figures["left_out"] == detection.left_out
    assert detection.figures["durations_ms"].keys() == {"ruff", "complexity", "dead_code", "copied_code"}
    assert Skip.SYNTAX not in detection.skipped.values()


FIXER = """
from sigma_core.proposals.fixers.base import Fixed

class Quiet:
    name, rules = "quiet", ("shout",)

    def fix(self, issue, read, context=()):
        return Fixed("diff", "Say it quietly", "Why.", {confidence}, "somebody else")
"""


def test_a_fix_of_another_package_bears_its_name_and_is_checked(bring) -> None:
    bring("sigma.fixers", "quiet", FIXER.format(confidence=0.5), ":Quiet")
    [fixer] = fixers.installed().things
    assert (fixer.rules, fixer.fix(None, None).fixer) == (("shout",), "quiet")
    bring("sigma.fixers", "quiet", FIXER.format(confidence=float("5")), ":Quiet")
    with pytest.raises(PluginFailed, match="confidence: is not in 0 to 1"):
        fixers.installed().things[-1].fix(None, None)


ASSERTION = """
from typing import Literal
from sigma_core.prompts.assertions.base import Assertion

class Short(Assertion):
    kind: Literal["short"] = "short"
    def check(self, reply):
        {does}
"""


def test_an_assertion_that_raises_does_not_hold(bring) -> None:
    does = "return None if len(reply.text) < 4 else 'is long'"
    bring("sigma.assertions", "short", ASSERTION.format(does=does), ":Short")
    short = assertions.installed()[-1]()
    assert [assertions.problem(short, Reply(text)) for text in ("abc", "abcd")] == [None, "is long"]
    bring("sigma.assertions", "short", ASSERTION.format(does="raise KeyError('x')"), ":Short")
    assert "the assertion short failed: KeyError" in str(assertions.problem(assertions.installed()[-1](), Reply("abc")))


def test_an_assertion_whose_package_is_gone_is_kept_and_does_not_hold() -> None:
    from sigma_core.prompts.results import case
    from sigma_core.prompts.tables import PromptTest

    stored = [{"kind": "short", "most": 4}, {"kind": "contains", "text": "a"}]
    read = case(PromptTest(template_id=1, name="a", view=None, inputs={}, assertions=stored, enabled=True))
    assert read.stored()["assertions"] == stored
    assert "'short', which no installed package brings" in str(assertions.problem(read.assertions[0], Reply("a")))


def test_a_stop_is_no_failure_of_a_plug_in() -> None:
    with pytest.raises(Cancelled), contained("it"):
        raise Cancelled("Stop.")
    with pytest.raises(KeyboardInterrupt), contained("it"):
        raise KeyboardInterrupt
    with pytest.raises(PluginFailed, match="it failed: Away"), contained("it"):
        raise Unavailable("Away.")
