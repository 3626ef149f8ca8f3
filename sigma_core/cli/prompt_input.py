"""What is given to `sigma prompt …` in files and as name=value."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from sigma_core.errors import Invalid

if TYPE_CHECKING:
    from sigma_core.prompts.content import Content
    from sigma_core.prompts.template import Prompt


def read_text(path: Path | None, otherwise: str) -> str:
    """A file's text, of - what comes in; `otherwise` without a file. Raises `Invalid`."""
    if path is None:
        return otherwise
    try:
        data = typer.get_binary_stream("stdin").read() if str(path) == "-" else path.read_bytes()
        return data.decode()
    except OSError as error:
        raise Invalid({str(path): f"cannot be read: {error.strerror}"}) from None
    except UnicodeDecodeError:
        raise Invalid({str(path): "is not UTF-8 text"}) from None


def read_json(path: Path, field: str) -> Any:  # noqa: ANN401 (any JSON)
    """A file's JSON. Raises `Invalid` naming the field."""
    try:
        return json.loads(read_text(path, ""))
    except (ValueError, RecursionError) as error:
        raise Invalid({field: f"is not JSON: {error}"}) from None


def content_of(base: dict[str, Any], texts: dict[str, str], schema: Path | None, variables: Path | None) -> "Content":
    """The base with new texts; the variables are those that occur, as known from a file or the base."""
    from sigma_core.prompts.content import Content, declared
    from sigma_core.prompts.variables import Variable

    answer = {"answer": read_json(schema, "schema")} if schema else {}
    merged = {**base, **texts, **answer}
    if variables is not None:
        return Content.checked({**merged, "variables": read_json(variables, "variables")})
    known = {key: Variable.model_validate(each) for key, each in base.get("variables", {}).items()}
    whole = "\n".join((texts["system"], texts["user"]))
    return Content.checked({**merged, "variables": declared(whole, known)})


def values_of(prompt: "Prompt", given: list[str]) -> dict[str, object]:
    """Values as their variables' types want them: text as it is, everything else as JSON."""
    values: dict[str, object] = {}
    wrong: dict[str, str] = {}
    for each in given:
        name, equals, text = each.partition("=")
        variable = prompt.content.variables.get(name)
        if not equals:
            wrong[each] = "is not name=value"
        elif variable is None or variable.type == "text":
            values[name] = text
        else:
            try:
                values[name] = json.loads(text)
            except (ValueError, RecursionError):
                wrong[name] = f"is not JSON, as a {variable.type} has to be"
    if wrong:
        raise Invalid(wrong)
    return values
