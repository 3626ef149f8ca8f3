"""The linter: ruff with our choice of rules, and with the project's own.

Both lenses look at the same files. What only the project's configuration reports is a finding, too. What only ours
reports although the project has a configuration for that file (the rule is ignored there, or not among those it
selected, or the file is excluded) is kept, its message says so, and unless it is an error it is one step less severe;
how imports are sorted is the project's alone to say, where it has a configuration.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from sigma_core.issues.detectors.model import Look
from sigma_core.issues.detectors.pinned_ruff import pinned_ruff
from sigma_core.issues.detectors.ruff_config import Configured, configured, sections_of
from sigma_core.issues.detectors.ruff_fallback import usable_options
from sigma_core.issues.detectors.ruff_process import RuffFailed, is_ours, is_younger, ruff_version, run_ruff
from sigma_core.issues.detectors.ruff_required import for_any_version
from sigma_core.issues.detectors.ruff_rules import IGNORED, OFF_IN_TESTS, SELECTED, linter, meaning
from sigma_core.issues.detectors.target_version import by_target, target_version
from sigma_core.issues.finding import Edit, Fix, Found, RuleChoice
from sigma_core.issues.source import Sources
from sigma_core.issues.tables import Severity

SYNTAX_ERROR = "syntax-error"
LEFT_OUT = " (the project's ruff configuration leaves this out)"
_NO_RULE = frozenset({"E902"})
"""Reports about files that could not be read."""
_LAYOUT = frozenset({"I001"})
_THEIRS = ("--force-exclude",)
"""With the configuration that ruff finds."""
_TEST_FILE = re.compile(r"^(test_.*|.*_tests?|conftest)\.pyi?$")
_MAX_MESSAGE = 1900

Key = tuple[str, str, int, int]
Lenses = tuple[dict[Key, Found], dict[Key, Found]]


@dataclass(frozen=True)
class RuffDetector:
    """`selected` and `ignored` are ruff's rule codes or beginnings of them."""

    selected: tuple[str, ...] = SELECTED
    ignored: tuple[str, ...] = IGNORED
    name: str = "ruff"

    @property
    def rules(self) -> str:
        return f"ruff {ruff_version()} {','.join(self.selected)} -{','.join(self.ignored)}"

    def look(self, sources: Sources) -> Look:
        target = target_version(sources.root)
        ours = self.by_our_rules(sources)
        config, (theirs, beyond), refused = self._by_their_rules(sources)
        pinned = pinned_ruff(sources.root)
        if pinned and not is_ours(pinned):
            theirs = {key: each for key, each in theirs.items() if not _is_later(each, config, pinned)}
        covered = frozenset(config.ignored)
        found = {key: each for key, each in ours.items() if each.file not in covered}
        for key, each in ours.items():
            if each.file in covered and each.rule not in _LAYOUT:
                seen = key in beyond and not config.ignores(each.file, each.rule)
                choice = RuleChoice.UNSELECTED if seen else RuleChoice.IGNORED
                # With the project's settings (its oldest Python, its quotes) the edit fits better
                found[key] = _left_out(beyond.get(key, each), choice)
        found |= {key: replace(each, choice=RuleChoice.SELECTED) for key, each in theirs.items()}
        figures = {
            "target_version": target,
            "own_configuration": len(covered),
            "unusable_configuration": config.unusable,
            "refused_configuration": refused,
            "pinned": pinned,
        }
        return Look(list(found.values()), {"ruff": figures})

    def _by_their_rules(self, sources: Sources) -> tuple[Configured, Lenses, list[str]]:
        """What the project's configuration finds, and what it finds with our rules beside its own.

        Of a configuration that ruff refuses only a part counts; the complaints come last.
        """
        config = configured(sources)
        try:
            return config, self._lenses(sources, _THEIRS, config.files), []
        except RuffFailed:
            return self._one_by_one(sources, config)

    def _one_by_one(self, sources: Sources, config: Configured) -> tuple[Configured, Lenses, list[str]]:
        theirs, beyond, refused = dict[Key, Found](), dict[Key, Found](), list[str]()
        for place, files in config.by_place.items():
            name = place.relative_to(sources.root)
            try:
                with for_any_version(place, sources.root) as options:
                    found = self._lenses(sources, (*options, *_THEIRS), files)
            except RuffFailed as error:
                refused.append(f"{name.as_posix()}: {error}")
                part = usable_options(PurePosixPath(name.parent), sections_of(place, sources.root))
                found = self._lenses(sources, part, files)
            theirs |= found[0]
            beyond |= found[1]
        return config, (theirs, beyond), refused

    def _lenses(self, sources: Sources, options: Sequence[str], files: Sequence[str]) -> Lenses:
        theirs = self._findings(sources, options, files)
        return theirs, self._findings(sources, [*options, "--extend-select", ",".join(self.selected)], files)

    def by_our_rules(self, sources: Sources) -> dict[Key, Found]:
        """What is found whatever the project configured."""
        options = ["--isolated", "--select", ",".join(self.selected), "--ignore", ",".join(self.ignored)]
        found = self._findings(sources, options, list(sources.files))
        return {key: f for key, f in found.items() if not (linter(f.rule) == OFF_IN_TESTS and is_test(f.file))}

    def _findings(self, sources: Sources, options: Sequence[str], files: Sequence[str]) -> dict[Key, Found]:
        found: dict[Key, Found] = {}
        broken: set[str] = set()
        for record in self._records(sources.root, options, files):
            finding = self._finding(record, sources.root)
            if record["code"] in _NO_RULE or finding.file in broken:
                continue
            # one report a file that does not parse: the others follow from it
            broken |= {finding.file} if finding.rule == SYNTAX_ERROR else set()
            found[finding.rule, finding.file, finding.line, finding.column] = finding
        return found

    @staticmethod
    def _records(root: Path, options: Sequence[str], files: Sequence[str]) -> Iterator[dict[str, Any]]:
        """What ruff says, each file asked for the oldest Python that its project supports."""
        for target, some in by_target(root, files).items():
            yield from run_ruff(root, [*options, *(("--target-version", target) if target else ())], some)

    def _finding(self, record: dict[str, Any], root: Path) -> Found:
        code = record["code"]
        family, severity = meaning(code)
        start, end = record["location"], record["end_location"]
        return Found(
            detector=self.name,
            rule=SYNTAX_ERROR if code == "invalid-syntax" else code,
            family=family,
            severity=severity,
            file=Path(record["filename"]).relative_to(root).as_posix(),
            line=start["row"],
            end_line=max(start["row"], end["row"] - (end["column"] == 1)),
            message=record["message"][:_MAX_MESSAGE],
            column=start["column"],
            fix=fix_of(record["fix"]),
            called=(record["name"] or "").replace("-", " "),
        )


def is_test(path: str) -> bool:
    """Is this a file of tests, by name or folder?"""
    place = PurePosixPath(path)
    return bool({"test", "tests", "testing"} & set(place.parts[:-1]) or _TEST_FILE.match(place.name))


def fix_of(fix: Mapping[str, Any] | None) -> Fix | None:
    """The edits that ruff offers with a finding, if it does."""
    if fix is None or fix["applicability"] not in {"safe", "unsafe"}:
        return None
    return Fix(fix["applicability"], tuple(sorted(_edits(fix["edits"]))), fix["message"] or "")


def _edits(edits: Iterable[dict[str, Any]]) -> Iterable[Edit]:
    for edit in edits:
        start, end = edit["location"], edit["end_location"]
        yield Edit(start["row"], start["column"], end["row"], end["column"], edit["content"])


def _is_later(finding: Found, config: Configured, pinned: str) -> bool:
    """Whether the project's own ruff would not have it: by its default rules, or as it has no such rule."""
    return config.relies_on_default(finding.file, finding.rule) or is_younger(finding.rule, pinned)


def _left_out(finding: Found, choice: RuleChoice) -> Found:
    """One step less severe, but for an error that the project did not ask for and does not ignore: it stays one."""
    keeps = choice is RuleChoice.UNSELECTED and finding.severity.rank >= Severity.ERROR.rank
    severity = finding.severity if keeps else list(Severity)[max(0, finding.severity.rank - 1)]
    return replace(finding, severity=severity, message=finding.message + LEFT_OUT, choice=choice)
