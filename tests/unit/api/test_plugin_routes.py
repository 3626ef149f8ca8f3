"""Routes of another package: those of the guide answer, those that anybody could change something by are left out."""

from pathlib import Path

import pytest
from fakes.guide import ROOT, Guide
from fakes.plugin_package import install
from starlette.testclient import TestClient

from sigma_core.api import plugin_routes
from sigma_core.api.access import Access, ApiToken, Role
from sigma_core.api.application import build_api
from sigma_core.runtime.build import build
from sigma_core.settings import load_settings

OPEN = "from fastapi import APIRouter\nrouter = APIRouter()\n\n@router.delete('/all')\ndef everything(): return 0\n"


def test_the_routes_of_the_guide_answer_by_role(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guide = Guide((ROOT / "docs" / "guides" / "adding-a-route.md").read_text())
    install(tmp_path, "routes_of_guide", {"my_package.py": "".join(guide.blocks("python"))}, guide.entry_points)
    install(tmp_path, "careless", {"careless.py": OPEN}, {plugin_routes.GROUP: {"open": "careless:router"}})
    monkeypatch.syspath_prepend(str(tmp_path))
    system = build(load_settings(home), process="command")
    tokens = [ApiToken("a", Role.OPERATOR, "operator"), ApiToken("v", Role.VIEWER, "viewer")]
    client = TestClient(build_api(lambda: system, Access(tokens)), headers={"Authorization": "Bearer operator"})
    viewer = {"Authorization": "Bearer viewer"}
    place = "/plugins/hotspots"
    assert client.get(f"{place}/files", headers=viewer).json() == []
    assert client.get(f"{place}/files", headers={"Authorization": ""}).status_code == 401
    assert client.get(f"{place}/files?limit=0").status_code == 422
    assert client.post(f"{place}/look", headers=viewer).status_code == 403
    assert client.post(f"{place}/look").status_code == 409  # there is no project yet
    assert f"{place}/files" in client.get("/openapi.json").json()["paths"]
    assert client.delete("/plugins/open/all").status_code == 404
    [left_out] = plugin_routes.installed().left_out
    assert left_out.error is not None
    assert "changes something at /all and asks for no `Operator`" in left_out.error
    system.close()
