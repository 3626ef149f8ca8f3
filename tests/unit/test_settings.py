"""Settings: one table, readable errors, no secrets shown."""

from itertools import product
from pathlib import Path

import pytest

from sigma_core.addresses import plain
from sigma_core.errors import Invalid
from sigma_core.settings import load_settings, markdown_table

README = Path(__file__).parents[2] / "README.md"


def test_the_readme_holds_the_table_of_settings_as_it_is() -> None:
    assert markdown_table() in README.read_text()


def test_a_wrong_value_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SIGMA_PORT", "many")
    monkeypatch.setenv("SIGMA_SANDBOX", "strong")
    with pytest.raises(Invalid) as raised:
        load_settings(tmp_path)
    assert set(raised.value.fields) == {"SIGMA_PORT", "SIGMA_SANDBOX"}


def test_secrets_are_shown_only_as_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    monkeypatch.setenv("SIGMA_DATABASE_URL", "postgresql://me:hush@127.0.0.1/sigma")
    settings = load_settings(tmp_path)
    assert "sk-very" not in str(settings.shown()) + repr(settings)
    assert "hush" not in str(settings.shown()) + repr(settings)
    assert settings.database_location.endswith("hush@127.0.0.1/sigma")


WITH_SECRETS = {
    "SIGMA_DATABASE_URL": "postgresql://me:hush@127.0.0.1:5432/sigma?password=hush",
    "SIGMA_GRAPH_URL": "falkor://me:hush@[::1]:6379",
    "OPENAI_BASE_URL": "http://me:hush@127.0.0.1:8000/v1?key=hush",
    "SIGMA_MODELS": '{"small": {"base_url": "https://me:hush@127.0.0.1/v1", "api_key": "hush"}}',
}


def test_an_address_is_shown_without_what_opens_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in WITH_SECRETS.items():
        monkeypatch.setenv(name, value)
    settings = load_settings(tmp_path)
    shown = {str(each["name"]): each["value"] for each in settings.shown()}
    assert "hush" not in f"{shown} {settings!r}"
    assert shown["SIGMA_DATABASE_URL"] == "postgresql://127.0.0.1:5432/sigma"
    assert shown["SIGMA_GRAPH_URL"] == "falkor://[::1]:6379"
    assert shown["OPENAI_BASE_URL"] == "http://127.0.0.1:8000/v1"
    assert shown["SIGMA_MODELS"] == {"small": {"api_key": "(set)", "base_url": "https://127.0.0.1/v1"}}


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        *product(
            ["SIGMA_DATABASE_URL", "SIGMA_GRAPH_URL", "OPENAI_BASE_URL"],
            [
                "hush",
                "//hush",
                "gopher://me:hush@host",
                "://hush",
                "http://[hush",
                "postgresql://me:hush@host:port",
                "x:hush",
                "bolt://me:hush@host:99999999",
                "bolt://me:hush@host",
            ],
        ),
        # Its processes stand in different folders, and what is in memory is one process's alone
        ("SIGMA_DATABASE_URL", "sqlite://"),
        ("SIGMA_DATABASE_URL", "sqlite:///"),
        ("SIGMA_DATABASE_URL", "sqlite:////"),
        ("SIGMA_DATABASE_URL", "sqlite:///hush.db"),
        ("SIGMA_DATABASE_URL", "sqlite:///:memory:"),
        ("SIGMA_DATABASE_URL", "sqlite:////folder/sigma.db?mode=hush"),
        ("SIGMA_DATABASE_URL", "sqlite://hush//folder/sigma.db"),
        # Drivers that are made refuse these, and repeat them
        ("SIGMA_GRAPH_URL", "bolt://host?x=hush"),
        ("SIGMA_GRAPH_URL", "neo4j://host?hush"),
        ("SIGMA_GRAPH_URL", "neo4j://host?x=1&x=hush"),
        ("SIGMA_GRAPH_URL", "neo4j://host?address=hush"),
        ("SIGMA_GRAPH_URL", "falkor://host?x=hush"),
        ("SIGMA_GRAPH_URL", "redis://host?socket_timeout=hush"),
        ("SIGMA_GRAPH_URL", "unix:///socket?db=hush"),
        ("SIGMA_GRAPH_URL", "unix://hush/socket"),
    ],
)
def test_an_address_that_not_every_process_could_use_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, wrong: str
) -> None:
    monkeypatch.setenv(name, wrong)
    with pytest.raises(Invalid) as raised:
        load_settings(tmp_path)
    assert set(raised.value.fields) == {name}
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("SIGMA_DATABASE_URL", "sqlite:////folder/of its own/sigma.db"),
        ("SIGMA_DATABASE_URL", "postgresql:///sigma?host=/run/postgresql"),
        ("SIGMA_GRAPH_URL", "neo4j://host:7687?policy=eu&region=west"),
        ("SIGMA_GRAPH_URL", "unix:///run/falkordb.sock"),
    ],
)
def test_an_address_that_is_one_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, right: str
) -> None:
    monkeypatch.setenv(name, right)
    settings = load_settings(tmp_path)
    assert right in {plain(settings.database_url), plain(settings.graph_url)}


@pytest.mark.parametrize("name", ["what?", "50%41", "a#b"])
def test_a_home_that_an_address_cannot_name_is_refused_before_another_folder_is_opened(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(Invalid) as raised:
        load_settings(tmp_path / name / "home")
    assert set(raised.value.fields) == {"SIGMA_HOME"}
    assert list(tmp_path.iterdir()) == []
