"""Settings: one table, readable errors, no secrets shown."""

from pathlib import Path

import pytest

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
