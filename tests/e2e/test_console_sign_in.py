"""People sign in to a real console, in a real browser, by a real provider of their own."""

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from browsing import CHROMIUM, Site, settle
from fakes.oidc_provider import OidcProvider
from fakes.seed import seed
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from playwright.sync_api import Browser, Page, expect
from servers import console
from sqlmodel import select

from sigma_core.audit import AuditEntry
from sigma_core.database import Database
from sigma_core.settings import load_settings

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

PEOPLE = {
    "olga": {"email": "Olga@example.org", "email_verified": True},
    "victor": {"groups": ["lookers"]},
    "eve": {"email": "olga@example.org", "email_verified": False, "groups": ["olga@example.org"]},
}


@pytest.fixture(scope="module")
def provider() -> Iterator[OidcProvider]:
    with OidcProvider(PEOPLE) as running:
        yield running


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, new_home: Callable[[Path], Path], provider) -> Iterator[Site]:
    home = new_home(tmp_path_factory.mktemp("sign-in") / "home")
    database = Database(load_settings(home).database_location)
    seed(database)
    roles = {"SIGMA_OIDC_OPERATORS": "olga@example.org", "SIGMA_OIDC_VIEWERS": "lookers"}
    with console(home, **provider.settings, **roles) as url:
        yield Site(url, database)
    database.dispose()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Somebody the console has never seen."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(120_000)
    yield context.new_page()
    context.close()


def sign_in(page: Page, site: Site, who: str, link: str = "") -> None:
    page.goto(f"{site.url}{link}")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=who).click()


def acts(site: Site, actor: str) -> list[str]:
    with site.database.reading() as session:
        return list(session.exec(select(AuditEntry.action).where(AuditEntry.actor == actor)))


def test_an_operator_acts_under_the_own_name_and_signs_out_of_every_tab(page: Page, site: Site) -> None:
    sign_in(page, site, "olga")
    expect(page.get_by_text("olga@example.org")).to_be_visible(timeout=120_000)
    settle(page)
    page.get_by_role("button", name="Pause schedule").click()
    expect(page.get_by_role("button", name="Resume schedule")).to_be_visible(timeout=120_000)
    assert set(acts(site, "olga@example.org")) == {"pause"}
    other = page.context.new_page()
    other.goto(site.url)
    expect(other.get_by_text("olga@example.org")).to_be_visible(timeout=120_000)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=120_000)
    expect(other.get_by_text("You signed out.").first).to_be_visible(timeout=120_000)
    assert "_streamlit_user" not in {each["name"] for each in page.context.cookies()}


def test_a_viewer_sees_all_and_is_told_why_it_changes_nothing(page: Page, site: Site) -> None:
    # Whoever follows a link gets there, past the provider
    sign_in(page, site, "victor", "/proposals?proposal=214")
    expect(page.get_by_text("subject victor")).to_be_visible(timeout=120_000)
    expect(page).to_have_url(f"{site.url}/proposals?proposal=214")
    settle(page)
    approve = page.get_by_role("button", name="Approve")
    expect(approve).to_be_disabled(timeout=120_000)
    approve.hover(force=True)
    expect(page.get_by_text("may look, not act").first).to_be_visible(timeout=120_000)


def test_whoever_is_on_no_list_is_told_so_and_sees_nothing(page: Page, site: Site) -> None:
    sign_in(page, site, "eve")
    expect(page.get_by_text("subject eve has no role here")).to_be_visible(timeout=120_000)
    expect(page.get_by_text("has not verified your e-mail address")).to_be_visible()
    assert page.get_by_test_id("stSidebarNav").count() == 0


def answered(site: Site, who: str, *, state: str | None = None) -> set[str]:
    """The cookies of somebody who signs in without a browser; `state`: another than was asked with."""
    token = jwt.encode({"alg": "HS256"}, {"provider": "default", "exp": int(time.time()) + 60}, site_key(site))
    with httpx.Client(timeout=120) as client:
        asked = client.get(f"{site.url}/auth/login", params={"provider": token})
        chosen = httpx.URL(asked.headers["Location"]).copy_add_param("who", who)
        back = httpx.URL(client.get(chosen).headers["Location"])
        if state is not None:
            back = back.copy_set_param("state", state)
        assert client.get(back).status_code == 302
        return set(client.cookies)


def site_key(site: Site) -> OctKey:
    file = Path(site.database.engine.url.database or "").with_name("cookie.key")
    return OctKey.import_key(file.read_text())


def test_a_token_that_was_not_made_for_this_sign_in_opens_nothing(site: Site, provider: OidcProvider) -> None:
    assert "_streamlit_user" in answered(site, "olga")
    for spoiled in ({"nonce": "another"}, {"iss": "https://other.example"}, {"exp": 1}):
        provider.spoil = spoiled
        assert "_streamlit_user" not in answered(site, "olga"), spoiled
    provider.spoil = {}
    # State is bound to who asked: an answer to another's question is none
    assert "_streamlit_user" not in answered(site, "olga", state="guessed")
    provider.published = RSAKey.generate_key(2048, {"kid": "one"})
    assert "_streamlit_user" not in answered(site, "olga")
    provider.published = provider.key


def test_the_api_beside_it_is_shut_without_a_token(site: Site) -> None:
    for path in ("/api/projects", "/metrics"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{site.url}{path}", timeout=120)
        with refused.value as answer:
            assert answer.code == 401
