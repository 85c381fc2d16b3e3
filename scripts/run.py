#!/usr/bin/env python3
"""Sets up and starts everything: headquarters and a rep's app with believable customers, on this machine alone.

    python3 scripts/run.py                                  # 500 made customers, one rep's app
    python3 scripts/run.py --data FOLDER                    # real invoices and catalogues in their place
    python3 scripts/run.py --devices 2 --fresh              # a second rep's app beside it, data made anew

Press h to stop and start headquarters, Ctrl-C to end. Data lies in demo/ and is kept.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import webbrowser
from collections.abc import Iterator
from pathlib import Path

import environment

PASSPHRASE = "cinco palavras para experimentar"
REPS = ("Ana Silva", "Rui Costa", "Eva Matos", "Iker Rey")
DATA_REP = "Demo Rep"
ROOM_BYTES = 300_000_000
START_SECONDS = 60
TICK_SECONDS = 0.3


def main() -> int:
    options = _options()
    python = environment.ensure()
    if options.setup_only:
        return 0
    return Demo(python, options).run()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=500, metavar="N", help="made customers (500)")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="real files in place of made ones")
    parser.add_argument("--devices", type=int, default=1, metavar="N", choices=range(1, 5), help="reps' apps, 1 to 4 (1)")
    parser.add_argument("--port", type=int, default=8720, help="port of the first app (8720)")
    parser.add_argument("--hq-port", type=int, default=8710, help="port of headquarters (8710)")
    parser.add_argument("--no-browser", action="store_true", help="print addresses only")
    parser.add_argument("--fresh", action="store_true", help="throw demo/ away first")
    parser.add_argument("--setup-only", action="store_true", help="make .venv and end")
    options = parser.parse_args()
    if options.data and not options.data.is_dir():
        environment.fail(f"No such folder: {options.data}")
    return options


class Demo:
    """Headquarters and apps as processes of their own."""

    def __init__(self, python: Path, options: argparse.Namespace) -> None:
        self.python, self.options = str(python), options
        self.folder = environment.ROOT / "demo"
        self.hq: subprocess.Popen[bytes] | None = None
        self.apps: list[subprocess.Popen[bytes]] = []

    def run(self) -> int:
        """Starts everything, waits for h or Ctrl-C, ends everything."""
        if self.options.fresh:
            shutil.rmtree(self.folder, ignore_errors=True)
        if shutil.disk_usage(environment.ROOT).free < ROOM_BYTES:
            environment.fail(f"Not enough room on the disk of {environment.ROOT}: {ROOM_BYTES // 10**6} MB are needed.")
        for port in (self.options.hq_port, *self._ports()):
            _check_port(port)
        self._fill()
        try:
            self._start_hq()
            addresses = self._start_apps()
            self._tell(addresses)
            self._wait()
        except KeyboardInterrupt:
            print("\nStopping ...", flush=True)
        finally:
            self._end()
        return 0

    def _ports(self) -> list[int]:
        return [self.options.port + number for number in range(self.options.devices)]

    def _users(self) -> list[str]:
        if (self.folder / "real").exists():
            return [DATA_REP] * self.options.devices
        return list(REPS[: self.options.devices])

    # -- data

    def _fill(self) -> None:
        """HQ's data, once: made or imported. A half-made folder from a broken start is thrown away."""
        if (self.folder / "filled").exists():
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        if self.options.data:
            print(f"Importing {self.options.data} ...", flush=True)
            (self.folder / "real").touch()
            self._mobility("hq", "import", str(self.options.data), "--create-parties", *self._hq())
            self._data_rep()
        else:
            print(f"Making {self.options.customers} customers ...", flush=True)
            self._mobility("demo", "--customers", str(self.options.customers), *self._hq())
        (self.folder / "filled").touch()

    def _data_rep(self) -> None:
        """A rep who holds every territory of every company."""
        companies = json.loads(self._mobility("hq", "dump", *self._hq(), quiet=True))
        names = {key: row["name"] for key, row in companies["company"].items()}
        first = next(iter(names.values()), None)
        if first is None:
            environment.fail("Nothing could be imported: look into demo/hq/quarantine.")
        self._mobility("hq", "user", DATA_REP, "--role", "rep", "--company", str(first), "--everywhere", *self._hq())

    def _device(self, number: int, user: str) -> Path:
        """An enrolled device of that user; made at its first start."""
        folder = self.folder / f"device-{number}"
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            code = self._mobility("hq", "invite", user, *self._hq(), quiet=True).strip().splitlines()[-1]
            url = f"http://127.0.0.1:{self.options.hq_port}"
            where = ("--folder", str(folder), "--passphrase-stdin")
            self._mobility("enrol", "--hq", url, "--code", code, "--name", f"demo-{number}", *where, stdin=PASSPHRASE, quiet=True)
            print(f"First sync of {user} ...", flush=True)
            self._mobility("sync", *where, stdin=PASSPHRASE, quiet=True)
            if number == 1:
                self._mobility("attach-demo", *where, stdin=PASSPHRASE, quiet=True)
            (folder / "ready").touch()
        return folder

    def _hq(self) -> tuple[str, str]:
        return "--folder", str(self.folder / "hq")

    def _mobility(self, *words: str, stdin: str = "", quiet: bool = False) -> str:
        """Runs a command to its end; where it fails its one line is ours."""
        done = subprocess.run(
            [self.python, "-m", "mobility_app", *words], cwd=environment.ROOT, env=_variables(), input=stdin + "\n",
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE if quiet else None, check=False,
        )  # fmt: skip
        if done.returncode:
            environment.fail((done.stderr or done.stdout or "It did not work.").strip().splitlines()[-1])
        if not quiet and done.stdout:
            print(done.stdout, end="", flush=True)
        return done.stdout

    # -- processes

    def _start_hq(self) -> None:
        words = ["hq", "serve", "--port", str(self.options.hq_port), "--with-parent", *self._hq()]
        self.hq = self._start(words, self.folder / "hq.out")
        _until(lambda: _listens(self.options.hq_port), self.hq, "headquarters")

    def _start_apps(self) -> list[str]:
        addresses = []
        for number, (user, port) in enumerate(zip(self._users(), self._ports(), strict=True), 1):
            folder = self._device(number, user)
            words = ["app", "--folder", str(folder), "--port", str(port), "--no-browser", "--passphrase-stdin", "--with-parent"]
            out = folder / "app.out"
            app = self._start(words, out)
            self.apps.append(app)
            assert app.stdin is not None
            app.stdin.write(PASSPHRASE.encode() + b"\n")
            app.stdin.flush()
            _until(lambda out=out: _address(out) is not None, app, f"the app of {user}")  # type: ignore[misc]
            addresses.append(f"{user}: {_address(out)}")
            if not self.options.no_browser:
                webbrowser.open(str(_address(out)))
        return addresses

    def _start(self, words: list[str], out: Path) -> subprocess.Popen[bytes]:
        with out.open("wb") as file:
            # a group of their own: Ctrl-C reaches this program alone, which then ends them in order
            return subprocess.Popen(
                [self.python, "-m", "mobility_app", *words], cwd=environment.ROOT, env=_variables(),
                stdin=subprocess.PIPE, stdout=file, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def _tell(self, addresses: list[str]) -> None:
        key = (self.folder / "hq" / "office.key").read_text("ascii")
        print("", *addresses, sep="\n")
        print(f"The office (read only): http://127.0.0.1:{self.options.hq_port}/office?key={key}")
        print(f"Passphrase of the demo: {PASSPHRASE}")
        print("Press h to stop or start headquarters, Ctrl-C to end.", flush=True)

    def _wait(self) -> None:
        with _single_keys():
            while all(app.poll() is None for app in self.apps):
                if _key() == "h":
                    self._toggle()
        print("An app has ended; its last words are in demo/device-*/app.out.", file=sys.stderr)

    def _toggle(self) -> None:
        if self.hq is not None:
            _stop(self.hq)
            self.hq = None
            print("Headquarters is stopped. Go on working; press h to start it again.", flush=True)
        else:
            self._start_hq()
            print("Headquarters runs again.", flush=True)

    def _end(self) -> None:
        for process in (*self.apps, self.hq):
            if process is not None:
                _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()


def _variables() -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}


def _check_port(port: int) -> None:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        environment.fail(f"Port {port} is in use. Choose others: --port, --hq-port.")


def _listens(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _address(out: Path) -> str | None:
    for word in out.read_text("utf-8", errors="replace").split():
        if "/open?key=" in word:
            return word
    return None


def _until(ready: object, process: subprocess.Popen[bytes], what: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():  # type: ignore[operator]
        if process.poll() is not None or time.monotonic() > deadline:
            environment.fail(f"Could not start {what}; its last words are in demo/.")
        time.sleep(0.05)


@contextlib.contextmanager
def _single_keys() -> Iterator[None]:
    """Keys arrive without Enter where the system can; elsewhere h and Enter."""
    try:
        import termios
        import tty

        kept = termios.tcgetattr(sys.stdin)
        tty.setcbreak(sys.stdin.fileno())
    except (ImportError, OSError, ValueError):
        yield
        return
    except Exception as failed:  # termios.error is no OSError
        if type(failed).__name__ != "error":
            raise
        yield
        return
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, kept)


def _key() -> str:
    """The key pressed within a tick, or nothing."""
    if os.name == "nt":
        import msvcrt

        time.sleep(TICK_SECONDS)
        return str(msvcrt.getwch()) if msvcrt.kbhit() else ""  # type: ignore[attr-defined]
    try:
        ready, _, _ = select.select([sys.stdin], [], [], TICK_SECONDS)
        if not ready:
            return ""
        letter = os.read(sys.stdin.fileno(), 1).decode("utf-8", "replace")
    except (OSError, ValueError):
        letter = ""
    if not letter:
        time.sleep(TICK_SECONDS)  # no keyboard: standard input is closed
    return letter


if __name__ == "__main__":
    sys.exit(main())
