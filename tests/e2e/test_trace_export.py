"""What a collector of traces is told, by the command as its users start it."""

import json
from pathlib import Path

from fakes.chat_server import ChatServer, answer
from fakes.checkout import Checkout
from fakes.command import Command
from fakes.trace_collector import TraceCollector, attributes
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

SECRET = "a word that only the code holds"
CODE = f'def f(x):\n    """{SECRET}"""\n    return x == None\n'
MENDED = CODE.replace("==", "is")


def test_a_cycle_is_told_with_its_verification_and_its_calls_and_without_a_word_of_them(
    tmp_path: Path, home: Path
) -> None:
    checkout = Checkout(tmp_path / "shop", {"m.py": CODE})
    with TraceCollector() as collector, ChatServer() as server:
        server.script(answer({}))
        model = {"SIGMA_MODEL": "m-1", "OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "sk-0123456789abcdef0123"}
        sigma = Command(home, SIGMA_SANDBOX="none", SIGMA_EMBEDDER="none", SIGMA_TRACES_URL=collector.url, **model)
        untold = Command(home, SIGMA_SANDBOX="none", SIGMA_EMBEDDER="none")
        untold("project", "add", checkout.path)
        untold("project", "permit", "shop", "--model")
        untold("propose", "--project", "shop", "--diff", "-", stdin=checkout.diff("m.py", MENDED).encode())
        with sigma.start("run", "--worker", "think", "--json") as process:
            said, _ = process.communicate()
    (run,) = json.loads(said)["runs"]
    assert collector.paths == {"/v1/traces"}
    (thought,) = collector.named("run think")
    assert attributes(thought)["sigma.run.state"] == run["status"] == "success"
    (verified,) = collector.named("verify")
    assert verified.parent_span_id == thought.span_id
    calls = collector.named("chat m-1")
    assert len(calls) > 1
    assert {call.parent_span_id for call in calls} == {thought.span_id}
    told = attributes(calls[0])
    assert (calls[0].kind, told["gen_ai.operation.name"], told["gen_ai.provider.name"]) == (
        Span.SPAN_KIND_CLIENT,
        "chat",
        "openai",
    )
    assert told["gen_ai.request.model"] == "m-1"
    assert told["gen_ai.usage.input_tokens"] >= 120
    # What the server said fits no schema
    assert (calls[0].status.code, told["error.type"]) == (Status.STATUS_CODE_ERROR, "BadAnswer")
    everything = str(collector.spans)
    assert SECRET not in everything
    assert "sk-0123456789abcdef0123" not in everything
