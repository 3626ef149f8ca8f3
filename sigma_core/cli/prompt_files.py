"""`sigma prompt export`, `import`, `drift`: prompts as files that a repository keeps."""

from pathlib import Path
from typing import Annotated

import typer

from sigma_core.cli.frame import actor, emit, system, table
from sigma_core.errors import Invalid


def export(
    name: Annotated[str | None, typer.Argument(help="One prompt; all if left out.")] = None,
    to: Annotated[Path | None, typer.Option(help="Folder for worker/type/name.md; one prompt goes to stdout.")] = None,
    version: Annotated[int | None, typer.Option(help="Its number; what workers get if left out.")] = None,
) -> None:
    """Write prompts as files: front matter, texts, schema, tests."""
    porting = system().prompts.transfer
    if name is None:
        if to is None:
            raise Invalid({"to": "needs a folder when all prompts are exported"})
        written = [str(path) for path in porting.write_all(to)]
        emit({"files": written}, written)
        return
    full_name, content = porting.write(name, version)
    if to is None:
        emit({"name": full_name, "file": content.decode()}, [content.decode().rstrip("\n")])
        return
    path = to / f"{full_name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    emit({"name": full_name, "files": [str(path)]}, [str(path)])


def import_(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders of worker/type/name.md.")],
    name: Annotated[str | None, typer.Option(help="Which prompt a single file is.")] = None,
    note: Annotated[str, typer.Option(help="What the new versions are about.")] = "imported",
) -> None:
    """Take files in: each becomes a version, unless it says what the newest says."""
    from sigma_core.prompts.transfer import sources

    porting = system().prompts.transfer
    done = [
        porting.read(key, path.read_bytes(), note=note, actor=actor()) for key, path in sources(paths, name).items()
    ]
    document = [
        {
            "name": each.template.full_name,
            "prompt_id": each.template.id,
            "version": each.version.number,
            "made": each.made,
        }
        for each in done
    ]
    rows = [(each.template.full_name, f"v{each.version.number}", "new" if each.made else "as it was") for each in done]
    emit({"prompts": document}, table(("prompt", "version", ""), rows) if rows else ["No prompt files."])


def drift(folder: Annotated[Path, typer.Argument(help="Folder of worker/type/name.md.")]) -> None:
    """Where files and store differ. Exits 1 if they do."""
    found = system().prompts.transfer.drift(folder)
    rows = [(each.name, each.state, f"v{each.version}" if each.version else None, each.detail) for each in found]
    differ = any(each.state != "same" for each in found)
    emit({"drift": [vars(each) for each in found], "same": not differ}, table(("prompt", "", "version", ""), rows))
    if differ:
        raise typer.Exit(1)
