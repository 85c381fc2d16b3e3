"""Bytes of files at HQ: which lie here, whose they are, how they come piece by piece, and when they leave.

A file's bytes lie on a `Shelf` as pieces of 1 MiB, each sealed with ChaCha20-Poly1305 under a key that HKDF makes from the
folder's own key and the blob's name; the nonce is random, the piece's number its associated data. What a device
brings is staged under a name of its own; when all of it is there, the whole is hashed anew, and only what its record says
becomes a blob. One content lies once in a company. It is given to the readers of a record that leads to it, and a record
leads to it only after its bytes came for it, or where the sender may read them already: knowing a hash opens nothing, and
no answer tells whether others hold the same bytes. The requests are `blobs_requests.py`, who may is `blobs_reach.py`.
"""

from __future__ import annotations

import hashlib
import threading
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mobility_app.domain.entities.file import SPAN_BYTES, span_bytes, spans
from mobility_app.errors import Refused
from mobility_app.hq.blobs_reach import Wanted
from mobility_app.hq.blobs_shelf import Shelf
from mobility_app.store.database import Database
from mobility_app.store.records import Records

NONCE_BYTES = 12
AHEAD = 8  # pieces that are fetched while the whole is hashed: far stores answer slowly
GRACE_MS = 30 * 86_400_000
UPLOADS_MOST = 64  # of one device that are not whole yet; the oldest gives way
LOCKS = 64
DROPS_MOST = 1_000  # blobs that one collection takes away


class Blobs:
    """The bytes of one HQ. `key`: 32 bytes (`key_from`)."""

    def __init__(
        self, database: Database, shelf: Shelf, key: bytes, now: Callable[[], int], random: Callable[[int], bytes]
    ) -> None:
        self._database, self._shelf, self._key, self._now, self._random = database, shelf, key, now, random
        self._locks = tuple(threading.Lock() for _ in range(LOCKS))  # a piece never comes while its whole is sealed

    # -- in

    def plan(self, file: Wanted, device_id: str, readable: str | None) -> list[int] | None:
        """The pieces that are still to be brought, None where the bytes are here. `readable`: a blob of the same content
        that the sender may read through another record."""
        for blob in (self.of(file.id), readable):
            if blob is not None and self._whole(blob, file):
                self._lead(file, blob)
                return None
        upload = self._upload(file, device_id)
        here = self._shelf.numbers(upload)
        return [number for number in range(spans(file.size_bytes)) if number not in here]

    def put(self, file: Wanted, device_id: str, number: int, piece: bytes) -> None:
        """Keeps one piece. Raises Refused: 422 wrong_piece (its number or length), 409 no_plan."""
        if not 0 <= number < spans(file.size_bytes) or len(piece) != span_bytes(file.size_bytes, number):
            raise Refused("wrong_piece", 422)
        with self._alone(file, device_id):
            upload = self._planned(file, device_id)
            self._shelf.put(upload, number, self._sealed(upload, number, piece))

    def seal(self, file: Wanted, device_id: str) -> None:
        """Hashes what came, whole, and lets the record lead to it. Done again it changes nothing.

        Raises Refused: 409 no_plan, 409 pieces_missing, 422 wrong_bytes (then all that came is dropped)."""
        with self._alone(file, device_id):
            if self.of(file.id) is not None:
                return
            upload = self._planned(file, device_id)
            if len(self._shelf.numbers(upload)) < spans(file.size_bytes):
                raise Refused("pieces_missing", 409)
            if self._hash(upload, file.size_bytes) != file.sha256:
                self._forget(upload)
                raise Refused("wrong_bytes", 422)
            twin = self._twin(file)
            if self._became(upload, file, twin) != upload:
                self._shelf.drop(upload)

    def keep(self, file: Wanted, content: bytes) -> None:
        """Bytes that HQ has itself (made data)."""
        sender = "hq"
        for number in self.plan(file, sender, None) or ():
            start = number * SPAN_BYTES
            self.put(file, sender, number, content[start : start + SPAN_BYTES])
        self.seal(file, sender)

    # -- out

    def of(self, file_id: str) -> str | None:
        """The blob that a record leads to."""
        with self._session() as session:
            found: str | None = session.value("SELECT blob_id FROM file_blob WHERE file_id=?", file_id)
        return found

    def piece(self, file: Wanted, number: int) -> bytes:
        """A piece of a record's bytes. Raises Refused: 422 wrong_piece, 404 bytes_missing (they have not come yet)."""
        if not 0 <= number < spans(file.size_bytes):
            raise Refused("wrong_piece", 422)
        blob = self.of(file.id)
        found = self._opened(blob, number) if blob is not None else None
        if found is None:
            raise Refused("bytes_missing", 404)
        return found

    # -- away

    def collect(self) -> int:
        """Takes away what no record leads to, and uploads that nobody goes on with, each after 30 days. Returns how
        many went. What lies on the shelf and is unknown (HQ was restored from a copy) waits as long."""
        now = self._now()
        with self._changing() as session:
            known = {row[0] for row in session.rows("SELECT id FROM blob UNION ALL SELECT id FROM upload")}
        strange = set(self._shelf.blobs()) - known
        with self._changing() as session:
            for blob in strange:
                session.run(
                    "INSERT INTO upload (id, file_id, device_id, at) SELECT ?, ?, 'hq', ?"
                    " WHERE NOT EXISTS (SELECT 1 FROM blob WHERE id=?) ON CONFLICT DO NOTHING",
                    blob, blob, now, blob,
                )  # fmt: skip
            led = "(SELECT l.blob_id FROM file_blob l JOIN file f ON f.id=l.file_id)"
            session.run(f"UPDATE blob SET alone_since=NULL WHERE alone_since IS NOT NULL AND id IN {led}")
            session.run(f"UPDATE blob SET alone_since=? WHERE alone_since IS NULL AND id NOT IN {led}", now)
            doomed = [row[0] for row in session.rows(
                "SELECT id FROM blob WHERE alone_since<? UNION ALL SELECT id FROM upload WHERE at<? LIMIT ?",
                now - GRACE_MS, now - GRACE_MS, DROPS_MOST,
            )]  # fmt: skip
            for blob in doomed:
                session.run("DELETE FROM blob WHERE id=?", blob)
                session.run("DELETE FROM file_blob WHERE blob_id=?", blob)
        for blob in doomed:
            self._forget(blob)
        return len(doomed)

    def faults(self) -> list[str]:
        """What is wrong with the bytes: pieces that are gone, or are not what was sealed."""
        with self._session() as session:
            rows = session.rows("SELECT id, sha256, size_bytes FROM blob ORDER BY id")
        return [
            f"bytes of a file are damaged or gone: {blob}"
            for blob, sha256, size_bytes in rows
            if self._hash(blob, size_bytes) != sha256
        ]

    # -- inside

    @contextmanager
    def _session(self) -> Iterator[Records]:
        with self._database.session() as session:
            yield Records(self._database.engine, session.watch)

    @contextmanager
    def _changing(self) -> Iterator[Records]:
        with self._database.transaction() as session:
            yield Records(self._database.engine, session.watch)

    def _whole(self, blob: str, file: Wanted) -> bool:
        """Whether it is what the record says and all of it still lies there; what does not is forgotten, so that it can
        come again."""
        with self._session() as session:
            row = session.one("SELECT sha256, size_bytes FROM blob WHERE id=?", blob)
        if row != (file.sha256, file.size_bytes):
            return False
        if len(self._shelf.numbers(blob)) == spans(file.size_bytes):
            return True
        with self._changing() as session:
            session.run("DELETE FROM blob WHERE id=?", blob)
            session.run("DELETE FROM file_blob WHERE blob_id=?", blob)
        self._shelf.drop(blob)
        return False

    def _lead(self, file: Wanted, blob: str) -> None:
        with self._changing() as session:
            if session.value("SELECT blob_id FROM file_blob WHERE file_id=?", file.id) != blob:
                _lead(session, file.id, blob)

    def _upload(self, file: Wanted, device_id: str) -> str:
        """The name under which this device stages this file's pieces. Kept fresh, so that it is not collected."""
        with self._changing() as session:
            known: str | None = session.value(
                "UPDATE upload SET at=? WHERE file_id=? AND device_id=? RETURNING id", self._now(), file.id, device_id
            )
            if known is not None:
                return known
            waiting = session.rows("SELECT id FROM upload WHERE device_id=? ORDER BY at", device_id)
            oldest = [row[0] for row in waiting[: max(0, len(waiting) - UPLOADS_MOST + 1)]]
            for doomed in oldest:
                session.run("DELETE FROM upload WHERE id=?", doomed)
            fresh = self._random(16).hex()
            session.run(
                "INSERT INTO upload (id, file_id, device_id, at) VALUES (?, ?, ?, ?)",
                fresh, file.id, device_id, self._now(),
            )  # fmt: skip
        for doomed in oldest:
            self._shelf.drop(doomed)
        return fresh

    def _planned(self, file: Wanted, device_id: str) -> str:
        with self._session() as session:
            found: str | None = session.value(
                "SELECT id FROM upload WHERE file_id=? AND device_id=?", file.id, device_id
            )
        if found is None:
            raise Refused("no_plan", 409)
        return found

    def _twin(self, file: Wanted) -> str | None:
        """The company's blob of the same content, where all of it lies there."""
        with self._session() as session:
            found: str | None = session.value(
                "SELECT id FROM blob WHERE company_id=? AND sha256=?", file.company_id, file.sha256
            )
        return found if found is not None and self._whole(found, file) else None

    def _became(self, upload: str, file: Wanted, twin: str | None) -> str:
        """Makes a blob of what was staged and is right, unless the company has this content. Returns what it leads to."""
        with self._changing() as session:
            session.run("DELETE FROM upload WHERE id=?", upload)
            if twin is None:
                session.run(
                    "INSERT INTO blob (id, company_id, sha256, size_bytes, at) VALUES (?, ?, ?, ?, ?)"
                    " ON CONFLICT (company_id, sha256) DO NOTHING",
                    upload, file.company_id, file.sha256, file.size_bytes, self._now(),
                )  # fmt: skip
                twin = str(session.value(
                    "SELECT id FROM blob WHERE company_id=? AND sha256=?", file.company_id, file.sha256
                ))  # fmt: skip
            _lead(session, file.id, twin)
        return twin

    def _forget(self, blob: str) -> None:
        self._shelf.drop(blob)
        with self._changing() as session:
            session.run("DELETE FROM upload WHERE id=?", blob)

    def _alone(self, file: Wanted, device_id: str) -> threading.Lock:
        return self._locks[zlib.crc32(f"{file.id}{device_id}".encode()) % LOCKS]

    # -- sealed pieces

    def _cipher(self, blob: str) -> ChaCha20Poly1305:
        return ChaCha20Poly1305(HKDF(SHA256(), 32, None, f"mobility/hq-blob/v1|{blob}".encode()).derive(self._key))

    def _sealed(self, blob: str, number: int, piece: bytes) -> bytes:
        nonce = self._random(NONCE_BYTES)
        return nonce + self._cipher(blob).encrypt(nonce, piece, str(number).encode())

    def _opened(self, blob: str, number: int) -> bytes | None:
        """A piece, None where it is gone or not what was sealed."""
        sealed = self._shelf.get(blob, number)
        if sealed is None:
            return None
        try:
            return self._cipher(blob).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], str(number).encode())
        except (InvalidTag, ValueError):
            return None

    def _hash(self, blob: str, size_bytes: int) -> str:
        """SHA-256 of the whole, in hex; AHEAD pieces in memory at most. A piece that is gone makes it another."""
        hashed, count = hashlib.sha256(), spans(size_bytes)
        with ThreadPoolExecutor(AHEAD, thread_name_prefix="pieces") as pool:
            for start in range(0, count, AHEAD):
                numbers = range(start, min(start + AHEAD, count))
                for piece in pool.map(lambda number: self._opened(blob, number), numbers):
                    hashed.update(b"gone" if piece is None else piece)
        return hashed.hexdigest()


def key_from(secret: bytes) -> bytes:
    """The key of all blobs, from the secret that lies in HQ's folder."""
    return HKDF(SHA256(), 32, None, b"mobility/hq-blobs/v1").derive(secret)


def _lead(session: Records, file_id: str, blob: str) -> None:
    session.run(
        "INSERT INTO file_blob (file_id, blob_id) VALUES (?, ?)"
        " ON CONFLICT (file_id) DO UPDATE SET blob_id=excluded.blob_id",
        file_id, blob,
    )  # fmt: skip
