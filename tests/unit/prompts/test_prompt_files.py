"""Export, import: whatever a prompt says, its file says it back."""

from pathlib import Path

import pytest
from fakes.prompt_library import FIX, content
from hypothesis import given, settings
from hypothesis import strategies as st

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.errors import Invalid
from sigma_core.prompts import files
from sigma_core.prompts.builtins import BuiltIns
from sigma_core.prompts.catalog import PromptCatalog
from sigma_core.prompts.content import Content
from sigma_core.prompts.files import PromptFile
from sigma_core.prompts.library import PromptLibrary
from sigma_core.prompts.test_cases import PromptTestCase
from sigma_core.prompts.transfer import PromptTransfer

CHARACTERS = st.characters(blacklist_categories=["Cs"], blacklist_characters="\0")
TEXTS = st.one_of(
    st.text(CHARACTERS, max_size=60),
    st.lists(
        st.sampled_from(
            ["--- user", "\\--- system", "+++", "{{code}}", '"""', "--- test x", "---", "\u202e", "\x7f", "\x85", "a\\"]
        ),
        max_size=8,
    ).map("\n".join),
)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
JSONS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(CHARACTERS, max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(CHARACTERS, max_size=8), inner, max_size=3),
    max_leaves=6,
)
VARIABLES = st.one_of(
    st.fixed_dictionaries({"description": st.text(CHARACTERS, max_size=40), "max_chars": st.integers(1, 1_000_000)}),
    st.fixed_dictionaries(
        {"type": st.just("number"), "required": st.just(False), "default": st.integers(0, 9), "minimum": st.just(0.0)}
    ),
    st.fixed_dictionaries({"type": st.just("json"), "required": st.just(False), "default": JSONS}),
    st.fixed_dictionaries(
        {"type": st.just("list"), "required": st.just(False), "default": st.lists(JSONS, max_size=2)}
    ),
    st.fixed_dictionaries(
        {"type": st.just("text"), "required": st.just(False), "default": st.text(CHARACTERS, max_size=20)}
    ),
)
CONTENTS = st.fixed_dictionaries(
    {
        "title": st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=30),
        "system": TEXTS,
        "user": TEXTS,
        "views": st.dictionaries(NAMES, TEXTS, max_size=3),
        "variables": st.dictionaries(NAMES, VARIABLES, max_size=3),
        "answer": st.dictionaries(st.just("title"), st.text(CHARACTERS, max_size=20), max_size=1),
        "max_output_tokens": st.integers(1, 32_000),
        "temperature": st.floats(0, 2),
    }
).map(Content.checked)
CASES = st.lists(
    st.builds(
        PromptTestCase,
        name=st.from_regex(r"\S(?:[^\r\n]{0,10}\S)?", fullmatch=True).filter(
            lambda name: "\0" not in name and name.isprintable()
        ),
        view=st.none() | NAMES,
        inputs=st.dictionaries(NAMES, JSONS, max_size=2),
        enabled=st.booleans(),
        assertions=st.just(()),
    ),
    max_size=2,
    unique_by=lambda case: case.name,
).map(tuple)
PROMPTS = st.builds(
    PromptFile,
    description=st.text(CHARACTERS, max_size=40),
    tags=st.lists(st.text(CHARACTERS, max_size=8), max_size=2).map(tuple),
    content=CONTENTS,
    cases=CASES,
)


@given(PROMPTS)
@settings(max_examples=200, deadline=None)
def test_what_is_written_is_read_back(prompt: PromptFile) -> None:
    written = files.write(prompt)
    assert files.read("x", written) == prompt
    assert files.write(files.read("x", written)) == written


@pytest.mark.parametrize("name", BuiltIns().names())
def test_each_built_in_file_survives_the_way_out_and_in(name: str) -> None:
    file = BuiltIns().file(name)
    assert files.read(name, files.write(file)) == file


@given(CONTENTS)
@settings(max_examples=50, deadline=None)
def test_what_the_store_keeps_is_what_was_given(content: Content) -> None:
    assert Content.model_validate(content.model_dump(mode="json")).digest == content.digest


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"+++\n+++\n",
        b"+++\ntitle = 1\n+++\n--- user\nx\n",
        b"+++\n[x\n+++\n",
        b"\xff",
        b"no prompt",
        b"+++\n+++\n--- user\nx\n--- user\ny\n",
        b"+++\n+++\n--- user\nx\n--- other\ny\n",
        b"+++\n+++\nhello\n--- user\nx\n",
        b"+++\n+++\n--- user\nx\n--- schema\n{\n",
        b'+++\n+++\n--- user\nx\n--- schema\n{"type": 3}\n',
        b"+++\n+++\n--- user\nx\n--- test t\n[]\n",
        b'+++\n[variables.a]\ntype = "list"\ndefault = "["\n+++\n--- user\n{{a}}\n',
    ],
)
def test_a_file_that_is_no_prompt_is_refused(file: bytes) -> None:
    with pytest.raises(Invalid):
        files.read("bad", file)


def test_export_and_import_move_a_prompt_to_another_store(
    database: Database, stored: PromptLibrary, catalog: PromptCatalog, tmp_path: Path
) -> None:
    porting = PromptTransfer(database, utc_now, stored, catalog)
    name, file = porting.write(FIX, 2)
    assert name == FIX
    saved = porting.read("dream/copy/mine", file, note="copied", actor="ann")
    assert saved.made
    assert porting.write("dream/copy/mine")[1] == file
    assert not porting.read("dream/copy/mine", file, note="again", actor="ann").made
    porting.write_all(tmp_path)
    assert {each.state for each in porting.drift(tmp_path)} == {"same"}
    stored.edit("dream/copy/mine", content("Later {{code}}"), actor="ann")
    (tmp_path / "dream" / "fix" / "mine.md").unlink()
    told = {each.name: (each.state, each.detail) for each in porting.drift(tmp_path)}
    assert told == {"dream/copy/mine": ("differs", "the file is v1, workers get v2"), FIX: ("only in store", "")}
