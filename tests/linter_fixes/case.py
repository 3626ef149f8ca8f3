"""One fix: what stood there, what it puts there, and in which function."""

import re
from dataclasses import dataclass, replace
from textwrap import indent
from typing import Any


@dataclass(frozen=True)
class Case:
    """A function that works out `found`. `calls` are its arguments and, where a test looks at it, what it finds."""

    rule: str
    differs: str
    """The input on which old and new are not the same; empty where there is none that is ever given."""
    parameters: str
    before: str
    after: str
    calls: tuple[tuple[str, str], ...]
    new_parameters: str = ""
    """Where the fix changes those as well."""

    @property
    def name(self) -> str:
        """Of its function."""
        return f"fixed_{re.sub(r'[^a-z0-9]+', '_', self.rule.lower())}"

    @property
    def fixed(self) -> "Case":
        """What stands there afterwards."""
        return replace(self, before=self.after, parameters=self.new_parameters or self.parameters)

    def function(self, name: str, *, checked: bool) -> str:
        """With `found` returned, or only kept where no test looks."""
        ending = "return found" if checked else 'KEPT.append(found)\nreturn "done"'
        body = indent(f"{self.before}\n{ending}", "    ")
        return f"def {name}({self.parameters}):\n{body}\n"

    def tests(self, name: str, *, checked: bool) -> str:
        """One of each call: of what it finds, or only that it comes to its end."""
        wanted = [(given, found if checked else "'done'") for given, found in self.calls]
        bodies = [f"    assert many.{name}({given}) == {value}\n" for given, value in wanted]
        return "\n\n".join(f"def test_{name}_{n}():\n{body}" for n, body in enumerate(bodies))


def weak(
    rule: str, differs: str, parameters: str, before: str, after: str, given: tuple[str, ...], new_parameters: str = ""
) -> Case:
    """A fix whose tests look at what is found, with arguments for which it changes nothing."""
    case = Case(rule, differs, parameters, before, after, (), new_parameters)
    space: dict[str, Any] = {}
    exec(f"import warnings\nwarnings.simplefilter('ignore')\n{case.function('found', checked=True)}", space)
    return replace(case, calls=tuple((each, repr(eval(f"found({each})", space))) for each in given))
