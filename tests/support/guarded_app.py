"""A small NiceGUI app behind the real guard, in a process of its own: `python -m tests.support.guarded_app PORT TOKEN`.

It has what an attacker would look for: a page with a secret, an own route that changes something, static files,
charts, storage with a session cookie. `Served` starts it, speaks raw HTTP to it and ends it.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
from pathlib import Path
from time import monotonic

from tests.support.ports import free_port
from tests.support.waiting import until

MARKER = "MK5d1f0a9b7c3e2468ace01357"
ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    from nicegui import app, ui

    from mobility_app.ui.guard import SERVER_OPTIONS, Guard

    port, token = int(sys.argv[1]), sys.argv[2]
    pressed = [0]

    def root() -> None:
        ui.label(MARKER)
        ui.link("manifest", "/own/manifest.json")
        button = ui.button(
            "Press", on_click=lambda: (pressed.append(1), button.set_text(f"Pressed {len(pressed) - 1}"))
        )
        ui.echart({"xAxis": {"type": "category", "data": ["a"]}, "yAxis": {}, "series": [{"type": "bar", "data": [1]}]})

    @app.post("/own/press")
    def press() -> dict[str, int]:
        pressed.append(1)
        return {"pressed": len(pressed) - 1}

    @app.get("/own/pressed")
    def count() -> dict[str, int]:
        return {"pressed": len(pressed) - 1}

    app.add_static_files("/own/static", ROOT / "mobility_app" / "ui" / "static")
    guard = Guard(port, token=token)
    app.get("/own/launch")(guard.launch_url)  # the starter asks for another window
    guard.install(app)
    ui.run(root, port=port, storage_secret="s" * 32, reconnect_timeout=10, **SERVER_OPTIONS)


class Served:
    """The running app, seen from outside. Use as a context."""

    def __init__(self, module: str = "tests.support.guarded_app", *arguments: str) -> None:
        self.port, self.token, self.cookie = free_port(), secrets.token_hex(32), ""
        self._command = [sys.executable, "-m", module, str(self.port), self.token, *arguments]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Served:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "NICEGUI"))}
        self._process = subprocess.Popen(self._command, cwd=ROOT, env=clean)
        until(self._answers, seconds=60)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def login(self) -> str:
        """Uses the first launch token; from then on `ask(cookie=None)` sends the session's cookie."""
        answer = self.ask("GET", f"/open?key={self.token}", cookie="")
        assert answer.status == 303, answer
        self.cookie = answer.header("set-cookie").split(";")[0]
        return answer.header("set-cookie")

    def ask(
        self,
        method: str,
        target: str,
        *headers: str,
        cookie: str | None = None,
        host: str | None = None,
        body: bytes = b"",
    ) -> Answer:
        """One request, its lines as given. `cookie` None is the session's, "" is none; `host` "" sends no Host line."""
        cookie = self.cookie if cookie is None else cookie
        host = f"127.0.0.1:{self.port}" if host is None else host
        lines = [f"{method} {target} HTTP/1.1", *([f"Host: {host}"] if host else []), *headers]
        lines += [] if any(line.startswith("Connection") for line in headers) else ["Connection: close"]
        lines += [f"Cookie: {cookie}"] if cookie else []
        lines += [f"Content-Length: {len(body)}"] if body else []
        return self.raw("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def socket(self, *headers: str, cookie: str | None = None, host: str | None = None) -> Answer:
        """A WebSocket handshake with NiceGUI's socket."""
        return self.ask(
            "GET",
            "/_nicegui_ws/socket.io/?EIO=4&transport=websocket",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            *headers,
            cookie=cookie,
            host=host,
        )

    def raw(self, request: bytes) -> Answer:
        """Sends bytes and reads the answer: to its end, or for an opened socket its head."""
        with socket.create_connection(("127.0.0.1", self.port), 20) as connection:
            connection.sendall(request)
            got = b""
            deadline = monotonic() + 20
            while monotonic() < deadline and not (got.startswith(b"HTTP/1.1 101") and b"\r\n\r\n" in got):
                part = connection.recv(65536)
                if not part:
                    break
                got += part
        return Answer(got)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "the app ended before it answered"
        try:
            return self.ask("GET", "/", cookie="").status == 401
        except OSError:
            return False


class Answer:
    """Status, headers and body as they came."""

    def __init__(self, raw: bytes) -> None:
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.raw = raw
        self.status = int(lines[0].split(" ")[1]) if lines[0] else 0
        self.headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])]

    def header(self, name: str) -> str:
        return ", ".join(value for key, value in self.headers if key == name)

    def __repr__(self) -> str:
        return f"<{self.status} {self.headers} {self.body[:200]!r}>"


if __name__ == "__main__":
    main()
