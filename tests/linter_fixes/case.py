"""One fix: what stood there, what it puts there, and in which function."""

from dataclasses import dataclass
from textwrap import indent


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
