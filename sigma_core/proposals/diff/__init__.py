"""Unified diffs, read strictly: what a program or a person hands in is checked before anything is done with it."""

from sigma_core.proposals.diff.change import DiffRefused, DoesNotApply, FileChange, Hunk, LineEdit, collide, split_lines
from sigma_core.proposals.diff.placing import apply, check
from sigma_core.proposals.diff.reading import parse
from sigma_core.proposals.diff.writing import digest, make, render

__all__ = [
    "DiffRefused",
    "DoesNotApply",
    "FileChange",
    "Hunk",
    "LineEdit",
    "apply",
    "check",
    "collide",
    "digest",
    "make",
    "parse",
    "render",
    "split_lines",
]
