"""The requests about bytes of files: plan, put a piece, seal, get a piece. `headquarters.py` hands them over.

    POST /v1/files/<file>/plan          which pieces are missing, or that the bytes are here
    PUT  /v1/files/<file>/pieces/<n>    one piece; the signed content-digest is its checked hash
    POST /v1/files/<file>/seal          the whole is hashed at HQ
    GET  /v1/files/<file>/pieces/<n>    one piece

Device, user and record are looked at in every one of them. Nothing of the database is held while bytes move.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from mobility_app.errors import Refused
from mobility_app.hq import blobs_reach, devices
from mobility_app.hq.blobs import Blobs
from mobility_app.hq.devices import Device
from mobility_app.hq.ledger import Ledger
from mobility_app.store.records import Records
from mobility_app.sync import protocol
from mobility_app.sync.file_messages import FilePlan, Piece

if TYPE_CHECKING:
    from mobility_app.hq.headquarters import Request

_TARGET = re.compile(r"/v1/files/([0-9a-f]{32})/(?:(plan|seal)|pieces/(0|[1-9][0-9]{0,3}))")
Verified = Callable[["Request", Records], Device]


class FileRequests:
    """Answers them. `verified` names the device that signed, or raises Refused."""

    def __init__(self, ledger: Ledger, blobs: Blobs, verified: Verified) -> None:
        self._ledger, self._blobs, self._verified = ledger, blobs, verified

    def step(self, method: str, target: str) -> Callable[[Request], bytes] | None:
        """What answers such a request, None where it is none of these."""
        found = _TARGET.fullmatch(target)
        if found is None:
            return None
        file_id, verb, number = found.groups()
        match method, verb:
            case "POST", "plan":
                return lambda request: self._plan(request, file_id)
            case "POST", "seal":
                return lambda request: self._seal(request, file_id)
            case "PUT", None:
                return lambda request: self._put(request, file_id, int(number))
            case "GET", None:
                return lambda request: self._get(request, file_id, int(number))
        return None

    def _plan(self, request: Request, file_id: str) -> bytes:
        with self._ledger.reading() as session:
            device = self._verified(request, session)
            actor = devices.actor(session, device.user_id)
            file = _found(blobs_reach.bringable(session, actor, device.id, file_id))
            twin = blobs_reach.readable_twin(session, actor, file)
        missing = self._blobs.plan(file, device.id, twin)
        return protocol.pack(FilePlan(here=True) if missing is None else FilePlan(missing=missing))

    def _put(self, request: Request, file_id: str, number: int) -> bytes:
        file, device = self._brought(request, file_id)
        self._blobs.put(file, device.id, number, request.body)
        return protocol.pack(FilePlan())

    def _seal(self, request: Request, file_id: str) -> bytes:
        file, device = self._brought(request, file_id)
        self._blobs.seal(file, device.id)
        return protocol.pack(FilePlan(here=True))

    def _get(self, request: Request, file_id: str, number: int) -> bytes:
        with self._ledger.reading() as session:
            device = self._verified(request, session)
            actor = devices.actor(session, device.user_id)
            file = _found(blobs_reach.readable(session, actor, file_id))
        return Piece(self._blobs.piece(file, number))

    def _brought(self, request: Request, file_id: str) -> tuple[blobs_reach.Wanted, Device]:
        with self._ledger.reading() as session:
            device = self._verified(request, session)
            actor = devices.actor(session, device.user_id)
            return _found(blobs_reach.bringable(session, actor, device.id, file_id)), device


def _found(file: blobs_reach.Wanted | None) -> blobs_reach.Wanted:
    if file is None:
        raise Refused("not_found", 404)
    return file
