"""`mobility enrol|app|sync|verify|demo`: this machine as a device, by its folder."""

from __future__ import annotations

import getpass
import json
import os
import platform
import sys
from pathlib import Path

import typer

from mobility_app.cli.texts import app_language, count, text
from mobility_app.config import APP_PORT, Config, device_folder
from mobility_app.device import OpenDevice, enrol_new, unlock
from mobility_app.errors import NotEnrolled, Refused
from mobility_app.store import vault
from mobility_app.store.faults import described, newest
from mobility_app.store.passphrase import suggest_passphrase
from mobility_app.store.verify import faults
from mobility_app.sync.blobs import carried
from mobility_app.sync.orders import WIPE
from mobility_app.wiping import obey

TRIES = 3
FOLDER = typer.Option(None, "--folder", help="Folder of this device. Usual place if left out.")
STDIN = typer.Option(False, "--passphrase-stdin", help="Read the passphrase from the first line of standard input.")


def add_to(app: typer.Typer) -> None:
    """Adds the commands of a device."""
    app.command(epilog="Example: mobility enrol --hq http://127.0.0.1:8710 --code abcd-efgh")(enrol)
    app.command("app", epilog="Example: mobility app --port 8720 --no-browser")(app_)
    app.command(epilog="Example: mobility sync    |    mobility sync --hq https://hq.example.com")(sync)
    app.command(epilog="Example: mobility verify")(verify)
    app.command(epilog="Example: mobility demo --customers 500 --folder ./hq")(demo)
    app.command("attach-demo", hidden=True)(attach_demo)


def _passphrase(stdin: bool) -> str:
    return _line() if stdin else getpass.getpass(text("Passphrase:") + " ")


def _line() -> str:
    """The first line of standard input. UTF-8 whatever the locale: the same passphrase must open on every machine."""
    return sys.stdin.buffer.readline(4096).decode("utf-8", "replace").rstrip("\r\n")


def _unlocked(folder: Path | None, passphrase_stdin: bool) -> OpenDevice:
    """The device of the folder. Nobody is asked for the passphrase of a device that is not there."""
    config = Config(folder or device_folder())
    if not vault.exists(config.folder):
        raise NotEnrolled(f"no device in {config.folder}")
    return unlock(config, _passphrase(passphrase_stdin))


def enrol(
    hq: str = typer.Option(..., "--hq", help="Address of headquarters."),
    code: str = typer.Option(..., help="The one-time code from headquarters."),
    name: str = typer.Option(platform.node() or "device", help="How headquarters shall call this device."),
    again: bool = typer.Option(False, help="Headquarters does not know this device any more: what is unsent is kept."),
    folder: Path = FOLDER,
    passphrase_stdin: bool = STDIN,
) -> None:
    """Make this machine a device of the person that the code was made for."""
    place = folder or device_folder()
    asked = passphrase_stdin or vault.exists(place)
    passphrase = _passphrase(passphrase_stdin) if asked else _new_passphrase()
    identity = enrol_new(place, passphrase, hq, code, name, again=again)
    typer.echo(text("Enrolled as device {number}.", number=identity.device_number))


def _new_passphrase() -> str:
    """A passphrase typed twice alike. Ends the command after a few tries."""
    typer.echo(text("Choose a passphrase of 8 characters or more. Without it nobody can read this device, nor can we."))
    typer.echo(text("A strong one: {words}", words=suggest_passphrase(os.urandom)))
    for _ in range(TRIES):
        chosen = getpass.getpass(text("Passphrase:") + " ")
        if chosen == getpass.getpass(text("Passphrase once more:") + " "):
            return chosen
        typer.echo(text("The two differ. Type them again."))
    raise typer.Exit(1)


def app_(
    folder: Path = FOLDER,
    port: int = typer.Option(APP_PORT, min=1, max=65535, help="Port on 127.0.0.1."),
    no_browser: bool = typer.Option(False, "--no-browser", help="Print the address instead of opening it."),
    passphrase_stdin: bool = STDIN,
    with_parent: bool = typer.Option(False, "--with-parent", hidden=True),
) -> None:
    """Open the app in the browser. Without --passphrase-stdin it asks for the passphrase there."""
    config = Config(
        folder or device_folder(), port, app_language(), open_browser=not no_browser, with_parent=with_parent
    )
    # NiceGUI reads this when it is imported. Nothing of ours goes there, and nothing may go where we were started.
    os.environ.setdefault("NICEGUI_STORAGE_PATH", str(config.folder / "nicegui"))
    from mobility_app.app import run

    run(config, _line() if passphrase_stdin else None)


def sync(
    hq: str = typer.Option("", "--hq", help="New address of headquarters, kept when it answers there."),
    folder: Path = FOLDER,
    passphrase_stdin: bool = STDIN,
) -> None:
    """Send what waits and fetch what is new, once: data first, then files."""
    opened = _unlocked(folder, passphrase_stdin)
    try:
        done = opened.engine(hq).round()
    except Refused as refused:
        known = opened.store.identity()
        if refused.reason == WIPE and known is not None:
            opened.store.close()
            config = Config(folder or device_folder())
            obey(config.folder, config.watched, opened.store, known)
        raise
    if hq:
        opened.moved(hq)
    left = carried(opened.store, opened.carrier(hq))
    opened.store.close()
    said = (
        count("{n} change sent", "{n} changes sent", done.pushed),
        count("{n} change refused", "{n} changes refused", done.refused),
        count("{n} change received", "{n} changes received", done.entries),
    )
    typer.echo(", ".join(said) + ".")
    if left:
        typer.echo(count("{n} file still waits.", "{n} files still wait.", left))


def verify(folder: Path = FOLDER, passphrase_stdin: bool = STDIN) -> None:
    """Check this device: pages, the history's chain, what is shown against what history makes and against the sums that
    headquarters' are compared with, the search, and that the files noted as here are here. Exit code 1 on any fault."""
    opened = _unlocked(folder, passphrase_stdin)
    found = faults(opened.store)
    with opened.store.reading() as session:
        blobs = session.rows("SELECT file_id, token FROM blob")
        mended = newest(session)
    found += [f"file {file_id}: its bytes are not here" for file_id, token in blobs if not opened.files.holds(token)]
    opened.store.close()
    for one in mended:
        typer.echo(text("Put right earlier: {what}", what=described(one)))
    for line in found:
        typer.echo(line)
    if found:
        raise typer.Exit(1)
    typer.echo(text("Everything is in order."))


def demo(
    folder: Path = typer.Option(None, "--folder", help="Folder of the HQ to fill. Usual place if left out."),
    customers: int = typer.Option(500, min=1, max=200_000, help="How many customers."),
    seed: int = typer.Option(1, help="The same seed gives the same data."),
) -> None:
    """Fill an empty HQ with believable customers of two companies."""
    from mobility_app.config import hq_folder
    from mobility_app.hq.demo import make
    from mobility_app.hq.office import Office
    from mobility_app.store.store import wall_ms

    office = Office(folder or hq_folder(), now=wall_ms)
    made = make(office, customers=customers, seed=seed)
    typer.echo(text("{n} customers made.", n=made))


def attach_demo(folder: Path = FOLDER, passphrase_stdin: bool = STDIN) -> None:
    """Attach a few made files to the first customers of this device."""
    from mobility_app.store.actions.attachments import attach
    from mobility_app.store.demo_files import made_files

    opened = _unlocked(folder, passphrase_stdin)
    with opened.store.reading() as session:
        # shared customers of other territories are seen here, but are not ours to change
        customers = session.rows(
            "SELECT customer_id FROM search_row JOIN customer ON customer.id = customer_id"
            " WHERE customer.territory_id IN (SELECT value FROM json_each(?)) ORDER BY sort_key LIMIT 12",
            json.dumps(opened.store.actor().territory_ids),
        )
    for (customer_id,) in customers:
        for name, content in made_files():
            attach(opened.store, opened.files, customer_id, name, [content])
    opened.store.close()
