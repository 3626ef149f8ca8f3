"""What files in other languages import, and what projects say that they depend on."""

import pytest

from sigma_core.codebase.import_scanners import go_imports, includes, java_imports, rust_modules, script_imports
from sigma_core.codebase.metadata import Dependency, dependencies, is_metadata
from sigma_core.codebase.module_source import ModuleSource
from sigma_core.codebase.other_facts import bounds_of, is_other
from sigma_core.codebase.tree_state import ParsedFiles, read_afresh

SCRIPT = rb"""
import React, { useState } from 'react';
import './side-effect.css';
import type { Cart } from "../cart/model.js";
export * from './all';
export const from = "not this";
const fs = require('fs'), lodash = require("lodash/fp");
const lazy = () => import('@scope/pkg/deep');
// import 'commented';
/* require('commented') */
const text = "import 'quoted'", other = `require('template')`, { from: "property" };
Array.from('x'); obj.require('y'); require(name); importScripts('z');
"""


def test_imports_of_scripts() -> None:
    assert script_imports(SCRIPT) == (
        *("react", "./side-effect.css", "../cart/model.js", "./all", "fs", "lodash/fp", "@scope/pkg/deep"),
    )


def test_imports_of_other_languages() -> None:
    assert includes(b'#include "a.h"\n  # include <b/c.h>\n// #include "no.h"\n/*\n#include "no.h"\n*/\n') == (
        "a.h",
        "b/c.h",
    )
    assert java_imports(b"package a;\nimport a.b.C;\nimport static a.D.e;\n// import no;\n") == ("a.b.C", "a.D.e")
    assert rust_modules(b"mod a;\npub(crate) mod b;\nmod c { }\n// mod no;\n") == ("a", "b")
    assert go_imports(b'import "fmt"\nimport (\n\tx "github.com/a/b/c" // why\n\t"os"\n)\n') == (
        *("fmt", "github.com/a/b/c", "os"),
    )


@pytest.mark.parametrize("scan", [script_imports, includes, java_imports, rust_modules, go_imports])
@pytest.mark.parametrize(
    "text", [b"/*", b'"', b"'", b"`", b"(", b"import ", b'import("', b'#include "', b"\x00\xff", b"mod a"]
)
def test_hostile_text_takes_time_in_step_with_its_length(scan: object, text: bytes) -> None:
    """What took the square of its length would not come to an end here."""
    scan(text * 200_000)


FILES = {
    "web/app.ts": b"import { a } from './lib/util';\nimport './lib/util.js';\nimport 'react/jsx';\nimport '@/alias';\n",
    "web/lib/util.ts": b"import index from '..';\n",
    "web/index.js": b"",
    "src/main.c": b'#include "util.h"\n#include <stdio.h>\n#include "gone.h"\n',
    "include/util.h": b"",
    "src/main/java/a/b/C.java": b"import a.b.D;\nimport static a.b.D.e;\n",
    "src/main/java/a/b/D.java": b"",
    "rust/main.rs": b"mod util;\n",
    "rust/util/mod.rs": b"",
    "go/main.go": b'import "github.com/a/b/c"\nimport "fmt"\n',
    "node_modules/x/index.js": b"import 'never'",
    "web/app.min.js": b"import 'never'",
    "web/large.js": b"import 'react';\n" * 100_000,
}


def facts(files: dict[str, bytes]) -> set[tuple[str, str, str]]:
    state = read_afresh({path: path for path in files}, ParsedFiles(files.get), {})
    found = {fact for said in state.facts.values() for fact in said}
    return {
        (fact.subject.file or fact.subject.kind, fact.predicate, fact.object.file or fact.object.name) for fact in found
    }


def test_files_import_files_and_packages() -> None:
    told = facts(FILES)
    assert {(one, other) for one, predicate, other in told if predicate == "IMPORTS"} == {
        ("web/app.ts", "web/lib/util.ts"),
        ("web/app.ts", "react"),
        ("web/lib/util.ts", "web/index.js"),
        ("src/main.c", "include/util.h"),
        ("src/main/java/a/b/C.java", "src/main/java/a/b/D.java"),
        ("rust/main.rs", "rust/util/mod.rs"),
        ("go/main.go", "github.com/a/b"),
    }
    defined = {other for _, predicate, other in told if predicate == "DEFINES"}
    assert defined == {path for path in FILES if is_other(path)}
    assert "web/large.js" in defined
    assert "node_modules/x/index.js" not in defined


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        (
            "pyproject.toml",
            """
[project]
dependencies = ["Flask_Login[x] >=2, <3; python_version > '3'", "requests (>=1)", "it @ https://a/b#c", 3]
[project.optional-dependencies]
docs = ["sphinx"]
[dependency-groups]
dev = ["pytest>=8", {include-group = "docs"}]
[tool.poetry.dependencies]
python = "^3.11"
numpy = "^1 || ^2"
pandas = {version = "~2", optional = true}
[tool.poetry.group.lint.dependencies]
ruff = "*"
[tool.pdm.dev-dependencies]
test = ["pdm-test>=1"]
[tool.uv]
dev-dependencies = ["uv-test"]
[tool.hatch.envs.default]
dependencies = ["hatch-test"]
""",
            [
                Dependency("flask-login", ">=2,<3"),
                Dependency("requests", ">=1"),
                Dependency("it"),
                Dependency("sphinx", "", "docs"),
                Dependency("pytest", ">=8", "dev"),
                Dependency("numpy", "^1 || ^2"),
                Dependency("pandas", "~2"),
                Dependency("ruff", "*", "lint"),
                Dependency("uv-test", "", "dev"),
                Dependency("pdm-test", ">=1", "test"),
                Dependency("hatch-test", "", "default"),
            ],
        ),
        (
            "lib/setup.cfg",
            "[options]\ninstall_requires =\n  attrs>=20\n  # no\n[options.extras_require]\ntests = pytest\n",
            [Dependency("attrs", ">=20"), Dependency("pytest", "", "tests")],
        ),
        (
            "requirements/dev.txt",
            "-r base.txt\n# no\nA.B==1.0 --hash=sha256:0\n./local\nhttps://x/y\nc\n",
            [Dependency("a-b", "==1.0"), Dependency("c")],
        ),
        (
            "package.json",
            '{"dependencies": {"react": "^18"}, "devDependencies": {"jest": {"odd": 1}}}',
            [Dependency("react", "^18"), Dependency("jest", "", "dev")],
        ),
        ("pyproject.toml", "[project\n", []),
        ("pyproject.toml", "a = " + "[" * 50_000, []),
        ("setup.cfg", "no section\n", []),
        ("package.json", "[" * 100_000, []),
        ("package.json", "[1]", []),
    ],
)
def test_dependencies_with_their_bounds(path: str, text: str, told: list[Dependency]) -> None:
    assert is_metadata(path)
    assert list(dependencies(path, text.encode())) == told


def test_bounds_and_groups_come_back_from_what_a_fact_says() -> None:
    assert bounds_of("^1 || ^2|dev") == ("^1 || ^2", "dev")
    assert bounds_of("|") == ("", "")


def test_a_file_that_is_not_text_depends_on_nothing() -> None:
    assert dependencies("requirements.txt", b"\xff\xfe") == ()
    assert not is_metadata("README.txt")
    assert ModuleSource()
