"""Sending over TLS and with a log-in, to a real server: what is not trusted, not offered or not let in takes no mail."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from mobility_app.hq.mail_settings import MailSettings
from mobility_app.hq.smtp import Down, Line, Refused
from tests.support.ports import free_port

RAW = b"Subject: x\r\n\r\n.a line that begins with a dot\r\n"
Server = Callable[..., tuple[MailSettings, list[bytes]]]


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for localhost with its key, signed by itself."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(today - timedelta(days=1)).not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return path


@pytest.fixture
def server(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    running: list[Controller] = []

    def start(
        security: str = "starttls", *, offered: bool = True, trusted: bool = True, password: str = "right"
    ) -> tuple[MailSettings, list[bytes]]:
        taken: list[bytes] = []

        class Keep:
            async def handle_RCPT(
                self, smtp: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
            ) -> str:
                if address.startswith("nobody"):
                    return "550 nobody"
                envelope.rcpt_tos.append(address)
                return "250 OK"

            async def handle_DATA(self, smtp: SMTP, session: Session, envelope: Envelope) -> str:
                assert envelope.content is not None
                taken.append(bytes(envelope.content))  # type: ignore[arg-type]
                return "250 taken"

        def let_in(smtp: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword) -> AuthResult:
            known = (data.login, data.password) == (b"office", b"right")
            return AuthResult(success=known, handled=False)  # the server's own "535" follows

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        how = {"ssl_context": context} if security == "tls" else {"tls_context": context} if offered else {}
        port = free_port()
        controller = Controller(
            Keep(), hostname="localhost", port=port, authenticator=let_in, auth_required=True,
            require_starttls=security == "starttls" and offered, auth_require_tls=security == "starttls", **how,
        )  # fmt: skip
        controller.start()
        running.append(controller)
        if trusted:
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        return MailSettings("localhost", port, "office@lusa.example", security, "office", password), taken

    yield start
    for controller in running:
        controller.stop()


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_goes_out_encrypted_after_a_log_in(server: Server, security: str) -> None:
    settings, taken = server(security)
    with Line(settings) as line:
        assert line.send("rui@lusa.example", RAW) == "250 taken"
        with pytest.raises(Refused, match="550 nobody"):
            line.send("nobody@lusa.example", RAW)
        line.send("eva@lusa.example", RAW)
    assert taken == [RAW, RAW]


@pytest.mark.parametrize(
    "day", [{"trusted": False}, {"offered": False}, {"password": "wrong"}, {"security": "tls", "trusted": False}],
    ids=["untrusted", "no TLS offered", "wrong password", "untrusted from the start"],
)  # fmt: skip
def test_a_server_that_is_not_trusted_or_does_not_let_us_in_gets_nothing(
    server: Server, day: dict[str, object]
) -> None:
    settings, taken = server(**day)
    with pytest.raises(Down), Line(settings):
        raise AssertionError("no line should be open")
    assert taken == []
