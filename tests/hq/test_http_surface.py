"""HQ's HTTP surface under valid and hostile requests in any order: always a signed answer, never a 5xx, never more in
memory than a request may bring, and what was accepted is what stands.

The machine speaks to the real ASGI application. A model keeps what each accepted change must have made.
"""

from __future__ import annotations

import asyncio
import gc
import json
import random
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mobility_app.domain.fields import Plain
from mobility_app.hq.app import create_app
from mobility_app.hq.headquarters import Request, private_bytes
from mobility_app.sync import protocol, signing
from tests.support import invariants
from tests.support.fleet import Fleet
from tests.support.forger import Forger, forged

STEPS = ("push", "pull", "wake", "enrol", "compare", "rows", "faults", "testify")
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
BODY_BYTES = 200_000
MEMORY_BYTES = 4 * protocol.BODY_MAX_BYTES
LEAVES: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text("aé\x00\ud800{", max_size=6),
    st.sampled_from(["customer", "update", "0" * 32, "hq", "rep"]),
)  # fmt: skip
KEYS = st.sampled_from([
    "changes", "cursor", "dseq", "tx", "entity", "id", "kind", "patch", "base", "stamp", "at", "scopes", "streams", "seal",
    "epoch", "role", "code", "public_key", "name", "proof", "sums", "generation", "have", "buckets", "faults", "entries",
    "seconds", "x",
])  # fmt: skip
TREES: st.SearchStrategy[Any] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)


class Surface:
    """The application of a fleet's HQ, asked without a socket."""

    def __init__(self, folder: Path) -> None:
        self.fleet = Fleet(folder)
        self.fleet.user("Ana")
        self.ana = Forger(self.fleet, "Ana")
        self.app = create_app(self.fleet.office, "key")

    def send(self, method: str, target: str, headers: dict[str, str], body: bytes) -> httpx.Response:
        """The answer over ASGI, which must come and must not be a 5xx."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=True)
            async with httpx.AsyncClient(transport=transport, base_url="http://hq.test") as client:
                return await asyncio.wait_for(client.request(method, target, headers=headers, content=body), 60)

        answer = asyncio.run(ask())
        assert answer.status_code < 500, (method, target, answer.status_code)
        return answer

    def signed(self, target: str, body: bytes, encoding: str = "zstd") -> httpx.Response:
        """A request that carries the device's right signature, whatever is in it."""
        key = private_bytes(self.ana.key).hex()
        headers = signing.headers(key, self.ana.device_id, "POST", target, body)
        return self.send("POST", target, {**headers, "content-encoding": encoding}, body)

    def said(self, answer: httpx.Response) -> Any:
        return msgspec.json.decode(answer.content)  # httpx has taken the compression off


class Http(RuleBasedStateMachine):
    """Valid pushes and pulls among hostile requests."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.at = Surface(Path(self.folder.name))
        with self.at.fleet.office.ledger.reading() as session:
            self.territory = self.at.fleet.office.named(session, "territory", "Norte")
            self.company = self.at.fleet.office.named(session, "company", "Lusa")
        self.names: dict[str, Plain] = {}
        self.next = 1
        self.last: tuple[bytes, bytes] | None = None
        self.numbers = random.Random(3)

    def _push(self, change: protocol.WireChange) -> dict[str, Any]:
        change = msgspec.structs.replace(change, dseq=self.next, tx=self.next)
        body = protocol.pack(protocol.PushRequest(protocol.in_columns([change])))
        answer = self.at.signed("/v1/push", body)
        assert answer.status_code == 200
        self.next += 1
        self.last = (body, answer.content)
        (verdict,) = self.at.said(answer)["verdicts"]
        assert verdict.get("reason") != "set_aside"
        return dict(verdict)

    @rule(name=st.text("aé ", min_size=1, max_size=8))
    def create(self, name: str) -> None:
        new_id = self.numbers.randbytes(16).hex()
        values: dict[str, Plain] = {"name": name, "company_id": self.company, "territory_id": self.territory}
        if self._push(forged("create", "customer", new_id, values))["state"] == "accepted":
            self.names[new_id] = name.strip()

    @rule(data=st.data(), name=st.text("abc", min_size=1, max_size=8))
    def update(self, data: st.DataObject, name: str) -> None:
        if self.names:
            which = data.draw(st.sampled_from(sorted(self.names)))
            if self._push(forged("update", "customer", which, {"name": name}))["state"] == "accepted":
                self.names[which] = name

    @rule(name=st.sampled_from(["credit_limit_minor", "number", "no_such", "company_id"]), value=LEAVES)
    def overreach(self, name: str, value: Plain) -> None:
        if self.names and (value is None or isinstance(value, bool | str)) and "\x00" not in str(value):
            if isinstance(value, str) and not value.isascii():
                return
            verdict = self._push(forged("update", "customer", min(self.names), {name: value}, before="?"))
            assert verdict["state"] == "rejected"

    @rule()
    def again(self) -> None:
        if self.last is not None:
            assert self.at.signed("/v1/push", self.last[0]).content == self.last[1]

    @rule()
    def pull(self) -> None:
        body = protocol.pack(protocol.PullRequest(protocol.WireCursor()))
        answer = self.at.signed("/v1/pull", body)
        assert answer.status_code == 200
        assert set(self.names) <= set(self.at.said(answer)["entries"]["id"])

    @rule(step=st.sampled_from(STEPS), tree=TREES)
    def nonsense(self, step: str, tree: Any) -> None:
        text = json.dumps(tree).encode("utf-8", "replace")
        status = self.at.signed(f"/v1/{step}", text, "identity").status_code
        question = step == "pull" and isinstance(tree, dict) and tree.get("cursor") == {}  # a real one, by chance
        assert status in (400, 401, 403, 413, 415, 422) or (question and status == 200)

    @rule(
        method=st.sampled_from(METHODS),
        path=st.sampled_from([*STEPS, "", "..", "files/x", "%00"]),
        body=st.binary(max_size=99),
    )
    def stranger(self, method: str, path: str, body: bytes) -> None:
        assert self.at.send(method, f"/v1/{path}", {"content-type": protocol.MEDIA_TYPE}, body).status_code >= 400

    @rule(
        step=st.sampled_from(STEPS),
        encoding=st.sampled_from(["zstd", "gzip", "br", "identity, zstd"]),
        body=st.binary(max_size=200),
    )
    def garbage(self, step: str, encoding: str, body: bytes) -> None:
        assert 400 <= self.at.signed(f"/v1/{step}", body, encoding).status_code < 500

    @invariant()
    def what_was_accepted_stands(self) -> None:
        if hasattr(self, "at"):
            with self.at.fleet.office.ledger.reading() as session:
                assert {str(row["id"]): row["name"] for row in session.find("customer")} == self.names
                assert session.value("SELECT last_dseq FROM device WHERE id=?", self.at.ana.device_id) == self.next - 1

    def teardown(self) -> None:
        if hasattr(self, "at"):
            with self.at.fleet.office.ledger.reading() as session:
                invariants.streams(session)
                invariants.folds(session)
            self.at.fleet.office.database.close()
            self.folder.cleanup()


TestHttp = pytest.mark.simulation(Http.TestCase)
TestHttp.settings = settings(
    max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module")
def surface(tmp_path_factory: pytest.TempPathFactory) -> Surface:
    return Surface(tmp_path_factory.mktemp("hq"))


@pytest.mark.simulation
@pytest.mark.parametrize("step", STEPS)
def test_messages_of_the_right_shape_with_any_values_are_answered(surface: Surface, step: str) -> None:
    cursor = st.fixed_dictionaries({}, optional={
        "epoch": LEAVES, "role": LEAVES, "seal": LEAVES, "scopes": st.dictionaries(KEYS, TREES, max_size=2),
        "streams": st.dictionaries(KEYS, LEAVES, max_size=2),
    })  # fmt: skip
    change = {
        "dseq": st.integers(0, 3) | LEAVES, "tx": LEAVES, "entity": st.sampled_from(["customer", "x"]) | LEAVES,
        "id": st.just("0" * 32) | LEAVES, "kind": st.sampled_from(["create", "delete", "x"]) | LEAVES, "patch": TREES,
        "base": LEAVES, "stamp": LEAVES, "at": LEAVES,
    }  # fmt: skip
    columns = st.fixed_dictionaries({name: st.lists(value, max_size=3) for name, value in change.items()})
    right = {"dseq": 1, "tx": 1, "entity": "customer", "id": "0" * 32, "kind": "update", "patch": {}, "base": 0, "stamp": 0,
             "at": 0}  # fmt: skip
    uneven = st.fixed_dictionaries({name: st.just([one]) | st.just([one] * 2) | st.just([one] * 3)
                                    for name, one in right.items()})  # fmt: skip
    message = st.fixed_dictionaries({}, optional={
        "cursor": cursor, "changes": columns | uneven, "generation": LEAVES, "sums": TREES, "have": TREES,
        "entity": LEAVES, "buckets": TREES, "faults": TREES, "entries": TREES, "code": LEAVES, "seconds": st.integers(0, 1),
    })  # fmt: skip

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(message)
    def asked(tree: Any) -> None:
        text = json.dumps(tree).encode("utf-8", "replace")
        surface.signed(f"/v1/{step}", text, "identity")

    asked()


def test_a_request_costs_no_more_memory_than_it_may(surface: Surface) -> None:
    bombs = [
        zstandard.ZstdCompressor(level=19).compress(b"0" * 60_000_000), b"[" * BODY_BYTES, b'{"a":' * BODY_BYTES,
        b"\x00" * (protocol.BODY_MAX_BYTES + 10),
    ]  # fmt: skip
    for body in bombs:
        for encoding in ("zstd", "identity"):
            gc.collect()
            tracemalloc.start()
            answer = surface.signed("/v1/push", body, encoding)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert 400 <= answer.status_code < 500
            assert peak < MEMORY_BYTES, (len(body), encoding, peak)


def test_a_request_without_a_framework_is_answered_alike(surface: Surface) -> None:
    request = Request("POST", "/v1/push", {"content-type": protocol.MEDIA_TYPE}, b"")
    assert surface.fleet.office.headquarters.answer(request).status == surface.send(
        "POST", "/v1/push", {"content-type": protocol.MEDIA_TYPE}, b""
    ).status_code  # fmt: skip
