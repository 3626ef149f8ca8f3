"""A real HTTP server on the loopback that takes spans as an OpenTelemetry collector does."""

import gzip
from http.server import BaseHTTPRequestHandler

from fakes.loopback_server import LoopbackServer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span


class TraceCollector(LoopbackServer):
    """Keeps every span it was sent, and the paths it was asked at."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.paths: set[str] = set()
        super().__init__(_handler(self))

    def named(self, name: str) -> list[Span]:
        return [each for each in self.spans if each.name == name]


def attributes(span: Span) -> dict[str, object]:
    """By name."""
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes}


def _handler(collector: TraceCollector) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
            collector.paths.add(self.path)
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    collector.spans.extend(scope.spans)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Silent."""

    return Handler
