"""Spans of what SIGMA does, for an OpenTelemetry collector. Where none is set, nothing of that is loaded."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sigma_core import __version__
from sigma_core.addresses import plain
from sigma_core.errors import Invalid
from sigma_core.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

Attribute = str | int | float | bool | Sequence[int] | None
"""None is left out."""
FAILED = "error.type"
"""Told of a span, it says that what the span is about failed, and how."""


class _Tracing:
    """The tracer of this process."""

    tracer: Tracer | None = None


def configure(settings: Settings, process: str) -> None:
    """From now on spans go where `SIGMA_TRACES_URL` says; the last ones as the process ends. Raises `Invalid`."""
    address = plain(settings.traces_url)
    if address is None or _Tracing.tracer is not None:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise Invalid({"SIGMA_TRACES_URL": "needs more packages: pip install 'sigma-agents[traces]'"}) from None
    about = {"service.name": "sigma", "service.version": __version__, "service.instance.id": f"{process}/{os.getpid()}"}
    provider = TracerProvider(resource=Resource.create(about))
    exporter = OTLPSpanExporter(endpoint=f"{address.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _Tracing.tracer = provider.get_tracer("sigma", __version__)


@contextmanager
def span(name: str, attributes: Mapping[str, Attribute], *, calls_out: bool = False) -> Iterator[dict[str, Attribute]]:
    """Around something that takes time; what is known of it only at its end goes into what is yielded.

    `calls_out`: another program answers. What is raised inside is told by its class alone, never in its words.
    """
    told: dict[str, Attribute] = {}
    if _Tracing.tracer is None:
        yield told
        return
    from opentelemetry.trace import SpanKind, StatusCode

    with _Tracing.tracer.start_as_current_span(
        name,
        kind=SpanKind.CLIENT if calls_out else SpanKind.INTERNAL,
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield told
        except BaseException as error:
            told[FAILED] = type(error).__name__
            raise
        finally:
            known = {**attributes, **told}
            current.set_attributes({key: value for key, value in known.items() if value is not None})
            if FAILED in told:
                current.set_status(StatusCode.ERROR)
