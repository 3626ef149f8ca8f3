"""Dangerous calls on added lines."""

import ast
from collections.abc import Iterator

from sigma_core.proposals.verification.patch import ChangedFile
from sigma_core.proposals.verification.syntax import Unreadable, nodes_of

_CALLS = {"eval", "exec", "compile", "__import__"}
_MODULES = {"subprocess", "pickle", "marshal", "shelve", "dill", "ctypes", "socket", "ftplib", "telnetlib"}
_DOTTED = {
    "os.system",
    "os.popen",
    "os.execv",
    "os.execve",
    "os.execvp",
    "os.spawnv",
    "os.chmod",
    "yaml.load",
    "yaml.unsafe_load",
    "tempfile.mktemp",
    "hashlib.md5",
    "hashlib.sha1",
    "shutil.rmtree",
    "urllib.request.urlopen",
    "ssl._create_unverified_context",
}
_SQL = {"execute", "executemany", "executescript", "raw"}
_BUILT = (ast.JoinedStr, ast.BinOp)


def sinks(file: ChangedFile) -> Iterator[str]:
    """``file:line: call`` for each dangerous call that begins on an added line."""
    if not file.is_python or file.after is None:
        return
    try:
        nodes = nodes_of(file.after)
    except Unreadable:
        return
    added = set(file.added_lines)
    for node in nodes:
        if isinstance(node, ast.Call) and node.lineno in added and (name := _danger(node)):
            yield f"{file.path}:{node.lineno}: {name}"


def _danger(call: ast.Call) -> str | None:
    name = ast.unparse(call.func)
    if any(each.arg == "shell" and _true(each.value) for each in call.keywords):
        return f"{name}(shell=True)"
    if any(each.arg == "verify" and _false(each.value) for each in call.keywords):
        return f"{name}(verify=False)"
    if name in _CALLS or name in _DOTTED or name.split(".", 1)[0] in _MODULES:
        return f"{name}()"
    if name.rpartition(".")[2] in _SQL and call.args and _is_built(call.args[0]):
        return f"{name}() with a query built from parts"
    return None


def _is_built(query: ast.expr) -> bool:
    formatted = isinstance(query, ast.Call) and ast.unparse(query.func).endswith(".format")
    return isinstance(query, _BUILT) or formatted


def _true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False
