"""A coding agent asks SIGMA before it commits, by a real MCP client."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fakes.api_server import OPERATOR, TOKENS, VIEWER
from fakes.checkout import Checkout
from fakes.command import Command
from fakes.small_repository import QUICK
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

TEXT = "def total(prices):\n    found = 0\n    for each in prices:\n        found += each\n    return found\n"
CALLER = "from prices import total\n\n\ndef invoice(lines):\n    return total(lines) * 2\n"
TESTS = (
    "from invoices import invoice\nfrom prices import total\n\n\ndef test_total():\n    assert total([1, 2]) == 3\n\n\n"
    "def test_invoice():\n    assert invoice([2]) == 4\n"
)
Ask = Callable[[Client], Awaitable[Any]]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "shop", {"prices.py": TEXT, "invoices.py": CALLER, "test_shop.py": TESTS})


@pytest.fixture
def sigma(home: Path, checkout: Checkout) -> Command:
    command = Command(home, SIGMA_API_TOKEN=TOKENS)
    command("project", "add", checkout.path, "--test-command", QUICK)
    command("run", "--worker", "analysis")
    return command


def by_stdio(sigma: Command, ask: Ask, *options: str) -> Any:
    """What an agent is answered that starts the server itself."""
    program, *arguments = [str(each) for each in sigma.line("mcp", *options)]

    async def asking() -> Any:
        server = StdioServerParameters(
            command=program, args=arguments, env=dict(sigma.environment()), cwd=sigma.home.parent
        )
        async with Client(server) as client:
            return await ask(client)

    return asyncio.run(asking())


async def told(client: Client, tool: str, **arguments: Any) -> Any:
    """A tool's answer."""
    answer = await client.call_tool(tool, arguments)
    assert not answer.is_error, answer.content
    assert answer.structured_content is not None
    found = answer.structured_content
    return found["result"] if set(found) == {"result"} else found


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    """The sentence of a tool that refuses."""
    answer = await client.call_tool(tool, arguments)
    assert answer.is_error
    return answer.content[0].text


@pytest.mark.sandbox
def test_an_agent_has_its_change_proved_before_it_commits(sigma: Command, checkout: Checkout) -> None:
    wrong = checkout.diff("prices.py", TEXT.replace("return found", "return found + 1"))
    right = checkout.diff("prices.py", "def total(prices):\n    return sum(prices)\n")

    async def ask(client: Client) -> None:
        tools = {each.name: each for each in (await client.list_tools()).tools}
        assert set(tools) == {
            *("projects", "issues", "proposal", "why", "recall", "blast_radius", "propose_change", "verify_change")
        }
        assert all(each.description for each in tools.values())
        (project,) = await told(client, "projects")
        reach = await told(client, "blast_radius", project=project["name"], changed=["prices.total"])
        nearest = reach["reached"][0]
        assert (nearest["name"], nearest["because"]) == ("invoices.invoice", "invoices.invoice calls prices.total.")
        assert set(reach["tests"]) == {"test_shop.test_total", "test_shop.test_invoice"}
        verdicts = {}
        for name, diff in (("wrong", wrong), ("right", right)):
            handed_in = await told(client, "propose_change", project="shop", diff=diff, title=f"A {name} change")
            verdicts[name] = await told(client, "verify_change", proposal_id=handed_in["proposal_id"])
        assert verdicts["wrong"]["decision"]["decision"] == "rejected"
        assert verdicts["wrong"]["evidence"]["tests"]["newly_failed"]
        assert verdicts["right"]["evidence"]["control"]["state"] == "proved"
        number = verdicts["right"]["decision"]["proposal_id"]
        case = await told(client, "proposal", proposal_id=number)
        assert case["decisions"][-1]["decision"] == verdicts["right"]["decision"]["decision"]
        assert "by total" in await refused(client, "blast_radius", project="shop", changed=["by total"])
        assert (await refused(client, "proposal", proposal_id=9999)).endswith("No proposal 9999.")

    by_stdio(sigma, ask)
    assert checkout.git("status", "--porcelain") == ""


def test_a_viewer_hands_in_nothing(sigma: Command, checkout: Checkout) -> None:
    diff = checkout.diff("prices.py", TEXT.replace("found", "summed"))

    async def ask(client: Client) -> None:
        assert "may look, not act" in await refused(client, "propose_change", project="shop", diff=diff)
        known = await told(client, "recall", query="what breaks if I touch prices.total", project="shop")
        said = [each["text"] for answer in known["answers"] for each in answer["sentences"]]
        assert "invoices.invoice calls prices.total." in said

    by_stdio(sigma, ask, "--viewer")
    assert sigma.json("proposals")["total"] == 0


def test_over_http_the_token_says_who_asks(sigma: Command, checkout: Checkout) -> None:
    diff = checkout.diff("prices.py", TEXT.replace("found", "summed"))
    process = sigma.start("mcp", "--http", "--json")
    assert process.stdout is not None
    url = json.loads(process.stdout.readline())["url"]

    async def asking(secret: str) -> Any:
        headers = {"Authorization": f"Bearer {secret}"}
        async with (
            httpx.AsyncClient(headers=headers, timeout=120, trust_env=False) as calls,
            Client(streamable_http_client(url, http_client=calls)) as client,
        ):
            if secret == VIEWER:
                return await refused(client, "propose_change", project="shop", diff=diff)
            return await told(client, "propose_change", project="shop", diff=diff)

    try:
        assert httpx.post(url, json={}, trust_env=False).status_code == 401
        evil = {"Host": "evil.example", "Authorization": f"Bearer {OPERATOR}"}
        assert httpx.post(url, json={}, headers=evil, trust_env=False).status_code == 403
        named = {"Authorization": f"Bearer {OPERATOR}"}
        assert httpx.post(url, content=b" " * 5_000_000, headers=named, trust_env=False).status_code == 413
        assert "token board is a viewer's" in asyncio.run(asking(VIEWER))
        handed_in = asyncio.run(asking(OPERATOR))
        assert handed_in["state"] == "waiting"
        process.terminate()
        assert (process.wait(120), process.communicate()[1]) == (0, b"")
    finally:
        process.kill()
        process.communicate()
    assert "(token ci)" in sigma.json("proposal", handed_in["proposal_id"])["proposal"]["description"]
