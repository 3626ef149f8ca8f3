"""All settings in one frozen object; every field works unset.

Fields read `SIGMA_<NAME>` from the environment, the model's three read the names the `openai` package knows.
"""

import sys
from pathlib import Path
from typing import Literal

import pydantic
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from sigma_core.addresses import DatabaseUrl, GraphUrl, MailUrl, ModelUrl, shown
from sigma_core.errors import Invalid

ENVIRONMENT_NAMES = {"openai_api_key": "OPENAI_API_KEY", "openai_base_url": "OPENAI_BASE_URL"}


class NamedModel(BaseModel):
    """A model of a server. What is left out is as for `SIGMA_MODEL`."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    model: str | None = Field(None, min_length=1, max_length=120, description="As the server calls it; unset: as here.")
    base_url: ModelUrl | None = None
    api_key: SecretStr | None = None
    provider: str | None = Field(None, description="Whose prices hold, as the price list names it: openai, mistral.")
    timeout_s: float | None = Field(None, gt=0, le=3600)
    concurrency: int | None = Field(None, ge=1, le=64)


class Settings(BaseSettings):
    """What an operator can set. Secrets are `SecretStr`: they never reach a log or a page."""

    model_config = SettingsConfigDict(env_prefix="SIGMA_", frozen=True, extra="ignore")

    home: Path = Field(description="Folder of the database, clones and logs.")
    database_url: DatabaseUrl | None = Field(
        None, description="PostgreSQL, as postgresql://user:password@host/name. Unset: SQLite in the home."
    )
    graph_url: GraphUrl | None = Field(
        None, description="Graph server: bolt://, neo4j:// or falkor://. Unset: an embedded one in the home."
    )
    graph_user: str | None = Field(None, description="User of the graph server.")
    graph_password: SecretStr | None = Field(None, description="Password of the graph server.")
    host: str = Field(
        "127.0.0.1",
        description="Address the console listens on. Another than of this machine alone needs `SIGMA_OIDC_ISSUER` and "
        "`SIGMA_API_TOKEN`.",
    )
    port: int = Field(8501, ge=1, le=65535, description="Port of the console; the next free one if taken.")
    allowed_hosts: str | None = Field(
        None, description="Further names by which browsers reach the console, with commas between: behind a proxy."
    )
    api_token: SecretStr | None = Field(
        None,
        description="What the API asks for: `name:viewer:secret` or `name:operator:secret`, with commas between; a "
        "secret alone is an operator's. At least 16 characters each. Unset: whoever works on this machine.",
    )
    public_url: ModelUrl | None = Field(
        None,
        description="Address at which browsers reach the console, as https://sigma.example.org; where people sign in "
        "they are sent back there. Unset: host and port.",
    )
    oidc_issuer: ModelUrl | None = Field(
        None,
        description="OpenID Connect provider by which people sign in to the console, as https://login.example.org. "
        "Unset: nobody signs in.",
    )
    oidc_client_id: str | None = Field(None, min_length=1, description="What the provider calls this console.")
    oidc_client_secret: SecretStr | None = Field(None, description="The console's secret at the provider.")
    oidc_operators: str | None = Field(
        None,
        description="Who may act: e-mail addresses that the provider has verified, or values of the claim "
        "`SIGMA_OIDC_CLAIM`, with commas between.",
    )
    oidc_viewers: str | None = Field(None, description="Who may look, said in the same way.")
    oidc_claim: str = Field("groups", min_length=1, description="Claim whose values stand for roles.")
    oidc_hours: float = Field(12, gt=0, le=720, description="Hours after which people sign in once more.")
    smtp_url: MailUrl | None = Field(
        None,
        description="Mail server for notifications: smtps://user:password@host, or smtp:// with STARTTLS.",
    )
    mail_from: str | None = Field(None, description="Who notifications come from.")
    mail_to: str | None = Field(None, description="Who gets them by mail, with commas between.")
    webhook_url: ModelUrl | None = Field(
        None, description="Address that notifications are posted to as JSON; https, but on this machine alone."
    )
    webhook_secret: SecretStr | None = Field(
        None, min_length=16, description="What they are signed with (HMAC with SHA-256); 16 characters at least."
    )
    openai_api_key: SecretStr | None = Field(
        None, validation_alias="OPENAI_API_KEY", description="Key of the model server."
    )
    openai_base_url: ModelUrl | None = Field(
        None, validation_alias="OPENAI_BASE_URL", description="Address of an OpenAI-compatible model server."
    )
    model: str | None = Field(
        None, description="Name of the model to ask. Unset: the offline rules answer, no model is called."
    )
    models: dict[str, NamedModel] = Field(
        {},
        description="More models by name, as JSON: "
        '`{"small": {"model": "m", "base_url": "http://127.0.0.1:8000/v1", "api_key": "k", "provider": "openai", '
        '"timeout_s": 30, "concurrency": 2}}`; each part may be left out. `SIGMA_MODEL` may be one of the names.',
    )
    degrade_model: str | None = Field(
        None, description="Model that takes over where a budget that degrades is used up and names no other."
    )
    price_list_model: str = Field(
        "openai/gpt-5-mini", description="Whose list price is shown beside the offline rules, as provider/model."
    )
    model_timeout_s: float = Field(60, gt=0, le=3600, description="Longest wait for one model answer, seconds.")
    model_concurrency: int = Field(4, ge=1, le=64, description="Model calls in flight at once.")
    embedder: str = Field(
        "auto",
        pattern=r"^(auto|minilm|hashed|none|openai:\S{1,100})$",
        description="What makes vectors of texts. auto: minilm, which knows paraphrases, or hashed, which knows "
        "letters only, where there is no wheel of it; none: recall goes by words and graph alone; "
        "openai:MODEL: that model of the server at OPENAI_BASE_URL, for texts of projects that allow it.",
    )
    sandbox: Literal["auto", "reduced", "none"] = Field(
        "auto",
        description="auto: the best grade this machine reaches; reduced or none: never better than that.",
    )
    verification: Literal["here", "procrastinate"] = Field(
        "here",
        description="Where fixes are verified. here: by the process that executes the cycle; procrastinate: by those "
        "that `sigma verifier` starts, on this host or others. Needs PostgreSQL and the extra `procrastinate`.",
    )
    traces_url: ModelUrl | None = Field(
        None,
        description="Address of an OpenTelemetry collector (OTLP over HTTP) that is told of runs, verifications and "
        "calls of models. Needs the extra `traces`; `OTEL_EXPORTER_OTLP_HEADERS` and the like count.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least level logged.")
    analysis_interval_s: int = Field(600, ge=5, description="Seconds between analysis cycles.")
    dream_interval_s: int = Field(600, ge=5, description="Seconds between dream cycles.")
    think_interval_s: int = Field(600, ge=5, description="Seconds between think cycles.")
    learning_interval_s: int = Field(900, ge=5, description="Seconds between learning cycles.")
    recall_interval_s: int = Field(900, ge=5, description="Seconds between recall cycles.")
    dreamer_interval_s: int = Field(900, ge=5, description="Seconds between dreamer cycles.")
    exchange_interval_s: int = Field(30, ge=1, description="Seconds between exchange cycles.")
    retention_interval_s: int = Field(
        86400, ge=60, description="Seconds between clean-ups of knowledge, old runs and baselines."
    )
    run_lease_s: float = Field(15, gt=0, description="A run whose executor is silent this long is taken over.")
    heartbeat_s: float = Field(5, gt=0, description="Seconds between heartbeats of an executor.")
    run_deadline_s: float = Field(3600, gt=0, description="Longest time one run may take, seconds.")
    drain_s: float = Field(10, ge=0, description="How long running cycles may go on after the order to stop.")
    run_attempts: int = Field(3, ge=1, description="How often a run may be started before it counts as failed.")
    delivery_lease_s: float = Field(60, gt=0, description="An unacknowledged message comes back after this.")
    delivery_attempts: int = Field(5, ge=1, description="Deliveries before a message is dead-lettered.")
    opinions: Literal["one", "all"] = Field(
        "one",
        description="Whose opinion of a change a model is asked for. one: one member's of the committee, in turn; all: "
        "each member's, which costs five times as much.",
    )
    approve_at: float = Field(0.70, ge=0, le=1, description="Weighted score from which a fix is approved.")
    reject_below: float = Field(0.40, ge=0, le=1, description="Weighted score below which a fix is rejected.")
    noticed_share: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Of the mutants of each changed statement, the share that tests must notice for approval; 0: none.",
    )
    no_difference_suffices: bool = Field(
        False,
        description="Where a fix is said to keep the behaviour, no difference found may stand for a missing test.",
    )
    mutation_s: float = Field(
        300, ge=0, le=3600, description="Seconds in which mutants may run for the fixes of one commit; 0: none run."
    )
    history_s: float = Field(
        10, ge=0, le=3600, description="Seconds that one analysis reads back in a project's history, until all is read."
    )
    autonomy: Literal["propose", "commit"] = Field(
        "propose", description="propose: only decide; commit: also commit approved fixes to sigma/ branches."
    )

    @property
    def database_location(self) -> str:
        """The SQLAlchemy URL, secrets included: for opening only, never for showing."""
        if self.database_url:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.home / 'sigma.db'}"

    def shown(self) -> list[dict[str, object]]:
        """Each setting with its value, default and where it comes from; secrets only as set or not."""
        return [
            {
                "name": environment_name(name),
                "value": _shown(name, getattr(self, name)),
                "default": _shown(name, field.get_default()) if name != "home" else None,
                "set": name in self.model_fields_set,
                "description": field.description,
            }
            for name, field in type(self).model_fields.items()
        ]


def _shown(field: str, value: object) -> object:
    if isinstance(value, SecretStr):
        return shown(value) if field.endswith(("_url", "_issuer")) else "(set)"
    if isinstance(value, dict):
        return {name: _shown(name, part) for name, part in value.items()}
    if isinstance(value, BaseModel):
        return {name: _shown(name, getattr(value, name)) for name in sorted(value.model_fields_set)}
    return str(value) if isinstance(value, Path) else value


def environment_name(field: str) -> str:
    """The environment variable that sets `field`."""
    return ENVIRONMENT_NAMES.get(field, f"SIGMA_{field.upper()}")


def _variable(place: tuple[int | str, ...]) -> str:
    """The variable, and what within it."""
    first = str(place[0])
    variable = first if first in ENVIRONMENT_NAMES.values() else environment_name(first)
    return ".".join((variable, *map(str, place[1:])))


def load_settings(home: Path) -> Settings:
    """Settings for the given home, everything else from the environment.

    Raises `Invalid` naming each variable that cannot be read.
    """
    if met := {each for each in "?#%" if each in str(home)}:
        # Database and graph are reached by addresses made of it: another folder would be opened
        raise Invalid({environment_name("home"): f"may hold no {' and no '.join(sorted(met))} in its name"})
    try:
        return Settings(home=home.expanduser().absolute())
    except pydantic.ValidationError as error:
        raise Invalid({_variable(e["loc"]): e["msg"].removeprefix("Value error, ") for e in error.errors()}) from None
    except SettingsError:
        # the only setting that is read as JSON
        raise Invalid({environment_name("models"): "is not JSON"}) from None


def markdown_table() -> str:
    """All settings as the table that stands in the README."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = field.get_default()
        shown = "an existing `./.sigma`, else the user data folder" if name == "home" else default
        shown = "unset" if shown in (None, {}) else shown
        rows.append(f"| `{environment_name(name)}` | {shown} | {field.description} |")
    return "\n".join(rows)


if __name__ == "__main__":
    sys.stdout.write(f"{markdown_table()}\n")
