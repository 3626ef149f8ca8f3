"""Long lists on the command line: how much of one is shown, and how to see the rest."""

from collections.abc import Iterator
from typing import Annotated

import typer

from sigma_core.identity import MAX_ID

Offset = Annotated[int, typer.Option(min=0, max=MAX_ID, help="Leave out so many of the first.")]


def rest(shown: int, offset: int, total: int) -> Iterator[str]:
    """What is not shown of a list, where something is not."""
    if offset + shown < total:
        yield f"{offset + 1} to {offset + shown} of {total}; go on with --offset {offset + shown}"
