"""The API as programs meet it: a real server, real calls."""

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from fakes.api_server import OPERATOR, VIEWER, api_server, client
from fakes.checkout import Checkout
from fakes.command import Command
from fakes.knowledge import VALID
from fakes.seed import seed
from prometheus_client.parser import text_string_to_metric_families
from sqlmodel import select
from websockets.sync.client import connect

from sigma_core.audit import AuditEntry
from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.runtime.notices.tables import Notice, NoticeDelivery
from sigma_core.settings import load_settings

DASHBOARD = Path(__file__).parents[2] / "deploy" / "grafana-dashboard.json"
SERIES = r"\bsigma_\w+"
SAID = {"type": "issue_pattern", "payload": VALID["issue_pattern"]}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, new_home: Callable[[Path], Path]) -> Path:
    """A home with believable rows of every kind."""
    made = new_home(tmp_path_factory.mktemp("api") / "home")
    database = Database(load_settings(made).database_location)
    seed(database)
    database.dispose()
    return made


@pytest.fixture(scope="module")
def url(home: Path) -> Iterator[str]:
    with api_server(home) as answering:
        yield answering


@pytest.fixture
def api(url: str) -> Iterator[httpx.Client]:
    """Calls as an operator."""
    with client(url) as calls:
        yield calls


def audited(home: Path) -> list[tuple[str, str, str]]:
    """Who did what to what."""
    database = Database(load_settings(home).database_location)
    with database.reading() as session:
        rows = [(row.actor, row.action, row.object) for row in session.exec(select(AuditEntry))]
    database.dispose()
    return rows


def test_a_token_says_who_acts_and_what_it_may(url: str, home: Path) -> None:
    with client(url, None) as nobody, client(url, "some-other-secret-12345") as stranger, client(url, VIEWER) as viewer:
        for each in (nobody, stranger):
            refused = each.get("/api/projects")
            assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
            assert each.post("/api/knowledge/exchange", json=SAID).status_code == 401
            assert each.get("/metrics").status_code == 401
        assert viewer.get("/api/projects").status_code == viewer.get("/metrics").status_code == 200
        refused = viewer.post("/api/schedule/analysis/pause")
        assert refused.status_code == 403
        assert refused.json()["detail"] == "token board is a viewer's: it may look, not act."
    with client(url) as operator:
        assert operator.post("/api/schedule/analysis/pause").json()["paused"] is True
        assert operator.post("/api/schedule/analysis/resume").json()["paused"] is False
        seen = {"If-Match": operator.get("/api/schedule/analysis").headers["etag"]}
        cron = {"cron": "0 3 * * mon-fri"}
        assert operator.put("/api/schedule/analysis", json=cron, headers=seen).json()["cron"] == cron["cron"]
        assert operator.put("/api/schedule/analysis", json=cron, headers=seen).status_code == 412
        for wrong in ({"cron": "0 3 * * 1"}, {"cron": "0 3 * * *", "every_s": 60}, {}):
            assert operator.put("/api/schedule/analysis", json=wrong).status_code == 422
    assert ("token ci", "pause", "job/analysis") in audited(home)


def test_notifications_are_set_by_programs_as_by_people(api: httpx.Client, url: str, home: Path) -> None:
    assert api.get("/api/notices").json()["channels"] == []
    off = api.put("/api/notices/kinds/drift", json={"on": False})
    assert (off.status_code, off.json()["kinds"]["drift"], off.json()["kinds"]["budget"]) == (200, False, True)
    assert api.put("/api/notices/kinds/test", json={"on": True}).status_code == 422
    refused = api.post("/api/notices/test")
    assert (refused.status_code, refused.json()["detail"][:18]) == (409, "No channel is set:")
    database = Database(load_settings(home).database_location)
    with database.transaction() as session:
        notice = Notice(kind="budget", about="b", key="k", title="used up", text="", path="/cost", created_at=utc_now())
        session.add(notice)
        session.flush()
        given_up = {"channel": "mail", "state": "dead", "attempts": 8, "error": "no answer in time"}
        session.add(NoticeDelivery(notice_id=notice.id, due_at=utc_now(), changed_at=utc_now(), **given_up))
    database.dispose()
    (dead,) = api.get("/api/notices/deliveries?state=dead").json()["items"]
    assert (dead["error"], dead["notice"]["title"]) == ("no answer in time", "used up")
    again = api.post(f"/api/notices/deliveries/{dead['delivery_id']}/retry")
    assert (again.json()["state"], again.json()["attempts"]) == ("pending", 0)
    assert api.post(f"/api/notices/deliveries/{dead['delivery_id']}/retry").status_code == 409
    assert api.post("/api/notices/deliveries/0/retry").status_code == 404
    with client(url, VIEWER) as viewer:
        assert viewer.put("/api/notices/kinds/drift", json={"on": True}).status_code == 403
        assert viewer.get("/api/notices/deliveries").status_code == 200
    assert ("token ci", "notify_not", "notice/drift") in audited(home)


def test_errors_are_problem_details_with_the_right_status(api: httpx.Client) -> None:
    answers = {
        404: api.get("/api/proposals/99999"),
        422: api.post("/api/knowledge/exchange", json={"type": "issue_pattern", "payload": {"severity": "warning"}}),
        405: api.patch("/api/projects"),
        413: api.post("/api/proposals", content=b"x" * (4 * 1024 * 1024 + 1)),
    }
    for status, answer in answers.items():
        assert answer.status_code == answer.json()["status"] == status
        assert answer.headers["content-type"] == "application/problem+json"
    assert answers[404].json()["detail"] == "No proposal 99999."
    assert set(answers[422].json()["fields"]) == {"issue_type", "frequency", "impact"}
    assert answers[405].headers["allow"] == "GET, POST"
    assert api.get("/api/nothing").json()["status"] == api.get("/nothing").json()["status"] == 404
    for malformed in (b"{", b'{"type": 1}', b"[]", b"\xff"):
        assert api.post("/api/knowledge/exchange", content=malformed).status_code == 422


def test_a_write_with_a_key_happens_once(api: httpx.Client) -> None:
    said = {**SAID, "payload": {**VALID["issue_pattern"], "issue_type": "said once"}}

    def say(key: str, body: dict[str, object] = said) -> httpx.Response:
        return api.post("/api/knowledge/exchange", json=body, headers={"Idempotency-Key": key})

    first, second = say("one"), say("one")
    assert (first.status_code, first.json()["duplicate"]) == (201, False)
    assert (second.status_code, second.json()) == (201, first.json())
    assert (second.headers.get("idempotency-replayed"), first.headers.get("idempotency-replayed")) == ("true", None)
    assert say("two").json()["duplicate"] is True
    assert say("one", SAID).status_code == say("a" * 201).status_code == 422
    # What was refused is not kept: mended, it may come under the same key
    assert say("three", {**said, "payload": {}}).status_code == 422
    assert say("three").status_code == 201


def test_of_many_at_once_under_one_key_one_acts(api: httpx.Client) -> None:
    said = {**SAID, "payload": {**VALID["issue_pattern"], "issue_type": "said at once"}}

    def say(_: int) -> httpx.Response:
        return api.post("/api/knowledge/exchange", json=said, headers={"Idempotency-Key": "at once"})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(say, range(16)))
    assert {each.status_code for each in answers} <= {201, 409}
    made = [each.json() for each in answers if each.status_code == 201]
    assert made
    assert all(each == made[0] for each in made)
    (item,) = [
        each
        for each in api.get("/api/knowledge/items", params={"type": "issue_pattern", "limit": 500}).json()["items"]
        if each["data"]["issue_type"] == "said at once"
    ]
    assert item["evidence_count"] == 1


def test_a_prompt_is_changed_only_from_the_version_that_was_seen(api: httpx.Client) -> None:
    seen = api.get("/api/prompts/templates/1")
    content = {**seen.json()["version"]["content"], "title": "Another title"}
    body = {"content": content, "note": "shorter"}
    assert api.put("/api/prompts/templates/1", json=body).status_code == 428
    saved = api.put("/api/prompts/templates/1", json=body, headers={"If-Match": seen.headers["etag"]})
    assert saved.json() == {"prompt_id": 1, "version": 2, "made": True}
    late = api.put("/api/prompts/templates/1", json=body, headers={"If-Match": seen.headers["etag"]})
    assert (late.status_code, late.json()["detail"]) == (412, "It is at v2 by now; nothing was saved.")
    assert api.get("/api/prompts/templates/1").headers["etag"] == '"v2"'
    numbers = [each["number"] for each in api.get("/api/prompts/templates/1/versions").json()["items"]]
    assert numbers == [2, 1]


def test_pages_hold_everything_once(api: httpx.Client) -> None:
    seen: list[int] = []
    offset: int | None = 0
    while offset is not None:
        page = api.get("/api/proposals", params={"limit": 3, "offset": offset}).json()
        seen += [each["proposal_id"] for each in page["items"]]
        offset = page["next_offset"]
    assert len(seen) == len(set(seen)) == page["total"]
    whole = api.get("/api/issues", params={"limit": 500}).json()
    assert len(whole["items"]) == whole["total"]


def test_a_decision_carries_the_token_and_what_was_seen(api: httpx.Client) -> None:
    listed = api.get("/api/proposals", params={"state": "needs_human"}).json()["items"]
    number = listed[0]["proposal_id"]
    late = api.post(f"/api/proposals/{number}/approve", json={"reason": "fits", "expect": "approved"})
    assert (late.status_code, late.json()["title"]) == (409, "It is not as it was")
    assert api.post(f"/api/proposals/{number}/reject", json={}).json()["fields"] == {
        "reason": "tell why it is rejected"
    }
    ruled = api.post(f"/api/proposals/{number}/reject", json={"reason": "not wanted", "expect": "needs_human"}).json()
    assert (ruled["decision"], ruled["actor"], ruled["reasons"]) == ("rejected", "token ci", ["not wanted"])
    case = api.get(f"/api/proposals/{number}").json()
    assert (case["state"], case["decisions"][-1]["actor"]) == ("rejected", "token ci")
    assert api.get(f"/api/proposals/{number}/patch").text == case["diff"]
    assert api.post(f"/api/proposals/{number}/verify").status_code == 409


def test_a_proposal_is_talked_about_and_looked_after(api: httpx.Client) -> None:
    number = api.get("/api/proposals").json()["items"][0]["proposal_id"]
    place = f"/api/proposals/{number}"
    assert api.get(f"{place}/discussion").json() == {"assignee": None, "comments": []}
    said = api.post(f"{place}/comments", json={"text": "why so?"})
    assert (said.status_code, said.json()["comments"][0]["author"]) == (201, "token ci")
    assert api.post(f"{place}/comments", json={"text": " "}).json()["fields"] == {"text": "1 to 4000 characters"}
    taken = api.put(f"{place}/assignee", json={"name": "ann", "expect": None})
    assert (taken.status_code, taken.json()["assignee"]) == (200, "ann")
    late = api.put(f"{place}/assignee", json={"name": "bob", "expect": None})
    assert (late.status_code, late.json()["detail"]) == (409, f"Proposal {number} is assigned to ann by now.")
    found = api.get("/api/proposals", params={"assignee": "ann"}).json()["items"]
    assert [each["proposal_id"] for each in found] == [number]


def test_the_feed_goes_on_where_a_client_left_it(url: str, api: httpx.Client) -> None:
    address = url.replace("http", "ws", 1) + "/ws/knowledge"
    headers = {"Authorization": f"Bearer {VIEWER}"}

    def say(name: str) -> str:
        payload = {**VALID["issue_pattern"], "issue_type": name}
        return (
            f"knowledge/{api.post('/api/knowledge/exchange', json={**SAID, 'payload': payload}).json()['message_id']}"
        )

    def heard(socket, wanted: int) -> tuple[list[str], str]:
        found: list[str] = []
        while len(found) < wanted:
            told = json.loads(socket.recv(timeout=60))
            found += [each["object"] for each in told["happenings"]]
        return found, told["position"]

    with connect(address, additional_headers=headers, proxy=None) as socket:
        json.loads(socket.recv(timeout=60))
        first = say("heard live")
        live, position = heard(socket, 1)
    missed = [say(f"said meanwhile {number}") for number in range(3)]
    with connect(
        f"{address}?position={httpx.QueryParams({'p': position})}".replace("=p=", "="),
        additional_headers=headers,
        proxy=None,
    ) as socket:
        again, _ = heard(socket, 3)
    assert (live, again) == ([first], missed)


def test_monitoring_reads_what_the_database_says(url: str, api: httpx.Client) -> None:
    with client(url, None) as nobody:
        assert nobody.get("/health").json() == {"status": "ok"}
        assert nobody.get("/ready").json()["database"] == "ok"
    told = api.get("/metrics").text
    shown = {
        name for query in re.findall(r'"expr": "(.*)"', DASHBOARD.read_text()) for name in re.findall(SERIES, query)
    }
    assert shown
    assert shown <= {line.split()[2] for line in told.splitlines() if line.startswith("# TYPE")}
    families = text_string_to_metric_families(told)
    figures = {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}
    for state in ("approved", "needs_human", "rejected", "applied"):
        total = api.get("/api/proposals", params={"state": state, "limit": 1}).json()["total"]
        assert figures.get(("sigma_proposals", state), 0) == total
    assert figures["sigma_projects",] == len(api.get("/api/projects").json())
    assert any(name == "sigma_exchange_published_total" for name, *_ in figures)


def test_a_change_is_handed_in_and_verified_by_the_scheduler(tmp_path: Path, new_home: Callable[[Path], Path]) -> None:
    checkout = Checkout(tmp_path / "shop", {"m.py": "def f():\n    return 1\n"})
    own = new_home(tmp_path / "home")
    with api_server(own) as url, client(url) as api:
        project = api.post("/api/projects", json={"path": str(checkout.path)}).json()
        body = {"project": project["name"], "diff": checkout.diff("m.py", "def f():\n    return 2\n")}
        first, second = (api.post("/api/proposals", json=body) for _ in range(2))
        assert (first.status_code, first.json()) == (201, second.json())
        asked = api.post(f"/api/proposals/{first.json()['proposal_id']}/verify")
        assert (asked.status_code, asked.json()["status"]) == (202, "queued")
        assert api.get(asked.headers["location"]).json() == asked.json()
    waiting = Command(own).json("status")["totals"]["runs_waiting"]
    assert waiting == 1


def test_it_listens_for_others_only_where_tokens_are_asked_for(home: Path) -> None:
    open_ = Command(home, SIGMA_HOST="0.0.0.0")
    assert "listens on this machine alone" in open_.refused(4, "serve")
    for wrong in ("short", "a:b", "a:owner:0123456789abcdef", f"a b:viewer:{OPERATOR}"):
        assert OPERATOR not in Command(home, SIGMA_API_TOKEN=wrong).refused(2, "serve")
    with api_server(home, SIGMA_HOST="0.0.0.0") as url:
        port = url.rsplit(":", 1)[1]
        with client(f"http://127.0.0.1:{port}") as api:
            assert api.get("/api/projects").status_code == 200
            assert api.get("/api/projects", headers={"Host": "evil.example"}).status_code == 403
            assert api.get("/api/projects", headers={"Origin": "http://evil.example"}).status_code == 403
