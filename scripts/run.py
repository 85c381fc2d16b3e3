#!/usr/bin/env python3
"""Sets up and starts everything: headquarters and a rep's app with believable customers, on this machine alone.

    python3 scripts/run.py                                  # 500 made customers, one rep's app
    python3 scripts/run.py --data FOLDER                    # real invoices and catalogues in their place
    python3 scripts/run.py --devices 2 --fresh              # a second rep's app beside it, data made anew

Press h to stop and start headquarters, o to open the app once more, Ctrl-C to end. Data lies in demo/ and is kept.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import environment
from environment import ROOT, fail, need_room
from keyboard import key, single_keys

PASSPHRASE = "cinco palavras para experimentar tudo"
REPS = ("Ana Silva", "Rui Costa", "Eva Matos", "Iker Rey")  # with --data they are made here, else `mobility demo` does
ROOM_BYTES = 300_000_000
START_SECONDS = 60
STOP_SECONDS = 10
TICK_SECONDS = 0.3
LOCALHOST = "127.0.0.1"


class Trouble(Exception):
    """Something could not be started; its text is the line to print."""


def main() -> int:
    options = _options()
    try:
        python = environment.ensure()
        if options.setup_only:
            print(f"Ready: {environment.VENV}")
            return 0
        return Demo(str(python), options).run()
    except KeyboardInterrupt:
        print("\nStopped.", flush=True)
        return 130
    except Trouble as trouble:
        fail(str(trouble))
    except OSError as failed:
        fail(f"{failed.strerror or failed}: {failed.filename or ROOT}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=_count, metavar="N", help="made customers (500)")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="real files in place of made ones")
    parser.add_argument("--devices", type=int, default=1, choices=range(1, len(REPS) + 1), help="reps' apps (1)")
    parser.add_argument("--port", type=_port, default=8720, help="port of the first app (8720), the others follow")
    parser.add_argument("--hq-port", type=_port, default=8710, help="port of headquarters (8710)")
    parser.add_argument("--folder", type=Path, default=ROOT / "demo", help="where the data is kept (demo/)")
    parser.add_argument("--no-browser", action="store_true", help="print addresses only")
    parser.add_argument("--fresh", action="store_true", help="throw the kept data away first")
    parser.add_argument("--setup-only", action="store_true", help="make .venv and end")
    options = parser.parse_args()
    if options.data and not options.data.is_dir():
        parser.error(f"no such folder: {options.data}")
    if options.data and options.customers:
        parser.error("--data brings its own customers: leave --customers out")
    if options.port <= options.hq_port < options.port + options.devices:
        parser.error("headquarters and an app can't share a port: change --port or --hq-port")
    return options


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 200_000:
        raise argparse.ArgumentTypeError("from 1 to 200000")
    return number


def _port(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 65_000:
        raise argparse.ArgumentTypeError("from 1 to 65000")
    return number


class Demo:
    """Headquarters and apps as processes of their own, their data in one folder."""

    def __init__(self, python: str, options: argparse.Namespace) -> None:
        self.python, self.options = python, options
        self.folder: Path = options.folder.resolve() / _name(options.data)
        self.url = f"http://{LOCALHOST}:{options.hq_port}"
        self.running: list[subprocess.Popen[Any]] = []
        self.hq: subprocess.Popen[bytes] | None = None
        self.apps: dict[str, tuple[subprocess.Popen[bytes], Path]] = {}

    def run(self) -> int:
        """Starts everything, waits for keys or Ctrl-C, ends everything. Returns the exit code."""
        if self.options.fresh:
            shutil.rmtree(self.folder, ignore_errors=True)
        need_room(self.folder, ROOM_BYTES)
        for port in (self.options.hq_port, *self._ports()):
            _check_port(port)
        try:
            self._fill()
            self._start_hq()
            self._start_apps()
            with single_keys():
                return self._use()
        finally:
            self._end()

    def _use(self) -> int:
        try:
            self._tell()
            return self._wait()
        except KeyboardInterrupt:
            print("\nStopping ...", flush=True)
            return 0

    def _ports(self) -> list[int]:
        return [self.options.port + number for number in range(self.options.devices)]

    # -- data

    def _fill(self) -> None:
        """HQ's data, once: made or imported. A half-made folder from a broken start is thrown away."""
        mark = self.folder / "filled"
        if mark.exists():
            held = json.loads(mark.read_text("utf-8"))["customers"]
            if self.options.customers not in (None, held):
                print(f"The {held} customers made before are kept; --fresh makes {self.options.customers}.", flush=True)
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        customers = None if self.options.data else self.options.customers or 500
        if self.options.data:
            self._import()
        else:
            print(f"Making {customers} customers ...", flush=True)
            self._mobility("demo", "--customers", str(customers), *self._hq())
        mark.write_text(json.dumps({"customers": customers}), "utf-8")

    def _import(self) -> None:
        """The files of --data, and reps who hold every territory of every company."""
        print(f"Importing {self.options.data} ...", flush=True)
        self._mobility("hq", "import", str(self.options.data.resolve()), "--create-parties", *self._hq(), shown=True)
        companies = json.loads(self._mobility("hq", "dump", *self._hq()))["company"]
        if not companies:
            raise Trouble(f"Nothing could be imported; the reasons are in {self.folder / 'hq' / 'quarantine'}.")
        company = min(str(row["name"]) for row in companies.values())
        for name in REPS:
            self._mobility("hq", "user", name, "--role", "rep", "--company", company, "--everywhere", *self._hq())

    def _device(self, number: int, user: str) -> Path:
        """An enrolled device of that user, made and synced at its first start; told when HQ's port has changed."""
        folder = self.folder / f"device-{number}"
        mark, where = folder / "ready", ("--folder", str(folder), "--passphrase-stdin")
        if not mark.exists():
            shutil.rmtree(folder, ignore_errors=True)
            print(f"First sync of {user} ...", flush=True)
            code = self._mobility("hq", "invite", user, *self._hq()).split()[-1]
            self._mobility("enrol", "--hq", self.url, "--code", code, "--name", f"demo-{number}", *where, secret=True)
            self._mobility("sync", *where, secret=True)
            if number == 1:
                self._mobility("attach-demo", *where, secret=True)
        elif mark.read_text("ascii") != self.url:
            self._mobility("sync", "--hq", self.url, *where, secret=True)
        mark.write_text(self.url, "ascii")
        return folder

    def _hq(self) -> tuple[str, str]:
        return "--folder", str(self.folder / "hq")

    def _mobility(self, *words: str, secret: bool = False, shown: bool = False) -> str:
        """Runs a command to its end and returns what it said, or shows it while it runs. Where it fails its line is ours.

        `secret`: the passphrase goes in by standard input."""
        kept = None if shown else subprocess.PIPE
        command = self._popen(words, stdout=kept, stderr=kept, encoding="utf-8")
        said, failed = command.communicate(PASSPHRASE + "\n" if secret else "")
        if command.returncode:
            lines = (failed or said or "").strip().splitlines() or [f"mobility {words[0]} did not work."]
            raise Trouble(lines[-1])
        return str(said or "")

    # -- processes

    def _start_hq(self) -> None:
        words = ["hq", "serve", "--port", str(self.options.hq_port), "--with-parent", *self._hq()]
        self.hq = self._start(words, out := self.folder / "hq.out")
        _until(lambda: _answers(self.options.hq_port), self.hq, "headquarters", out)

    def _start_apps(self) -> None:
        for number, (user, port) in enumerate(zip(REPS, self._ports(), strict=False), 1):
            folder = self._device(number, user)
            how = ["--port", str(port), "--no-browser", "--passphrase-stdin", "--with-parent"]
            app = self._start(["app", "--folder", str(folder), *how], out := folder / "app.out")
            self.apps[user] = app, out
            _type(app, PASSPHRASE)
            _until(lambda out=out: _addresses(out), app, f"the app of {user}", out)  # type: ignore[misc]

    def _start(self, words: list[str], out: Path) -> subprocess.Popen[bytes]:
        with out.open("wb") as file:
            # a group of their own: Ctrl-C reaches this program alone, which then ends them in order
            return self._popen(words, stdout=file, stderr=subprocess.STDOUT, start_new_session=True)

    def _popen(self, words: Sequence[str], **how: Any) -> subprocess.Popen[Any]:
        """Starts `mobility` with those words. Whatever was started is known here, so that it ends with this program."""
        with _unbroken():
            process = subprocess.Popen(
                [self.python, "-m", "mobility_app", *words], cwd=ROOT, env=_variables(), stdin=subprocess.PIPE, **how
            )
            self.running.append(process)
        return process

    def _tell(self) -> None:
        office_key = (self.folder / "hq" / "office.key").read_text("ascii")
        print()
        for user, (_, out) in self.apps.items():
            self._show(user, _addresses(out)[-1])
        print(f"The office (read only): {self.url}/office?key={office_key}")
        waits = "" if os.environ.get("MOBILITY_SMTP") else " (none leaves: MOBILITY_SMTP names no mail server)"
        print(f"Its mails, once the office is open: {self.url}/office/mail{waits}")
        print(f"Passphrase of the demo: {PASSPHRASE}")
        print("Press h to stop or start headquarters, o to open the app once more, Ctrl-C to end.", flush=True)

    def _show(self, user: str, address: str) -> None:
        print(f"The app of {user} (this address works once): {address}", flush=True)
        if not self.options.no_browser:
            webbrowser.open(address)

    def _wait(self) -> int:
        """Answers keys until an app has ended. Returns the exit code."""
        while True:  # until Ctrl-C or an app's end
            for user, (app, out) in self.apps.items():
                if app.poll() is not None:
                    raise Trouble(f"The app of {user} has ended; its last words are in {out}.")
            if self.hq is not None and self.hq.poll() is not None:
                self.hq = None
                print(
                    f"Headquarters has ended by itself; see {self.folder / 'hq.out'}. Press h to start it again.",
                    flush=True,
                )
            pressed = key(TICK_SECONDS).lower()
            if pressed == "h":
                self._toggle()
            elif pressed == "o":
                self._open_again()

    def _toggle(self) -> None:
        if self.hq is not None:
            _stop(self.hq)
            self.hq = None
            print("Headquarters is stopped. Go on working; press h to start it again.", flush=True)
            return
        try:
            self._start_hq()
            print("Headquarters runs again.", flush=True)
        except Trouble as trouble:
            print(trouble, flush=True)

    def _open_again(self) -> None:
        """Asks each app for a fresh address."""
        for user, (app, out) in self.apps.items():
            had = len(_addresses(out))
            _type(app, "open")
            _until(lambda out=out, had=had: len(_addresses(out)) > had, app, f"the app of {user}", out)  # type: ignore[misc]
            self._show(user, _addresses(out)[-1])

    def _end(self) -> None:
        """Ends everything that still runs, the newest first: apps before headquarters."""
        for process in reversed(self.running):
            _stop(process)


@contextlib.contextmanager
def _unbroken() -> Iterator[None]:
    """Ctrl-C takes effect at the end of this: a process that is just being started could not be ended otherwise."""
    pressed: list[bool] = []
    before = signal.signal(signal.SIGINT, lambda *_: pressed.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt


def _name(data: Path | None) -> str:
    """The name of the folder for that input: each has its own, so that none replaces another."""
    if data is None:
        return "made"
    path = data.resolve()
    return f"{re.sub(r'[^A-Za-z0-9]+', '-', path.name)}-{hashlib.sha256(str(path).encode()).hexdigest()[:6]}"


def _variables() -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}


def _type(process: subprocess.Popen[bytes], line: str) -> None:
    assert process.stdin is not None
    with contextlib.suppress(OSError):  # it has ended: whoever waits for its answer says so
        process.stdin.write(line.encode() + b"\n")
        process.stdin.flush()


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()


def _check_port(port: int) -> None:
    try:
        socket.create_server((LOCALHOST, port)).close()
    except OSError:
        raise Trouble(f"Port {port} is in use. Choose others: --port, --hq-port.") from None


def _answers(port: int) -> bool:
    """Whether HQ is alive on that port. Asked without any proxy of the environment."""
    asking = http.client.HTTPConnection(LOCALHOST, port, timeout=1)
    try:
        asking.request("GET", "/health/live")
        return asking.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asking.close()


def _addresses(out: Path) -> list[str]:
    """The addresses that an app has printed so far."""
    return [word for word in out.read_text("utf-8", errors="replace").split() if "/open?key=" in word]


def _until(ready: Callable[[], object], process: subprocess.Popen[bytes], what: str, out: Path) -> None:
    """Waits until it is ready. Raises Trouble with the last words of a process that ended or never is."""
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            words = [line for line in out.read_text("utf-8", errors="replace").splitlines() if line.strip()]
            raise Trouble(f"Could not start {what}: {words[-1] if words else 'it says nothing'} ({out})")
        time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
