"""`mobility hq backup|restore|lost`: HQ's database into a file, back again, and what a restore left missing."""

from __future__ import annotations

from pathlib import Path

import typer

from mobility_app.cli.texts import count, text
from mobility_app.config import hq_folder
from mobility_app.domain.fields import instant_text
from mobility_app.hq import backup as copies
from mobility_app.hq import lives
from mobility_app.hq.office import Office
from mobility_app.store.store import wall_ms

FOLDER = typer.Option(None, "--folder", help="Folder of this HQ. Usual place if left out.")


def add_to(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command(epilog="Example: mobility hq backup /mnt/safe/hq-monday.db")(backup)
    app.command(epilog="Example: mobility hq restore /mnt/safe/hq-monday.db")(restore)
    app.command(epilog="Example: mobility hq lost")(lost)


def _office(folder: Path | None) -> Office:
    place = folder or hq_folder()
    if not (place / copies.DATABASE).exists():
        typer.echo(text("There is no headquarters in {folder}. Make one: mobility hq init", folder=place), err=True)
        raise typer.Exit(1)
    return Office(place, now=wall_ms)


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
    file: Path = typer.Argument(..., exists=True, dir_okay=False, help="A file that `mobility hq backup` wrote."),
    folder: Path = FOLDER,
) -> None:
    """Put a backup in the place of the database. HQ must be stopped."""
    done = copies.restore(folder or hq_folder(), file, now=wall_ms)
    typer.echo(text("Restored. Headquarters has begun a new life: devices will bring back what it lost."))
    if done.kept is not None:
        typer.echo(text("The database that was here is kept: {file}", file=done.kept))
    typer.echo(
        text("MAIL IS HELD BACK until you let it go: mobility hq mail resume. Wait until the devices have synced, and see "
             "mobility hq lost.")
    )  # fmt: skip
    typer.echo(count("{n} mail had left and will not leave again.", "{n} mails had left and will not leave again.",
                     done.mails))  # fmt: skip


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
