"""A real PostgreSQL of this test run's own: made in a folder, reached by a socket there, ended with it.

PostgreSQL refuses to run as root: then its programs run as another user of this system. Nothing is synced to the disk
but where it is measured (`durable`): an immediate stop of the server ends it as a crash does, and leaves what the system
holds, not what a power cut would.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from mobility_app.hq.schema import PostgresHq

psycopg = pytest.importorskip("psycopg", reason="PostgreSQL's library is not installed")
pwd = pytest.importorskip("pwd", reason="PostgreSQL is started as on POSIX systems")

PLACES = ("/usr/lib/postgresql/*/bin", "/usr/local/bin", "/usr/bin", "/opt/homebrew/opt/postgresql*/bin")
USERS = ("postgres", "nobody")
CONF = """
listen_addresses = ''
unix_socket_directories = '{folder}'
max_connections = 100
shared_buffers = 32MB
log_min_messages = panic
fsync = {sync}
full_page_writes = {sync}
"""

END_OTHERS = (
    "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname=current_database()"
    " AND pid<>pg_backend_pid()"
)


def programs() -> Path | None:
    """The folder of initdb and pg_ctl, the newest version first."""
    named = [shutil.which("initdb")] if shutil.which("initdb") else []
    found = [Path(os.path.realpath(path)).parent for path in named if path]
    for place in PLACES:
        root, _, rest = place.partition("*")
        found += sorted(Path(root).glob(f"*{rest}"), reverse=True) if rest else [Path(place)]
    return next((folder for folder in found if (folder / "initdb").exists() and (folder / "pg_ctl").exists()), None)


@dataclass
class Cluster:
    """One server."""

    durable: bool = False
    follows: Cluster | None = None  # a standby of that one, made from a copy of it
    folder: Path = field(init=False)
    free: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        bin_folder = programs()
        if bin_folder is None:
            pytest.skip("PostgreSQL is not installed: scripts/test.py gets it where it can")
        if os.geteuid() == 0 and (self.user is None or not shutil.which("setpriv")):
            pytest.skip("PostgreSQL does not run as root, and there is no other user to run it as")
        self.bin = bin_folder
        self.folder = Path(tempfile.mkdtemp(prefix="pg"))  # a short name: a socket's path has at most 107 bytes
        if self.user is not None:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        if self.follows is not None:
            self._run(
                "pg_basebackup",
                "-D",
                str(self.data),
                "-h",
                str(self.follows.folder),
                "-U",
                "hq",
                "-R",
                "-c",
                "fast",
                "-N",
            )
        else:
            self._run("initdb", "-D", str(self.data), "-U", "hq", "-A", "trust", "-N", "-E", "UTF8", "--locale=C")
        with (self.data / "postgresql.conf").open("a") as conf:
            conf.write(CONF.format(folder=self.folder, sync="on" if self.durable else "off"))
        self.start()

    @cached_property
    def user(self) -> Any:
        """Whom to run it as where we are root."""
        if os.geteuid() != 0:
            return None
        known = {entry.pw_name: entry for entry in pwd.getpwall()}
        return next((known[name] for name in USERS if name in known), None)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def start(self) -> None:
        self._run("pg_ctl", "start", "-w", "-D", str(self.data), "-l", str(self.folder / "log"))

    def stop(self, how: str = "fast") -> None:
        """`immediate`: as if the power had gone."""
        self._run("pg_ctl", "stop", "-w", "-m", how, "-D", str(self.data))

    def wait_for_standby(self) -> None:
        """From now on a COMMIT waits until the standby has it."""
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            connection.execute("SELECT pg_reload_conf()")
            for _ in range(200):
                if connection.execute("SELECT 1 FROM pg_stat_replication WHERE sync_state='sync'").fetchone():
                    return
                time.sleep(0.05)
        raise AssertionError("the standby does not follow")

    def promote(self) -> None:
        """A standby becomes a server of its own."""
        self._run("pg_ctl", "promote", "-w", "-D", str(self.data))

    def end(self) -> None:
        if (self.data / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def database(self) -> str:
        """The address of a new empty database."""
        name = f"t{secrets.token_hex(6)}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self.address(name)

    def hq(self) -> str:
        """The address of a database that holds HQ's tables and nothing in them."""
        if self.free:
            return self.free.pop()
        made = self.database()
        schema = PostgresHq(made, self.folder)
        schema.prepare()
        schema.close()
        return made

    def give_back(self, address: str) -> None:
        """Ends everybody's connections to one of `hq` and empties it for the next: making one costs a second."""
        with psycopg.connect(address) as connection:
            connection.execute(END_OTHERS)
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname='public'").fetchall()
            connection.execute("SELECT set_config('mobility.applying', '1', true)")
            for (table,) in tables:
                if table not in ("schema_version", "ctx"):
                    connection.execute(f'DELETE FROM "{table}"')
        self.free.append(address)

    def dump(self, address: str) -> Path:
        """pg_dump's copy of a database."""
        made = self.folder / f"{secrets.token_hex(6)}.dump"
        self._run("pg_dump", "--format=custom", f"--file={made}", address)
        return made

    def put_back(self, address: str, dump: Path) -> None:
        """Makes a database what it was when it was dumped."""
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(END_OTHERS)
        self._run("pg_restore", "--clean", "--if-exists", "--single-transaction", f"--dbname={address}", str(dump))

    def address(self, name: str) -> str:
        return f"postgresql://hq@/{name}?host={self.folder}"

    def address_of_both(self, name: str, other: Cluster) -> str:
        """Whichever of the two takes writes."""
        return f"postgresql://hq@/{name}?host={self.folder},{other.folder}&target_session_attrs=read-write"

    def _run(self, program: str, *words: str) -> None:
        lead: list[str] = []
        if self.user is not None:
            lead = ["setpriv", f"--reuid={self.user.pw_uid}", f"--regid={self.user.pw_gid}", "--clear-groups"]
        kept = ("PATH", "LANG", "TZ")
        done = subprocess.run(
            [*lead, str(self.bin / program), *words], cwd=self.folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if program == "pg_ctl" else subprocess.PIPE, stderr=subprocess.STDOUT,
            env={name: os.environ[name] for name in kept if name in os.environ}, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, f"{program}: {(done.stdout or b'').decode(errors='replace')[-500:]}"
