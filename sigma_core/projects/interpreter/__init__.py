"""Which Python a project's code runs with, and what is installed there; found without running project code."""

from sigma_core.projects.interpreter.imports import advice, missing_imports, project_texts
from sigma_core.projects.interpreter.model import Interpreter
from sigma_core.projects.interpreter.search import find_interpreter, system_interpreter

__all__ = ["Interpreter", "advice", "find_interpreter", "missing_imports", "project_texts", "system_interpreter"]
