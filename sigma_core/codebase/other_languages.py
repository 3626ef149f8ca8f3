"""Files in other languages than Python: which are read, and which files or packages their imports lead to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from posixpath import dirname, join, normpath

from sigma_core.codebase.import_scanners import go_imports, includes, java_imports, rust_modules, script_imports

Scan = Callable[[bytes], tuple[str, ...]]
MOST_BYTES = 1_000_000
"""Larger files are generated ones: they are known, and nothing of them is read."""
_SCRIPTS = (".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts")
_BUILT_IN = frozenset(
    (
        *("assert", "async_hooks", "buffer", "child_process", "cluster", "console", "constants", "crypto"),
        *("dgram", "diagnostics_channel", "dns", "domain", "events", "fs", "http", "http2", "https"),
        *("inspector", "module", "net", "os", "path", "perf_hooks", "process", "punycode", "querystring"),
        *("readline", "repl", "stream", "string_decoder", "sys", "test", "timers", "tls", "trace_events"),
        *("tty", "url", "util", "v8", "vm", "wasi", "worker_threads", "zlib"),
    )
)
"""Modules of Node.js itself."""
_VENDORED = ("node_modules/", "bower_components/", "third_party/", "vendor/")


@dataclass(frozen=True)
class Language:
    """How a file says what it imports. `ways`: where that may lie, the likeliest first; `package`: else whose it is."""

    scan: Scan
    ways: Callable[[str, str], Iterator[str]]
    package: Callable[[str], str | None] = lambda _: None

    def imports(self, source: bytes | None) -> tuple[str, ...]:
        """As the file writes them, each once."""
        return () if source is None or len(source) > MOST_BYTES else self.scan(source)


def language_of(path: str) -> Language | None:
    """The language of a file by its name; None for what is not read: others, what is minified or other people's."""
    if path.startswith(_VENDORED) or any(f"/{each}" in path for each in _VENDORED) or ".min." in path:
        return None
    return LANGUAGES.get(path[path.rfind(".") :] if "." in path else "")


def _script_ways(path: str, name: str) -> Iterator[str]:
    if not name.startswith("."):
        return
    target = _within(dirname(path), name)
    if target is None:
        return
    yield target
    # TypeScript names the file that will be made of it
    stem, dot, _ = target.rpartition(".")
    for each in dict.fromkeys((target, *([stem] if dot and target.endswith((".js", ".mjs", ".cjs", ".jsx")) else []))):
        yield from (f"{each}{suffix}" for suffix in _SCRIPTS)
    yield from (f"{target}/index{suffix}" for suffix in _SCRIPTS[:6])


def _script_package(name: str) -> str | None:
    """``react`` of react/jsx-runtime, ``@scope/name`` of a scope; None for Node.js's own and for aliases."""
    parts = name.split("/")
    if name.startswith("@"):
        return "/".join(parts[:2]) if len(parts) > 1 and len(parts[0]) > 1 else None
    plain = parts[0].replace("-", "").replace(".", "").replace("_", "")
    return parts[0] if plain.isalnum() and parts[0] not in _BUILT_IN else None


def _include_ways(path: str, name: str) -> Iterator[str]:
    for folder in (dirname(path), "", "include", "src", "lib"):
        if (target := _within(folder, name)) is not None:
            yield target


def _java_ways(_path: str, name: str) -> Iterator[str]:
    below = name.replace(".", "/")
    owner = below.rpartition("/")[0]
    for root in ("src/main/java/", "src/test/java/", "src/", ""):
        yield f"{root}{below}.java"
        yield f"{root}{owner}.java"


def _rust_ways(path: str, name: str) -> Iterator[str]:
    folder, file = dirname(path), path.rpartition("/")[2]
    inside = folder if file in ("mod.rs", "lib.rs", "main.rs") else join(folder, file.removesuffix(".rs"))
    yield join(inside, f"{name}.rs")
    yield join(inside, name, "mod.rs")


def _go_package(name: str) -> str | None:
    parts = name.split("/")
    return "/".join(parts[:3]) if "." in parts[0] else None


def _nowhere(_path: str, _name: str) -> Iterator[str]:
    return iter(())


def _within(folder: str, name: str) -> str | None:
    """A path of the tree; None for one that leads out of it."""
    path = normpath(join(folder, name))
    return None if path.startswith(("../", "/")) or path == ".." else path


_script = Language(script_imports, _script_ways, _script_package)
_c = Language(includes, _include_ways)
LANGUAGES = {
    **dict.fromkeys((".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts"), _script),
    **dict.fromkeys((".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx", ".m", ".mm"), _c),
    ".java": Language(java_imports, _java_ways),
    ".rs": Language(rust_modules, _rust_ways),
    ".go": Language(go_imports, _nowhere, _go_package),
}
"""By suffix."""
