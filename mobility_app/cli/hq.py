"""`mobility hq ...`: headquarters on this machine, by its folder."""

from __future__ import annotations

import json
import os
from pathlib import Path

import typer
from rich.progress import Progress

from mobility_app.cli import hq_aside, hq_devices, hq_lives, hq_mail, hq_whole
from mobility_app.cli.reasons import INTAKE
from mobility_app.cli.texts import text
from mobility_app.config import HQ_PORT, hq_folder
from mobility_app.domain.entities.people import ROLES
from mobility_app.errors import NotFound
from mobility_app.hq import blobs_settings, database_settings, mail_settings
from mobility_app.hq.intake.run import QUARANTINED, STORED, UNCHANGED, Report, import_path
from mobility_app.hq.office import Office
from mobility_app.store.store import wall_ms

app = typer.Typer(no_args_is_help=True, help="Headquarters: set up, serve, import, people.")

app.add_typer(hq_mail.app, name="mail")
app.add_typer(hq_devices.app, name="device")
app.add_typer(hq_aside.app, name="aside")
hq_lives.add_to(app)

FOLDER = typer.Option(None, "--folder", help="Folder of this HQ. Usual place if left out.")


def _office(folder: Path | None, *, made: bool = False) -> Office:
    """The HQ of the folder. `made`: it must be there already, so that a mistyped folder makes none."""
    place = folder or hq_folder()
    if made and not database_settings.there(place, os.environ):
        typer.echo(text("There is no headquarters in {folder}. Make one: mobility hq init", folder=place), err=True)
        raise typer.Exit(1)
    return Office(place, now=wall_ms)


@app.command(epilog="Example: mobility hq init --folder ./hq")
def init(folder: Path = FOLDER) -> None:
    """Make an HQ, or bring an older one up to date."""
    typer.echo(text("Headquarters is ready in {folder}.", folder=_office(folder).folder))


@app.command(epilog="Example: mobility hq serve --folder ./hq --port 8710")
def serve(
    folder: Path = FOLDER,
    host: str = typer.Option("127.0.0.1", help="Address to listen on."),
    port: int = typer.Option(HQ_PORT, min=1, max=65535, help="Port to listen on."),
    smtp: str = typer.Option(None, help="Mail server, host:port. Named nowhere, mails wait."),
    mail_from: str = typer.Option(None, "--mail-from", help="Address that mails come from (or MOBILITY_SMTP_FROM)."),
    smtp_security: str = typer.Option(None, "--smtp-security", help="starttls, tls or none."),
    smtp_user: str = typer.Option(None, "--smtp-user", help="Log-in; password: MOBILITY_SMTP_PASSWORD or mail.toml."),
    blobs_bucket: str = typer.Option(None, "--blobs-bucket", help="S3 bucket for files. Else they lie in the folder."),
    blobs_endpoint: str = typer.Option(None, "--blobs-endpoint", help="Address of one's own S3 store (or blobs.toml)."),
    with_parent: bool = typer.Option(False, "--with-parent", hidden=True),
) -> None:  # fmt: skip
    """Serve devices and the office's pages, and send mail, until Ctrl-C."""
    from mobility_app.hq import server

    office = _office(folder)
    mail = {"smtp": smtp, "from": mail_from, "security": smtp_security, "user": smtp_user}
    settings = mail_settings.read(office.folder, os.environ, mail)
    blobs = {"bucket": blobs_bucket, "endpoint": blobs_endpoint}
    blobs_settings.read(office.folder, os.environ, blobs)
    typer.echo(text("Headquarters: {url}", url=f"http://{host}:{port}"))
    typer.echo(text("The office: {url}", url=f"http://{host}:{port}/office?key={server.office_key(office)}"))
    if settings is None:
        typer.echo(text("No mail server is set: mails wait at the office."))
    server.serve(office.folder, host, port, with_parent=with_parent, mail=mail, blobs=blobs)


@app.command("import", epilog="Example: mobility hq import ./invoices --create-parties")
def import_(
    path: Path = typer.Argument(..., exists=True, help="A file or folder: UBL, CII, Factur-X, or the CSV folder."),
    company: str = typer.Option(None, help="The selling company of CSV files, by name."),
    create_parties: bool = typer.Option(False, "--create-parties", help="Make companies for unknown sellers."),
    folder: Path = FOLDER,
) -> None:
    """Take in billing documents and catalogues. What can't be taken in waits in quarantine with its reason."""
    office = _office(folder)
    with Progress(transient=True) as bar:
        task = bar.add_task(text("Importing"), total=None)

        def step(done: int, total: int, name: str) -> None:
            bar.update(task, completed=done, total=total, description=name[:40])

        report = import_path(
            office.ledger, path, company=company, create_parties=create_parties, quarantine=office.quarantine,
            progress=step,
        )  # fmt: skip
    office.headquarters.snapshots.keep_fresh()
    _tell_import(report)


def _tell_import(report: Report) -> None:
    for outcome in report.outcomes:
        if outcome.state == QUARANTINED:
            why = ": ".join(part for part in (text(INTAKE[outcome.reason]), outcome.detail) if part)
            typer.echo(text("In quarantine: {name}: {why}", name=outcome.path.name, why=why))
    counts = report.counts
    typer.echo(
        text("{stored} taken in, {unchanged} known already, {quarantined} in quarantine.", stored=counts[STORED],
             unchanged=counts[UNCHANGED], quarantined=counts[QUARANTINED])
    )  # fmt: skip


@app.command(epilog="Example: mobility hq company Lusa --country PT")
def company(name: str, country: str = typer.Option(..., help="ISO code, such as PT."), folder: Path = FOLDER) -> None:
    """Add a company with its first territory."""
    typer.echo(_office(folder).add_company(name, country.upper()))


@app.command(epilog="Example: mobility hq territory Lusa Norte")
def territory(company: str, name: str, folder: Path = FOLDER) -> None:
    """Add a territory to a company."""
    typer.echo(_office(folder, made=True).add_territory(company, name))


@app.command(epilog='Example: mobility hq user "Ana Silva" --role rep --company Lusa --territory Norte')
def user(
    name: str,
    role: str = typer.Option(..., help=", ".join(ROLES)),
    company: str = typer.Option(..., help="Company, by name."),
    territory: list[str] = typer.Option([], help="Territory, by name; may be given several times."),
    email: str = typer.Option(None, help="E-mail address."),
    everywhere: bool = typer.Option(False, "--everywhere", help="Give every territory of every company."),
    folder: Path = FOLDER,
) -> None:
    """Add a person."""
    if role not in ROLES:
        raise typer.BadParameter(f"one of {', '.join(ROLES)}", param_hint="--role")
    office = _office(folder, made=True)
    user_id = office.add_user(name, role, company, territory, email)
    if everywhere:
        office.give_everything(user_id)
    typer.echo(user_id)


@app.command(epilog='Example: mobility hq invite "Ana Silva"')
def invite(user: str, folder: Path = FOLDER) -> None:
    """Print a one-time code by which a device of that person enrols within 15 minutes."""
    typer.echo(_office(folder, made=True).invite(user))


@app.command(epilog="Example: mobility hq merge C-000042 C-000007")
def merge(
    gone: str = typer.Argument(..., help="Number of the customer that ends."),
    kept: str = typer.Argument(..., help="Number of the customer that stays."),
    folder: Path = FOLDER,
) -> None:
    """Make two customers one: all that hangs on the first goes over to the second, and its devices follow."""
    from mobility_app.hq.merging import merge_customers

    with _office(folder, made=True).ledger.transaction(silent=True) as tx:
        ids = [str(row["id"]) for number in (gone, kept) for row in tx.find("customer", number=number)]
        if len(ids) != len((gone, kept)):
            raise NotFound("customer", gone if not tx.find("customer", number=gone) else kept)
        moved = merge_customers(tx, *ids)
    typer.echo(text("{kept} holds everything now, {n} records of {gone} with it.", kept=kept, n=moved, gone=gone))


@app.command(epilog="Example: mobility hq dump > everything.json")
def dump(folder: Path = FOLDER) -> None:
    """Print everything as JSON."""
    typer.echo(json.dumps(_office(folder, made=True).dump(), ensure_ascii=False, indent=1, sort_keys=True))


hq_whole.add_to(app)
