"""A command line that cannot be read, as one sentence that says what was probably meant."""

import typer


def sentence(error: typer.TyperException, *, for_program: bool) -> str:
    """What is wrong with the command line."""
    option = getattr(error, "option_name", None)
    if option:
        return f"No such option: {option}{_meant(error)}"
    describe = getattr(error, "format_message", None)
    said = str(describe() if describe else error)
    if for_program and "\n" in said:
        return "Which command? `sigma --help` lists them."
    return said


def wrong_field(error: typer.TyperException) -> dict[str, str] | None:
    """Which parameter is wrong and how, for a program."""
    parameter = getattr(error, "param", None)
    return {parameter.name: str(getattr(error, "message", "")) or "is missing"} if parameter else None


def _meant(error: typer.TyperException) -> str:
    alike: tuple[str, ...] = tuple(getattr(error, "possibilities", None) or ())
    if alike:
        return f". Did you mean {', '.join(f'{each!r}' for each in alike)}?"
    context: typer.Context | None = getattr(error, "ctx", None)
    if context is None or context.parent is None:
        return ". If a command takes it, it stands after the command."
    return f". `{context.command_path} --help` lists them."
