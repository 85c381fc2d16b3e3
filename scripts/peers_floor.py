"""What the machine does with the workload when nothing is promised: rows through a bare HTTP server, zstd, JSON and
`executemany` into SQLite, one index a table, synchronous=FULL. No log, no verdict, no rights, no sums, no search.

Once on plain files, as the peers' own floor, and once on files encrypted as a device's are, with its pragmas.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from pathlib import Path

import requests
import zstandard
from bench import KEY
from peers_work import Object, Work

from mobility_app.store.database import Database, sqlcipher

LEVEL = 3


class Floor:
    """Files of HQ and of devices, and a server between them. `encrypted`: the devices' files; HQ's is plain.
    `count` is told of each body that travelled."""

    def __init__(self, folder: Path, work: Work, count: Callable[[int], None], *, encrypted: bool) -> None:
        self._count = count
        self.work, self._folder, self._key = work, folder, KEY if encrypted else None
        self._columns = {kind: list(dict.fromkeys(chain.from_iterable(found))) for kind, found in work.objects.items()}
        self.bodies = {"/all": _packed(work.objects)}
        for size, found in work.edits.items():
            self.bodies[f"/edits_{size}"] = _packed(
                [[one["type"], one["id"], one["field"], one["value"]] for one in found]
            )
        self._hq = self._fresh("hq", None)
        self._insert(self._hq, work.objects)
        self.server = _server(self)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self._session = requests.Session()
        self._session.trust_env = False
        self._device = self._hq
        self._number = 0

    def _fresh(self, name: str, key: bytes | None) -> Database:
        database = sqlcipher(self._folder / f"floor-{name}.db", key)
        with database.transaction() as session:
            for kind, names in self._columns.items():
                columns = ",".join(f"{name} TEXT PRIMARY KEY" if name == "id" else name for name in names)
                session.run(f"CREATE TABLE {kind} ({columns})")
                session.run(f"CREATE INDEX of_{kind} ON {kind} ({'name' if kind == 'customers' else 'customer_id'})")
        return database

    def _insert(self, database: Database, objects: dict[str, list[Object]]) -> None:
        with database.transaction() as session:
            for kind, found in objects.items():
                names = self._columns[kind]
                sql = f"INSERT INTO {kind} ({','.join(names)}) VALUES ({','.join('?' * len(names))})"
                session.many(sql, [tuple(one.get(name) for name in names) for one in found])

    def _update(self, database: Database, edits: list[list[str]]) -> None:
        with database.transaction() as session:
            for kind, key, field, value in edits:
                session.run(f"UPDATE {kind} SET {field}=? WHERE id=?", value, key)

    def _get(self, path: str) -> bytes:
        body = self._session.get(f"{self.url}{path}", timeout=600).content
        self._count(len(body))
        return body

    def first(self) -> None:
        """A: an empty device gets everything, in one transaction, from a body that was made before."""
        self._number += 1
        self._device = self._fresh(f"device{self._number}", self._key)
        self._insert(self._device, json.loads(zstandard.decompress(self._get("/all"))))

    def push(self, size: int) -> None:
        """B: edits go up and are written."""
        body = self.bodies[f"/edits_{size}"]
        self._session.post(f"{self.url}/edits", data=body, timeout=600).raise_for_status()
        self._count(len(body))

    def taken(self, body: bytes) -> None:
        """HQ's side of B."""
        self._update(self._hq, json.loads(zstandard.decompress(body)))

    def pull(self, size: int) -> None:
        """C: edits come down and are written."""
        self._update(self._device, json.loads(zstandard.decompress(self._get(f"/edits_{size}"))))

    def idle(self) -> None:
        """D: nothing to do."""
        self._get("/nothing")

    def save(self, number: int) -> None:
        """F: one edit on the device."""
        one = self.work.edits[1_000][number]
        self._update(self._device, [[str(one[name]) for name in ("type", "id", "field", "value")]])

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        for database in {self._hq, self._device}:
            database.close()


def _packed(found: object) -> bytes:
    return zstandard.compress(json.dumps(found, separators=(",", ":")).encode(), LEVEL)


def _server(floor: Floor) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version, wbufsize, disable_nagle_algorithm = "HTTP/1.1", 65_536, True

        def log_message(self, *args: object) -> None:
            """Says nothing."""

        def _say(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            self._say(floor.bodies.get(self.path, b"{}"))

        def do_POST(self) -> None:
            floor.taken(self.rfile.read(int(self.headers["content-length"])))
            self._say(b"{}")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
