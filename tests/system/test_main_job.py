"""The main job over real processes: HQ as a server, devices with encrypted folders, kills with real signals."""

from __future__ import annotations

import contextlib
import random
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobility_app.errors import Refused, Unreachable
from mobility_app.sync import protocol, signing
from tests.support.bench import Device, Hq, new_device, start_hq

pytestmark = pytest.mark.system


@pytest.fixture
def hq(tmp_path: Path) -> Iterator[Hq]:
    made = start_hq(tmp_path / "hq")
    made.add_company("Lusa", "PT")
    made.add_territory("Lusa", "Norte")
    made.add_territory("Lusa", "Sul")
    for name, territory in (("Ana", "Norte"), ("Rui", "Norte"), ("Eva", "Sul")):
        made.add_user(name, "rep", "Lusa", [territory])
    yield made
    made.kill()


def marker() -> str:
    return "MK" + secrets.token_hex(12)


def test_a_day_without_headquarters(hq: Hq, tmp_path: Path) -> None:
    ana, rui = new_device(hq, tmp_path / "ana", "Ana"), new_device(hq, tmp_path / "rui", "Rui")
    customer = ana.create("customer", name="Óptica Lusitânia")
    phone = ana.create("customer_phone", customer_id=customer, value="22 340 18 77")
    ana.sync()
    rui.sync()
    hq.stop()
    ana.set("customer_phone", phone, value="+351 22 340 18 99")
    visit = ana.create(
        "activity", customer_id=customer, kind="appointment", title="Visita", starts_at="2026-12-01T10:30:00+00:00"
    )
    with pytest.raises(Unreachable):
        ana.sync()
    hq.start()
    ana.sync()
    rui.sync()
    assert hq.dump()["customer_phone"][phone]["value"] == "+351 22 340 18 99"
    assert rui.dump()["activity"][visit]["title"] == "Visita"
    assert rui.dump()["activity"][visit]["starts_at"] == "2026-12-01T10:30:00.000Z"
    changed = [line for line in rui.history(customer) if line["field"] == "value" and line["kind"] == "update"]
    assert [(line["before"], line["after"], line["user"]) for line in changed] == [
        ("22 340 18 77", "+351 22 340 18 99", "Ana")
    ]


def test_no_byte_of_a_customer_lies_readable_or_on_a_foreign_device(hq: Hq, tmp_path: Path) -> None:
    ana, eva = new_device(hq, tmp_path / "ana", "Ana"), new_device(hq, tmp_path / "eva", "Eva")
    secret = marker()
    customer = ana.create("customer", name=f"A {secret}", notes=secret)
    note = tmp_path / f"{secret}.txt"
    note.write_text(secret)
    ana.attach(customer, note)
    ana.sync()
    eva.sync()
    assert secret in str(hq.dump()["customer"])
    assert eva.dump()["customer"] == {} == eva.dump()["file"]
    for folder in (ana.folder, eva.folder):
        for path in folder.rglob("*"):
            assert not path.is_file() or secret.encode() not in path.read_bytes(), path
            assert secret not in path.name
    with eva.store.reading() as session:
        tables = [row[0] for row in session.rows("SELECT name FROM sqlite_master WHERE type='table'")]
        for table in tables:
            assert secret not in str(session.rows(f'SELECT * FROM "{table}"')), table


def test_headquarters_killed_at_random_moments_loses_and_doubles_nothing(hq: Hq, tmp_path: Path) -> None:
    ana, rui = new_device(hq, tmp_path / "ana", "Ana"), new_device(hq, tmp_path / "rui", "Rui")
    customer = ana.create("customer", name="Kill")
    chance, written = random.Random(7), []
    for number in range(12):
        written.append(ana.create("activity", customer_id=customer, kind="call", title=f"call {number}"))
        if number % 3 == 2:
            assert hq.process is not None
            timer = threading.Timer(chance.random() * 0.03, hq.process.kill)
            timer.start()
            with contextlib.suppress(Unreachable):
                ana.sync()
            timer.join()
            hq.kill()
            hq.start()
    ana.sync()
    rui.sync()
    assert sorted(hq.dump()["activity"]) == sorted(written) == sorted(rui.dump()["activity"])
    with hq.office.ledger.reading() as session:
        assert session.value("SELECT COUNT(*) FROM log WHERE entity='activity'") == len(written)


def test_a_push_changed_after_signing_is_refused_and_leaves_no_trace(hq: Hq, tmp_path: Path) -> None:
    ana = new_device(hq, tmp_path / "ana", "Ana")
    ana.create("customer", name="Signed")
    ana.sync()
    assert ana.last_push is not None
    body, target = ana.last_push
    before = hq.dump()
    identity = ana.store.identity()
    assert identity is not None
    good = ana.signed_send("POST", target, body)
    assert good.status == 200
    headers = signing.headers(identity.private_key, identity.device_id, "POST", target, body)
    signed = headers[protocol.SIGNATURE].partition(":")[2]
    for changed in (
        {"content-digest": protocol.digest(body + b"x")},
        {protocol.SIGNATURE: f"{identity.device_id[::-1]}:{signed}"},
        {protocol.SIGNATURE: f"{identity.device_id}:AAAA"},
        {protocol.SIGNATURE: signed},
        {protocol.SIGNATURE: ""},
    ):
        assert ana.signed_send("POST", target, body, changed).status == 401
    flipped = body[:-1] + bytes([body[-1] ^ 1])
    assert ana.signed_send("POST", target, flipped).status in (400, 401, 413, 422)
    assert hq.dump() == before


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (b'{"changes":[],"changes":[]}', 400),
        (b'{"changes":NaN}', 400),
        (b'{"changes":1e999}', 400),
        (b'{"changes":9223372036854775808}', 400),
        (b'{"changes":"\\ud800"}', 400),
        (b'{"changes":"\\u0000"}', 400),
        (b"\xef\xbb\xbf{}", 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b'{"changes":[],"more":1}', 422),
        (b'{"changes":"text"}', 422),
        (b"", 400),
    ],
)
def test_what_parsers_disagree_about_is_refused(hq: Hq, tmp_path: Path, text: bytes, status: int) -> None:
    ana = new_device(hq, tmp_path / "ana", "Ana")
    reply = ana.signed_send("POST", "/v1/push", text, {"content-encoding": "identity"})
    assert reply.status == status


def test_bombs_are_noticed_before_they_are_whole(hq: Hq, tmp_path: Path) -> None:
    import gzip

    import zstandard

    ana = new_device(hq, tmp_path / "ana", "Ana")
    zeros = b"0" * (100 * 1024 * 1024)
    for encoding, body in (("gzip", gzip.compress(zeros)), ("zstd", zstandard.compress(zeros))):
        assert ana.signed_send("POST", "/v1/push", body, {"content-encoding": encoding}).status == 413
    assert ana.signed_send("POST", "/v1/push", b"x", {"content-encoding": "br"}).status == 415
    assert ana.signed_send("POST", "/v1/push", b"x" * (9 * 1024 * 1024)).status == 413


def test_a_strangers_answer_is_offline_and_a_wrong_code_is_refused(hq: Hq, tmp_path: Path) -> None:
    import http.server

    class Portal(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            page = b"<html>Welcome to the hotel</html>"
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.send_header("content-length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *words: object) -> None:
            pass

    portal = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Portal)
    threading.Thread(target=portal.serve_forever, daemon=True).start()
    ana = new_device(hq, tmp_path / "ana", "Ana")
    before = ana.dump()
    captive = Device(ana.folder, ana.passphrase, f"http://127.0.0.1:{portal.server_port}")
    captive.create("customer", name="typed at the hotel")
    with pytest.raises(Unreachable) as unreachable:
        captive.sync()
    portal.shutdown()
    portal.server_close()
    assert unreachable.value.reason == "portal"
    assert len(ana.dump()["customer"]) == len(before["customer"]) + 1
    ana.sync()
    assert len(hq.dump()["customer"]) == 1

    from mobility_app.store import vault
    from mobility_app.store.store import Store
    from mobility_app.sync.enrolment import enrol
    from mobility_app.sync.transport import HttpTransport

    folder = tmp_path / "new"
    folder.mkdir()
    store = Store(folder / "store.db", vault.create(folder, "a long passphrase").database)
    code = hq.office.invite("Rui")
    wrong = code[:-2] + ("aa" if not code.endswith("aa") else "bb")
    with pytest.raises(Refused) as refused:
        enrol(store, HttpTransport(hq.url), hq.url, wrong, "x", secrets.token_bytes)
    assert refused.value.reason == "wrong_code"
    enrol(store, HttpTransport(hq.url), hq.url, code, "x", secrets.token_bytes)
