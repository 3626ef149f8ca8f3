"""Mail over TLS, to a real server with a certificate made for the test: at once (smtps) and on demand (STARTTLS)."""

from pathlib import Path

import pytest
from fakes.certificate import Authority
from fakes.mail_server import MailServer
from pydantic import SecretStr

from sigma_core.clock import utc_now
from sigma_core.errors import Unavailable
from sigma_core.runtime.notices.channels import Mail, Telling

ELSEWHERE = "127.1"
"""An address of this machine that is not spelled as one, so that mail to it has to be encrypted."""
TELLING = Telling("a-key", "run_failed", "dream failed", "After 3 attempts.", None, utc_now())


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """One that this process trusts, as an operator has it trust that of the house."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    return made


def mail_to(server: MailServer, scheme: str, host: str = ELSEWHERE) -> Mail:
    return Mail(SecretStr(server.url_as(scheme, host)), "sigma@example.org", ("ann@example.org",))


@pytest.mark.parametrize(("scheme", "on_demand"), [("smtps", False), ("smtp", True)])
def test_mail_and_password_go_encrypted_to_a_server_that_is_trusted(
    authority: Authority, scheme: str, on_demand: bool
) -> None:
    with MailServer(authority.server(ELSEWHERE), on_demand=on_demand) as server:
        mail_to(server, scheme).send(TELLING)
        assert server.encrypted == [True]
        assert len(server.logins) == 1
        assert server.taken[0]["Subject"] == "SIGMA: dream failed"


@pytest.mark.parametrize(("scheme", "on_demand"), [("smtps", False), ("smtp", True)])
def test_a_certificate_of_another_name_or_of_nobody_known_is_refused_before_the_password(
    authority: Authority, tmp_path: Path, scheme: str, on_demand: bool
) -> None:
    (tmp_path / "stranger").mkdir()
    stranger = Authority(tmp_path / "stranger", "a stranger")
    for context, why in (
        (authority.server("mail.example.org"), "its certificate is not valid: Hostname mismatch"),
        (stranger.server(ELSEWHERE), "its certificate is not valid: unable to get local issuer certificate"),
    ):
        with MailServer(context, on_demand=on_demand) as server:
            with pytest.raises(Unavailable, match=f"The mail server did not take it: {why}"):
                mail_to(server, scheme).send(TELLING)
            assert (server.taken, server.logins) == ([], [])


def test_a_server_without_encryption_gets_neither_mail_nor_password(authority: Authority) -> None:
    with MailServer() as server:
        with pytest.raises(Unavailable, match="it offers no encryption"):
            mail_to(server, "smtp").send(TELLING)
        with pytest.raises(Unavailable, match="it does not speak TLS as it should"):
            mail_to(server, "smtps").send(TELLING)
        assert (server.taken, server.logins) == ([], [])
