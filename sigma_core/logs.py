"""Logging of a process: JSON lines to a file in the home, readable lines on a terminal, never a secret."""

import logging
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING, Any

from sigma_core.redaction import REDACTED, redact, sounds_secret
from sigma_core.settings import Settings
from sigma_core.text import visible

if TYPE_CHECKING:
    from structlog.typing import Processor

MAX_BYTES = 5 * 1024 * 1024
BACKUPS = 4
_CHATTY = ("httpcore2", "httpx2", "openai", "urllib3", "watchdog")
"""Libraries that tell of each request; only their warnings are kept."""


def configure(settings: Settings, process_name: str) -> None:
    """Send what this process logs to ``logs/<process_name>.jsonl`` in the home and, on a terminal, to stderr.

    Call it once at the start of a process, with a name that no other running process uses: each rotates its own
    file. Plain `logging` and structlog both end here; secrets are redacted from every value and traceback.
    """
    import structlog

    folder = settings.home / "logs"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = RotatingFileHandler(
        folder / f"{process_name}.jsonl", maxBytes=MAX_BYTES, backupCount=BACKUPS, encoding="utf-8", delay=True
    )
    file.setFormatter(_formatter(structlog.processors.JSONRenderer(default=str, ensure_ascii=False)))
    handlers: list[logging.Handler] = [file]
    if sys.stderr.isatty():
        terminal = logging.StreamHandler(sys.stderr)
        terminal.setFormatter(_formatter(harmless, structlog.dev.ConsoleRenderer()))
        handlers.append(terminal)
    logging.basicConfig(handlers=handlers, level=settings.log_level, force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*_context(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


@contextmanager
def about(**facts: object) -> Iterator[None]:
    """What this thread logs inside carries these facts."""
    if "structlog" not in sys.modules:
        # Nothing is logged to a file here
        yield
        return
    from structlog.contextvars import bound_contextvars

    with bound_contextvars(**facts):
        yield


def redacted(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: takes secrets out of every value, however deep."""
    return {key: _clean(key, value) for key, value in event.items()}


def harmless(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: spells out what would steer a terminal."""
    return {key: visible(value) if isinstance(value, str) else value for key, value in event.items()}


def _clean(name: str, value: Any) -> Any:  # noqa: ANN401 (whatever is logged)
    if isinstance(value, Mapping):
        return {str(key): _clean(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(name, item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return REDACTED if sounds_secret(name) else redact(str(value))


def _formatter(*renderers: "Processor") -> logging.Formatter:
    import structlog

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_context(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            redacted,
            *renderers,
        ],
    )


def _context() -> "list[Processor]":
    """What every line carries: time (UTC), level, logger, and what was bound to the context (run, worker)."""
    import structlog

    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
