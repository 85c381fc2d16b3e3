#!/usr/bin/env python3
"""Writes tests/data/vectors.json and the last section of docs/protocol.md: every message as bytes, with keys and signatures.

    python scripts/vectors.py            # writes both
    python scripts/vectors.py --print    # the file alone, on standard output

Run it when a message changes, and look at what changed: a stranger's client reads the same page.
"""

from __future__ import annotations

import base64
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mobility_app.domain.change import Entry, canonical, commitment, link
from mobility_app.hq.devices import device_id, fingerprint
from mobility_app.store.records import patch_columns
from mobility_app.sync import life_messages, protocol, signing
from mobility_app.sync.columns import LEAN_SINCE, Entries, of_rows, thinned
from mobility_app.sync.file_messages import FilePlan
from mobility_app.sync.frames import HistoryAnswer, HistoryRequest, Made, Part, Piece, PieceRequest, Table, WireFloor
from mobility_app.sync.life_messages import (
    DoneAnswer,
    EnrolAnswer,
    EnrolRequest,
    RenewAnswer,
    RenewRequest,
    SalvageRequest,
    TestifyAnswer,
    TestifyRequest,
    WipedRequest,
    WireEntry,
)
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
    WireActor,
    WireChange,
    WireCursor,
    WireFault,
    WireLife,
    WireOffer,
    WireRow,
    WireVerdict,
)

ROOT = Path(__file__).resolve().parent.parent
DATA, PAGE = ROOT / "tests" / "data" / "vectors.json", ROOT / "docs" / "protocol.md"
HEAD = "## Vectors\n"
DEVICE_KEY, HQ_KEY, NEW_KEY = (bytes([number]) * 32 for number in (1, 2, 3))
AT = 1_790_000_000_000
COMPANY, TERRITORY, CUSTOMER, CONTACT, USER, OTHER = (f"{number:032x}" for number in range(1, 7))
EPOCH, LIFE = "0a" * 16, "0a0a0a0a"
SALT = "00" * 8
WIDTH = 118
INTRODUCTION = """
Each message as the bytes of its body before compression, as they are signed and sent here (`content-encoding: identity`,
which HQ understands; a client packs them with zstd and signs what it packed). Lines are broken after commas for this page
alone. The same stand in `tests/data/vectors.json`, which `scripts/vectors.py` writes; `tests/sync/test_vectors.py` holds
the code to them in both directions.

"""


def public(private: bytes) -> bytes:
    """The public half of a key."""
    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def signed(private: bytes, text: bytes) -> str:
    """A signature in hex."""
    return Ed25519PrivateKey.from_private_bytes(private).sign(text).hex()


DEVICE = device_id(public(DEVICE_KEY))


def entries() -> list[Entry]:
    """Two entries of a customer's history, chained."""
    made = Entry(
        COMPANY, 57, 57, "contact", CONTACT, CUSTOMER, "create",
        {"customer_id": (None, CUSTOMER), "first_name": (None, "Eva"), "opted_out": (None, False)}, AT << 16, USER, DEVICE,
        11, AT, SALT, "",
    )  # fmt: skip
    first = link("", made)
    moved = Entry(
        COMPANY, 58, 58, "customer", CUSTOMER, CUSTOMER, "update", {"website": (None, "https://a.example")},
        (AT + 1) << 16, USER, DEVICE, 12, AT + 1, SALT, "",
    )  # fmt: skip
    return [_chained(made, first), _chained(moved, link(first, moved))]


def _chained(entry: Entry, chain: str) -> Entry:
    return Entry(
        entry.stream, entry.seq, entry.txn, entry.entity, entry.record_id, entry.root_id, entry.kind, entry.patch,
        entry.stamp, entry.user_id, entry.device_id, entry.dseq, entry.at, entry.salt, chain,
    )  # fmt: skip


def columns(found: list[Entry], *, sealed: bool = False, thin: bool = False) -> Entries:
    """Entries as HQ hands them out; `sealed`: to somebody who may not see the field `website`; `thin`: lean."""
    rows, seals = [], {}
    for place, one in enumerate(found):
        patch, salt = patch_columns(one.entity, one.patch), one.salt
        if sealed and "website" in patch:
            seals[place] = {name: commitment(salt, name, sides) for name, sides in one.patch.items()}
            patch, salt = {name: sides for name, sides in patch.items() if name != "website"}, ""
        rows.append((
            one.stream, one.seq, one.txn, one.entity, one.record_id, one.root_id, one.kind, canonical(patch).decode(),
            one.stamp, one.user_id, one.device_id, one.dseq, one.at, salt, one.chain,
        ))  # fmt: skip
    return of_rows(*thinned(rows, seals, lambda line: True)) if thin else of_rows(rows, seals)


def messages() -> list[tuple[str, str, object, object]]:
    """(method, target, request or None for an empty body, answer)."""
    code = f"{fingerprint(public(HQ_KEY))}-abcdefghijklmnopqrstuvwxyz"
    actor = WireActor("rep", [COMPANY], [TERRITORY], "pt")
    cursor = WireCursor(EPOCH, "rep", {f"t:{TERRITORY}": (58, 0)}, {COMPANY: 58}, "0123456789abcdef0123456789abcdef")
    first = WireChange(
        12, 5, "customer", CUSTOMER, "update", {"website": (None, "https://a.example")}, 57, AT + 1 << 16, AT + 1
    )
    second = WireChange(13, 5, "contact", CONTACT, "update", {"opted_out": (False, True)}, 57, AT + 1 << 16, AT + 1)
    ahead = WireChange(
        14, 6, "contact", CONTACT, "delete", {"first_name": ("Eva", None)}, 58, (AT + 9 << 16) + 3, AT + 2, True
    )
    void = WireChange(15, 7, "", "0" * 32, "void", {}, 0, AT << 16, AT)
    entry = entries()[1]
    told = WireEntry(
        entry.stream, entry.seq, entry.txn, entry.entity, entry.record_id, entry.kind, entry.patch, entry.stamp, entry.at,
        entry.salt, entry.chain, entry.root_id, entry.user_id, entry.device_id, entry.dseq,
    )  # fmt: skip
    new = device_id(public(NEW_KEY))
    part = Part(
        [CUSTOMER], [entry.chain], [58],
        [Table("customer", ["id", "name", "shared"], [[CUSTOMER], ["Óptica"], [0]])],
        Made([CUSTOMER], [OTHER], [USER], [AT]), {"customer": "cc159cf77efee269"},
    )  # fmt: skip
    accepted = [
        WireVerdict(12, "accepted", stream=COMPANY, seq=58),
        WireVerdict(13, "superseded", "", {"opted_out": ("superseded", "")}, COMPANY, 58),
    ]
    return [
        ("POST", "/v1/enrol", EnrolRequest(code, public(DEVICE_KEY).hex(), "tablet", signed(DEVICE_KEY, code.encode())),
         EnrolAnswer(DEVICE, 7, USER, public(HQ_KEY).hex(), actor)),
        ("POST", "/v1/push", PushRequest(protocol.in_columns([first, second]), LIFE), PushAnswer(accepted)),
        ("POST", "/v1/push", PushRequest(protocol.in_columns([ahead]), LIFE, True),
         PushAnswer([WireVerdict(14, "rejected", "set_aside")])),
        ("POST", "/v1/push", PushRequest(protocol.in_columns([void])), ErrorAnswer("gap", 12)),
        ("POST", "/v1/pull", PullRequest(WireCursor(), 1, True),
         PullAnswer(actor, columns(entries()), [(2, "leave", OTHER, "")], cursor, digest="1-d4a2913fb9e79408")),
        ("POST", "/v1/pull", PullRequest(WireCursor(), 1),
         PullAnswer(actor, columns(entries(), sealed=True), [], cursor, more=True, left=40)),
        ("POST", "/v1/pull", PullRequest(WireCursor(), LEAN_SINCE, True),
         PullAnswer(actor, columns(entries(), thin=True), [], cursor, digest="3-d4a2913fb9e79408")),
        ("POST", "/v1/pull", PullRequest(cursor, LEAN_SINCE, True, whole=True), PullAnswer(digest="3-d4a2913fb9e79408")),
        ("POST", "/v1/pull", PullRequest(cursor, 1, True), PullAnswer(digest="1-d4a2913fb9e79408")),
        ("POST", "/v1/pull", PullRequest(cursor, 1, True, [f"t:{TERRITORY}"]),
         PullAnswer(actor, Entries(), [], cursor, reset=True, behind={COMPANY: 40}, life=WireLife(12, {COMPANY: 40}),
                    offers={f"t:{TERRITORY}": WireOffer(58, 1, 1, COMPANY)})),
        ("POST", "/v1/wake", WakeRequest(cursor, 50), WakeAnswer(True)),
        ("POST", "/v1/compare", CompareRequest(cursor, 1, {"contact": "7a5a357b9396424e"}), CompareAnswer(moved=True)),
        ("POST", "/v1/rows", RowsRequest(cursor, 1, "contact", [64], {CONTACT: "4f33a42e1bc7edb5"}),
         RowsAnswer([WireRow(CONTACT, {"first_name": "Eva"}, CUSTOMER)], [OTHER])),
        ("POST", "/v1/faults", FaultsRequest([WireFault(1, AT, "repaired", "contact", CONTACT, {"first_name": "Eve"}, {"first_name": "Eva"})]),  # noqa: E501
         FaultsAnswer(1)),
        ("POST", "/v1/testify", TestifyRequest(EPOCH, [told]), TestifyAnswer(1)),
        ("POST", "/v1/renew", RenewRequest(public(NEW_KEY).hex(), signed(NEW_KEY, DEVICE.encode()), 1_000_012,
                                           {"12": life_messages.digest(first)[:24]}),
         RenewAnswer(new, 9, accepted[:1])),
        ("POST", "/v1/salvage", SalvageRequest([ahead], True), DoneAnswer()),
        ("POST", "/v1/wiped", WipedRequest(), DoneAnswer()),
        ("POST", "/v1/snapshot", PieceRequest(f"t:{TERRITORY}", 58, 0), Piece([part])),
        ("POST", "/v1/history", HistoryRequest({CUSTOMER: 58}, 0),
         HistoryAnswer(columns(entries()[:1]), {CUSTOMER: WireFloor(57, "")})),
        ("POST", f"/v1/files/{OTHER}/plan", None, FilePlan(missing=[0, 1, 7])),
        ("POST", f"/v1/files/{OTHER}/seal", None, FilePlan(here=True)),
    ]  # fmt: skip


def vectors() -> dict[str, object]:
    """All that the file holds."""
    found = []
    for method, target, request, answer in messages():
        body = b"" if request is None else msgspec.json.encode(request)
        said = msgspec.json.encode(answer)
        status = 409 if isinstance(answer, ErrorAnswer) else 200
        known = signing.headers(DEVICE_KEY.hex(), DEVICE, method, target, body)[protocol.SIGNATURE]
        by_hq = Ed25519PrivateKey.from_private_bytes(HQ_KEY).sign(
            protocol.answer_base(status, said, protocol.digest(body), str(AT))
        )
        found.append({
            "method": method, "target": target, "request": body.decode(),
            "signature": "" if isinstance(request, EnrolRequest) else known, "status": status, "answer": said.decode(),
            "answer_signature": f"{AT}:{base64.b64encode(by_hq).decode()}",
        })  # fmt: skip
    chain = [{"entry": _leaf(one), "chain": one.chain} for one in entries()]
    return {
        "device_key": DEVICE_KEY.hex(), "device_id": DEVICE, "hq_key": HQ_KEY.hex(), "hq_public_key": public(HQ_KEY).hex(),
        "hq_fingerprint": fingerprint(public(HQ_KEY)), "chain": chain, "messages": found,
    }  # fmt: skip


def _leaf(one: Entry) -> str:
    """The text that is hashed after the previous chain."""
    fields = {name: commitment(one.salt, name, sides) for name, sides in one.patch.items()}
    leaf = [one.stream, one.seq, one.entity, one.record_id, one.root_id, one.kind, fields, one.stamp, one.user_id,
            one.device_id, one.dseq, one.at]  # fmt: skip
    return canonical(leaf).decode()


def section(found: dict[str, object]) -> str:
    """The page's last section."""
    lines = [HEAD, INTRODUCTION]
    lines.append(
        f"The device's private key is 32 times the byte 1, its id `{found['device_id']}`; HQ's private key is 32 times the byte\n"
        f"2, its public key `{found['hq_public_key']}`, the fingerprint\n`{found['hq_fingerprint']}`.\n\n"
    )
    every = found["messages"]
    assert isinstance(every, list)
    for one in every:
        lines.append(f"**{one['method']} `{one['target']}`**, {one['status']}\n\n")
        for text, signature in ((one["request"], one["signature"]), (one["answer"], one["answer_signature"])):
            lines += [f"{_broken(text)}\n"] if text else []
            lines += [f"    mobility-signature: {signature}\n\n"] if signature else ["\n"]
    chain = found["chain"]
    assert isinstance(chain, list)
    lines.append("**Chain**: the leaf of each entry and the chain after it, salt `0000000000000000`\n\n")
    lines += [f"{_broken(one['entry'])}\n    {one['chain']}\n" for one in chain]
    return "".join(lines)


def _broken(text: str) -> str:
    """The text in lines of a page, broken after commas; blanks at the ends of lines are no part of it."""
    lines = [""]
    for piece in re.findall(r"[^,]*,|[^,]+", text):
        if lines[-1] and len(lines[-1]) + len(piece) > WIDTH:
            lines.append("")
        lines[-1] += piece
    return "\n".join(f"    {'' if not at else '  '}{line}" for at, line in enumerate(lines))


def main() -> int:
    text = json.dumps(vectors(), ensure_ascii=False, indent=1) + "\n"
    if "--print" in sys.argv[1:]:
        sys.stdout.write(text)
        return 0
    DATA.write_text(text, "utf-8")
    page = PAGE.read_text("utf-8").split(HEAD)[0].rstrip() + "\n\n" + section(json.loads(text))
    PAGE.write_text(page, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
