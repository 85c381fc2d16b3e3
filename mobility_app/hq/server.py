"""HQ as a process: opens the folder, serves it on one port until told to stop. `mobility hq serve` and tests call it."""

from __future__ import annotations

import logging
import os
import socket
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

import uvicorn

from mobility_app.errors import MobilityError
from mobility_app.hq import blobs_settings, mail_settings
from mobility_app.hq.app import create_app
from mobility_app.hq.blobs import Blobs
from mobility_app.hq.nightly import Nightly
from mobility_app.hq.office import Office
from mobility_app.hq.post import Post
from mobility_app.hq.snapshots import Upkeep
from mobility_app.hq.wake import Hub
from mobility_app.store.store import wall_ms
from mobility_app.store.vault import replace_file

HEADERS_MAX_BYTES = 16 * 1024
CONNECTIONS_MAX = 12_000  # each device keeps one that waits
DRAIN_SECONDS = 20
COLLECT_SECONDS = 86_400

logger = logging.getLogger("mobility.hq")


def serve(
    folder: Path, host: str, port: int, *, with_parent: bool = False, mail: Mapping[str, str] | None = None,
    blobs: Mapping[str, str] | None = None,
) -> None:  # fmt: skip
    """Serves until SIGTERM or Ctrl-C, and sends mail where a mail server is named (`mail_settings.py`; `mail` are options
    that come before file and environment; `blobs` are those of `blobs_settings.py`). `with_parent`: also ends when standard
    input closes, so that nothing that a test or the demo started outlives it. Raises OSError where the port is taken,
    InvalidValue for bad settings."""
    shelf = blobs_settings.shelf(folder, blobs_settings.read(folder, os.environ, blobs))
    office = Office(folder, now=wall_ms, shelf=shelf)
    settings = mail_settings.read(folder, os.environ, mail)
    logging.basicConfig(
        filename=folder / "hq.log", level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    listener = socket.create_server((host, port), reuse_port=False)
    hub = Hub(office.ledger)
    _more_files()
    config = uvicorn.Config(
        create_app(office, office_key(office), hub),
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=HEADERS_MAX_BYTES,
        limit_concurrency=CONNECTIONS_MAX,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        http="h11",
        ws="none",
    )
    server = _Server(config, hub)
    if with_parent:
        threading.Thread(target=_follow_parent, daemon=True).start()
    stop = threading.Event()
    if settings is not None:  # after the port was bound: one server for a folder, so one post
        threading.Thread(
            target=Post(office.ledger, settings, folder).run, args=(stop,), daemon=True, name="post"
        ).start()
    threading.Thread(target=Nightly(office.ledger).run, args=(stop,), daemon=True, name="nightly").start()
    threading.Thread(target=_collect, args=(office.blobs, stop), daemon=True, name="blobs").start()
    upkeep = Upkeep(office.headquarters.snapshots)
    threading.Thread(target=upkeep.run, args=(stop,), daemon=True, name="snapshots").start()
    server.run(sockets=[listener])
    stop.set()


def _collect(blobs: Blobs, stop: threading.Event) -> None:
    """Takes bytes away whose record went 30 days ago: at the start, then once a day."""
    while not stop.is_set():
        try:
            blobs.collect()
        except MobilityError as failed:  # a bucket that does not answer: tomorrow
            logger.warning("bytes were not collected: %s", type(failed).__name__)
        stop.wait(COLLECT_SECONDS)


def office_key(office: Office) -> str:
    """The key that opens the office's pages; made once, kept in the folder for its owner alone."""
    path = office.folder / "office.key"
    if not path.exists():
        replace_file(path, office.random(16).hex().encode())
    return path.read_text("ascii")


class _Server(uvicorn.Server):
    """Lets those go who wait for a wake, before it drains what is in work."""

    def __init__(self, config: uvicorn.Config, hub: Hub) -> None:
        super().__init__(config)
        self._hub = hub

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._hub.close()
        super().handle_exit(sig, frame)


def _more_files() -> None:
    """Lets this process keep as many connections as the system allows it: where it asks, it gets 1,024."""
    if sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = CONNECTIONS_MAX * 2 if hard == resource.RLIM_INFINITY else min(hard, CONNECTIONS_MAX * 2)
        if soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _follow_parent() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)
