"""Addresses of servers: read when the settings are, and secrets, for many hold a password or a key."""

from collections.abc import Callable
from typing import Annotated
from urllib.parse import SplitResult, parse_qsl, urlsplit

from pydantic import AfterValidator, SecretStr, TypeAdapter, ValidationError

from sigma_core.errors import Invalid

GRAPHS = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc", "falkor", "redis", "unix")
DATABASES = ("postgresql", "postgresql+psycopg", "sqlite")


def _read(*schemes: str) -> Callable[[SecretStr], SecretStr]:
    """What refuses an address that cannot be one, without repeating it."""

    def check(address: SecretStr) -> SecretStr:
        parts = _parts(address)
        if parts is None or parts.scheme not in schemes:
            raise ValueError(f"is no address: it has to begin with {' or '.join(f'{each}://' for each in schemes)}")
        if parts.scheme == "sqlite":
            # Processes stand in different folders, and what is in memory is one process's alone
            if parts.netloc or parts.query or not parts.path.startswith("//") or not parts.path.strip("/"):
                raise ValueError("has to be a file by its whole path: sqlite:////folder/sigma.db")
            return address
        if not (parts.hostname or parts.path.strip("/") or parts.query):
            raise ValueError("names no server")
        if parts.scheme in GRAPHS:
            _check_graph(parts)
        return address

    return check


def _check_graph(parts: SplitResult) -> None:
    """Raises ValueError for what a driver would refuse when it is made, and repeat."""
    if parts.scheme.startswith(("bolt", "neo4j")) and "@" in parts.netloc:
        raise ValueError("holds a user: give it by SIGMA_GRAPH_USER and SIGMA_GRAPH_PASSWORD")
    if parts.scheme == "unix" and parts.netloc:
        raise ValueError("has to be a socket by its whole path: unix:///folder/socket")
    if parts.query and not (parts.scheme.startswith("neo4j") and _is_routing(parts.query)):
        raise ValueError("holds after its ? what the driver cannot read")


def _is_routing(query: str) -> bool:
    """Whether it is what Neo4j's driver hands on to choose a server by."""
    try:
        keys = [key for key, _ in parse_qsl(query, strict_parsing=True)]
    except ValueError:
        return False
    return len(set(keys)) == len(keys) and "address" not in keys


DatabaseUrl = Annotated[SecretStr, AfterValidator(_read(*DATABASES))]
GraphUrl = Annotated[SecretStr, AfterValidator(_read(*GRAPHS))]
MailUrl = Annotated[SecretStr, AfterValidator(_read("smtp", "smtps"))]
ModelUrl = Annotated[SecretStr, AfterValidator(_read("http", "https"))]


def database_url(given: str) -> str:
    """An address that was typed. Raises `Invalid`, which does not repeat it."""
    try:
        return TypeAdapter(DatabaseUrl).validate_python(SecretStr(given)).get_secret_value()
    except ValidationError as error:
        raise Invalid({"url": error.errors()[0]["msg"].removeprefix("Value error, ")}) from None


def plain(secret: SecretStr | None) -> str | None:
    """The secret itself: to be used, never shown."""
    return secret.get_secret_value() if secret else None


def shown(address: SecretStr) -> str:
    """Scheme, server and path; neither user, password nor what is asked for."""
    parts = _parts(address)
    if parts is None or not parts.scheme:
        return "(set)"
    server = parts.hostname or ""
    server = f"[{server}]" if ":" in server else server
    return f"{parts.scheme}://{server}{f':{parts.port}' if parts.port else ''}{parts.path}"


def _parts(address: SecretStr) -> SplitResult | None:
    try:
        parts = urlsplit(address.get_secret_value().strip())
        parts.port  # noqa: B018 (it is read when it is asked for)
    except ValueError:
        return None
    return parts
