"""A package with entry points, as an installer leaves it in a folder of the search path."""

from pathlib import Path


def install(folder: Path, name: str, files: dict[str, str], entry_points: dict[str, dict[str, str]]) -> Path:
    """Write modules and metadata; `entry_points` by group, then by name. Returns the folder."""
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir(exist_ok=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    groups = (f"[{group}]\n" + "".join(f"{n} = {v}\n" for n, v in each.items()) for group, each in entry_points.items())
    (metadata / "entry_points.txt").write_text("\n".join(groups))
    return folder
