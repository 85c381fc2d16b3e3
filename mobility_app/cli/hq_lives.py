"""`mobility hq backup|restore|lost|move`: HQ's database into a file, back again, what a restore left missing, and the way
to a PostgreSQL server."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from mobility_app.cli.texts import count, text
from mobility_app.config import hq_folder
from mobility_app.domain.fields import instant_text
from mobility_app.errors import InvalidValue
from mobility_app.hq import backup as copies
from mobility_app.hq import database_settings, lives, moving
from mobility_app.hq.office import Office
from mobility_app.hq.schema import PostgresHq
from mobility_app.store.store import wall_ms

FOLDER = typer.Option(None, "--folder", help="Folder of this HQ. Usual place if left out.")


def add_to(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command(epilog="Example: mobility hq backup /mnt/safe/hq-monday.db")(backup)
    app.command(epilog="Example: mobility hq restore /mnt/safe/hq-monday.db")(restore)
    app.command(epilog="Example: mobility hq lost")(lost)
    app.command(epilog="Example: mobility hq move --to postgresql://hq@db.example/hq")(move)


def _office(folder: Path | None) -> Office:
    place = _there(folder)
    return Office(place, now=wall_ms)


def _there(folder: Path | None) -> Path:
    place = folder or hq_folder()
    if not database_settings.there(place, os.environ):
        typer.echo(text("There is no headquarters in {folder}. Make one: mobility hq init", folder=place), err=True)
        raise typer.Exit(1)
    return place


def _server(place: Path) -> PostgresHq:
    """The database of an HQ on a server, whatever state it was put back to."""
    server = PostgresHq(database_settings.read(_there(place), os.environ), place)
    server.prepare()
    return server


def backup(file: Path, folder: Path = FOLDER) -> None:
    """Write the whole database into a new file, also while HQ runs."""
    office = _office(folder)
    size = copies.backup(office.database, file)
    typer.echo(text("Backup written: {file}, {n} kB.", file=file, n=-(-size // 1000)))
    typer.echo(
        text("The key of this headquarters is not in it. Keep a copy of {key} elsewhere: without it no device will "
             "believe a restored headquarters.", key=office.folder / copies.KEY)
    )  # fmt: skip


def restore(
    file: Path | None = typer.Argument(
        None, exists=True, dir_okay=False, help="A file that `mobility hq backup` wrote."
    ),
    folder: Path = FOLDER,
) -> None:
    """Put a backup in the place of the database. HQ must be stopped. Without a file: say that a PostgreSQL server has put
    its database back."""
    place = folder or hq_folder()
    if database_settings.read(place, os.environ):
        if file is not None:
            raise InvalidValue("backup", "database", "server_backup")
        server = _server(place)
        done = copies.begin_anew(server, now=wall_ms)
        server.close()
    elif file is None:
        raise typer.BadParameter("a file is needed", param_hint="FILE")
    else:
        done = copies.restore(place, file, now=wall_ms)
    typer.echo(text("Restored. Headquarters has begun a new life: devices will bring back what it lost."))
    if done.kept is not None:
        typer.echo(text("The database that was here is kept: {file}", file=done.kept))
    typer.echo(
        text("MAIL IS HELD BACK until you let it go: mobility hq mail resume. Wait until the devices have synced, and see "
             "mobility hq lost.")
    )  # fmt: skip
    typer.echo(count("{n} mail had left and will not leave again.", "{n} mails had left and will not leave again.",
                     done.mails))  # fmt: skip


def move(
    to: str = typer.Option("", help="The database: postgresql://USER@HOST/NAME. Else as MOBILITY_DATABASE says."),
    folder: Path = FOLDER,
) -> None:
    """Take the database from the folder's file to a PostgreSQL server. HQ must be stopped; devices notice nothing."""
    place = folder or hq_folder()
    address = database_settings.named(to) if to else database_settings.read(place, os.environ)
    rows, kept = moving.move(place, address)
    typer.echo(text("Moved, {n} rows. The server is named in {file} now.", n=rows, file=place / database_settings.FILE))
    typer.echo(text("The database that was here is kept: {file}", file=kept))


def lost(folder: Path = FOLDER) -> None:
    """Print what devices had seen and a restored HQ does not have yet."""
    with _office(folder).ledger.reading() as session:
        found = lives.lost(session)
    for one in found:
        why = (
            text("{device} has not synced since", device=one.device or one.user)
            if one.why == "waits"
            else text("written by the office: do it again")
        )
        typer.echo(f"{instant_text(one.at)}  {one.user}  {one.kind} {one.entity} {one.record_id}: {why}")
    if not found:
        typer.echo(text("Nothing that devices know of is missing."))
