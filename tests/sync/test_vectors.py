"""The protocol as a stranger reads it: each message of tests/data/vectors.json, its bytes and signatures, and the page."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from mobility_app.domain.change import link
from mobility_app.hq.devices import device_id, fingerprint
from mobility_app.sync import frames, protocol, signing
from mobility_app.sync import life_messages as life
from mobility_app.sync.columns import to_entries
from mobility_app.sync.file_messages import FilePlan
from mobility_app.sync.frames import HistoryAnswer, HistoryRequest, PieceRequest
from mobility_app.sync.protocol import (
    CompareAnswer,
    CompareRequest,
    ErrorAnswer,
    FaultsAnswer,
    FaultsRequest,
    PullAnswer,
    PullRequest,
    PushAnswer,
    PushRequest,
    RowsAnswer,
    RowsRequest,
    WakeAnswer,
    WakeRequest,
)

ROOT = Path(__file__).resolve().parent.parent.parent
VECTORS: dict[str, Any] = json.loads((ROOT / "tests" / "data" / "vectors.json").read_text("utf-8"))
KINDS: dict[str, tuple[type[Any] | None, type[Any]]] = {
    "enrol": (life.EnrolRequest, life.EnrolAnswer),
    "push": (PushRequest, PushAnswer), "pull": (PullRequest, PullAnswer),
    "wake": (WakeRequest, WakeAnswer), "compare": (CompareRequest, CompareAnswer), "rows": (RowsRequest, RowsAnswer),
    "faults": (FaultsRequest, FaultsAnswer), "testify": (life.TestifyRequest, life.TestifyAnswer),
    "renew": (life.RenewRequest, life.RenewAnswer), "salvage": (life.SalvageRequest, life.DoneAnswer),
    "wiped": (life.WipedRequest, life.DoneAnswer),
    "snapshot": (PieceRequest, frames.Piece), "history": (HistoryRequest, HistoryAnswer), "files": (None, FilePlan),
}  # fmt: skip


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("one", VECTORS["messages"], ids=lambda one: f"{one['target'].split('/')[2]}-{one['status']}")
def test_a_message_is_read_written_and_signed_byte_for_byte(one: dict[str, Any]) -> None:
    asked, said = one["request"].encode(), one["answer"].encode()
    request, answer = KINDS[one["target"].split("/")[2]]
    if request is not None:
        read = protocol.unpack(asked, request, "identity")  # as HQ reads what a stranger sent
        assert msgspec.json.encode(read) == asked
    kind = ErrorAnswer if one["status"] != 200 else answer
    assert msgspec.json.encode(msgspec.json.decode(said, type=kind)) == said
    signing.check_answer(
        VECTORS["hq_public_key"], one["status"], {protocol.SIGNATURE: one["answer_signature"]}, said, asked
    )
    if one["signature"]:
        made = signing.headers(VECTORS["device_key"], VECTORS["device_id"], one["method"], one["target"], asked)
        assert made[protocol.SIGNATURE] == one["signature"]


def test_the_keys_are_those_that_sign() -> None:
    public = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(VECTORS["device_key"])).public_key()
    assert device_id(public.public_bytes_raw()) == VECTORS["device_id"]
    hq = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(VECTORS["hq_key"])).public_key().public_bytes_raw()
    assert (hq.hex(), fingerprint(hq)) == (VECTORS["hq_public_key"], VECTORS["hq_fingerprint"])
    one = next(one for one in VECTORS["messages"] if one["target"] == "/v1/push")
    _, version, signature = one["signature"].split(":")
    text = (f'"@method": POST\n"@target-uri": /v1/push\n"content-digest": {protocol.digest(one["request"].encode())}\n'
            f'"mobility-device": {VECTORS["device_id"]}\n"mobility-version": {version}')  # fmt: skip
    public.verify(base64.b64decode(signature), text.encode())
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(hq).verify(base64.b64decode(signature), text.encode())


def test_entries_in_columns_carry_their_chain_whole_or_sealed() -> None:
    pulls = [
        msgspec.json.decode(one["answer"], type=PullAnswer)
        for one in VECTORS["messages"]
        if one["target"] == "/v1/pull"
    ]
    seen = 0
    for answer in pulls:
        chain = ""
        if answer.entries.check:
            chains = "".join(one["chain"] for one in VECTORS["chain"])
            assert answer.entries.check == hashlib.sha256(chains.encode()).hexdigest()[:32]
            assert answer.entries.patch[1] == {"website": "https://a.example"}
            assert answer.entries.chain == [""]
            continue
        for (entry, sealed), kept in zip(to_entries(answer.entries), VECTORS["chain"], strict=False):
            chain = link(chain, entry, sealed)
            assert chain == entry.chain == kept["chain"]
            seen += 1 + bool(sealed)
    assert seen == 5  # two whole, one whole and one sealed


def test_the_page_shows_each_and_the_file_is_what_the_code_writes(tmp_path: Path) -> None:
    page = squeezed((ROOT / "docs" / "protocol.md").read_text("utf-8"))
    for one in VECTORS["messages"]:
        for text in (one["request"], one["answer"], one["signature"], one["answer_signature"]):
            assert squeezed(text) in page, one["target"]
    for one in VECTORS["chain"]:
        assert squeezed(one["entry"]) in page
        assert one["chain"] in page
    made = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "vectors.py"), "--print"], check=True, capture_output=True, text=True
    )
    assert json.loads(made.stdout) == VECTORS
