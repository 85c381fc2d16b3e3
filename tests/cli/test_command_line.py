"""`mobility` as people type it: what it does, what it answers where it can't, and with which exit code."""

from __future__ import annotations

import io
import json
import re
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

from mobility_app import cli
from mobility_app.cli import hq
from mobility_app.hq.office import Office
from mobility_app.store import vault
from mobility_app.store.store import wall_ms

PASSPHRASE = "cinco palavras de teste aqui"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str


Mobility = Callable[..., Answer]


@pytest.fixture
def mobility(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Mobility:
    """Runs one command line as the program does."""
    for name in ("MOBILITY_DEBUG", "LC_ALL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MOBILITY_LANG", "en")

    def run(*words: object, stdin: str = "") -> Answer:
        monkeypatch.setattr(sys, "argv", ["mobility", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        try:
            cli.main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return run


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


def one_line(answer: Answer, code: int = 1) -> str:
    assert answer.code == code, answer
    assert answer.err.count("\n") == 1, answer.err
    assert "Traceback" not in answer.err
    return answer.err.strip()


def commands(group: Any, path: str = "mobility") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{path} {name}")
        elif not command.hidden:
            yield f"{path} {name}", command


def test_every_command_explains_itself_with_an_example() -> None:
    found = {**dict(commands(typer.main.get_command(cli.app))),
             **dict(commands(typer.main.get_command(hq.app), "mobility hq"))}  # fmt: skip
    for name, command in found.items():
        assert command.help, name
        assert f"Example: {name}" in (command.epilog or ""), name
    asked = ["init", "serve", "import", "company", "territory", "user", "invite", "dump"]
    assert {f"mobility hq {name}" for name in asked} <= set(found)
    assert {f"mobility {name}" for name in ("enrol", "app", "sync", "verify", "demo")} <= set(found)


def test_an_office_is_set_up_and_shows_in_its_dump(mobility: Mobility, tmp_path: Path) -> None:
    hq = ("--folder", tmp_path / "hq")
    assert mobility("hq", "init", *hq).code == 0
    company = mobility("hq", "company", "Lusa", "--country", "pt", *hq).out.strip()
    north = mobility("hq", "territory", "Lusa", "Norte", *hq).out.strip()
    ana = mobility("hq", "user", "Ana", "--role", "rep", "--company", "Lusa", "--territory", "Norte", *hq).out.strip()
    dump = json.loads(mobility("hq", "dump", *hq).out)
    assert dump["company"][company]["name"] == "Lusa"
    assert dump["company"][company]["currency"] == "EUR"
    assert dump["user"][ana]["territory_ids"] == [north]
    assert dump["customer"] == {}
    assert mobility("hq", "verify", *hq).out == "Everything is in order.\n"


def test_a_user_with_every_territory_of_every_company(mobility: Mobility, tmp_path: Path) -> None:
    hq = ("--folder", tmp_path / "hq")
    for name, country in (("Lusa", "PT"), ("Ibéria", "ES")):
        mobility("hq", "company", name, "--country", country, *hq)
    ana = mobility("hq", "user", "Ana", "--role", "rep", "--company", "Lusa", "--everywhere", *hq).out.strip()
    dump = json.loads(mobility("hq", "dump", *hq).out)
    assert dump["user"][ana]["company_ids"] == sorted(dump["company"])
    assert dump["user"][ana]["territory_ids"] == sorted(dump["territory"])


def test_a_name_is_given_once(mobility: Mobility, tmp_path: Path) -> None:
    hq = ("--folder", tmp_path / "hq")
    mobility("hq", "company", "Lusa", "--country", "PT", *hq)
    again = mobility("hq", "company", "Lusa", "--country", "ES", *hq)
    assert one_line(again) == "This name is taken. Choose another."
    assert len(json.loads(mobility("hq", "dump", *hq).out)["company"]) == 1


def test_who_is_not_there_is_named(mobility: Mobility, tmp_path: Path) -> None:
    mobility("hq", "init", "--folder", tmp_path)
    assert one_line(mobility("hq", "invite", "Nobody", "--folder", tmp_path)) == "There is no Nobody."


def test_two_customers_are_made_one_by_their_numbers(mobility: Mobility, tmp_path: Path) -> None:
    folder = tmp_path / "hq"
    company = mobility("hq", "company", "Lusa", "--country", "PT", "--folder", folder).out.strip()
    gone, kept = "C-000001", "C-000002"
    with Office(folder, now=wall_ms).ledger.transaction() as tx:
        territory = (tx.get("company", company) or {})["default_territory_id"]
        for number in (gone, kept):
            tx.create("customer", {
                "number": number, "name": number, "company_id": company, "territory_id": territory, "currency": "EUR",
            })  # fmt: skip
    assert mobility("hq", "merge", gone, kept, "--folder", folder).code == 0
    after = json.loads(mobility("hq", "dump", "--folder", folder).out)["customer"]
    assert [row["number"] for row in after.values()] == [kept]
    assert mobility("hq", "verify", "--folder", folder).code == 0
    assert gone in one_line(mobility("hq", "merge", gone, kept, "--folder", folder))
    assert "itself" in one_line(mobility("hq", "merge", kept, kept, "--folder", folder))


@pytest.mark.parametrize("command", ["dump", "verify"])
def test_a_mistyped_folder_makes_no_headquarters(mobility: Mobility, tmp_path: Path, command: str) -> None:
    assert "Make one" in one_line(mobility("hq", command, "--folder", tmp_path / "typo"))
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_database_is_said_and_left_as_it_is(mobility: Mobility, tmp_path: Path) -> None:
    (tmp_path / "hq.db").write_bytes(b"this was a database once" * 400)
    assert "can't be read" in one_line(mobility("hq", "dump", "--folder", tmp_path))
    assert (tmp_path / "hq.db").read_bytes().startswith(b"this was a database once")


def test_csv_without_a_seller_is_asked_for_one(mobility: Mobility, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name in ("customers", "products", "orders", "order_lines", "categories"):
        (data / f"{name}.csv").write_text("a,b\n1,2\n")
    asked = mobility("hq", "import", data, "--folder", tmp_path / "hq")
    assert "--company NAME" in one_line(asked)


def test_a_file_that_is_no_invoice_waits_in_quarantine_with_its_reason(mobility: Mobility, tmp_path: Path) -> None:
    (tmp_path / "note.xml").write_text("Dear office, the invoice follows.")
    done = mobility("hq", "import", tmp_path / "note.xml", "--folder", tmp_path / "hq")
    assert done.code == 0
    assert "In quarantine: note.xml: no XML" in done.out
    assert "0 taken in, 0 known already, 1 in quarantine." in done.out


def test_the_demo_is_made_into_an_empty_headquarters_alone(mobility: Mobility, tmp_path: Path) -> None:
    assert mobility("demo", "--customers", "3", "--folder", tmp_path).out == "3 customers made.\n"
    before = mobility("hq", "dump", "--folder", tmp_path).out
    assert "holds data already" in one_line(mobility("demo", "--customers", "3", "--folder", tmp_path))
    assert mobility("hq", "dump", "--folder", tmp_path).out == before


@pytest.mark.parametrize("command", ["app", "sync", "verify"])
def test_a_device_that_is_not_enrolled_says_how_to_become_one(mobility: Mobility, tmp_path: Path, command: str) -> None:
    answer = mobility(command, "--folder", tmp_path / "device", "--passphrase-stdin", stdin="whatever it is\n")
    assert "mobility enrol --hq" in one_line(answer)
    assert not (tmp_path / "device").exists()


def test_enrolment_without_headquarters_exits_with_3_and_leaves_nothing(mobility: Mobility, tmp_path: Path) -> None:
    folder = tmp_path / "device"
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    answer = mobility(
        "enrol", "--hq", url, "--code", "x-y", "--folder", folder, "--passphrase-stdin", stdin=PASSPHRASE + "\n"
    )
    assert one_line(answer, code=3) == "The server did not answer. Check the network."
    assert list(folder.iterdir()) == []


def test_a_short_passphrase_is_refused_before_anything_is_made(mobility: Mobility, tmp_path: Path) -> None:
    folder = tmp_path / "device"
    answer = mobility(
        "enrol",
        "--hq",
        "http://127.0.0.1:9",
        "--code",
        "x-y",
        "--folder",
        folder,
        "--passphrase-stdin",
        stdin="short\n",
    )
    assert "8 characters" in one_line(answer)
    assert list(folder.iterdir()) == []


def test_a_wrong_passphrase_opens_nothing(mobility: Mobility, tmp_path: Path) -> None:
    vault.create(tmp_path, PASSPHRASE)
    answer = mobility("sync", "--folder", tmp_path, "--passphrase-stdin", stdin="another one entirely\n")
    assert "passphrase is wrong" in one_line(answer)
    assert not (tmp_path / "store.db").exists()


def test_after_many_wrong_passphrases_the_next_try_waits_whatever_the_command(
    mobility: Mobility, tmp_path: Path
) -> None:
    vault.create(tmp_path, PASSPHRASE)
    for _ in range(5):
        answer = mobility("sync", "--folder", tmp_path, "--passphrase-stdin", stdin="another one entirely\n")
    assert re.search(r"Next try in [12] seconds?\.", one_line(answer))
    assert "Next try in" in one_line(
        mobility("verify", "--folder", tmp_path, "--passphrase-stdin", stdin=PASSPHRASE + "\n")
    )


def test_a_busy_port_is_named(mobility: Mobility, tmp_path: Path, taken_port: int) -> None:
    answer = mobility("hq", "serve", "--folder", tmp_path, "--port", taken_port)
    assert one_line(answer) == "This port is in use. Choose another with --port."


def test_wrong_usage_exits_with_2(mobility: Mobility, tmp_path: Path) -> None:
    assert mobility("hq", "serve", "--port", "99999").code == 2
    assert mobility("hq", "nonsense").code == 2
    mobility("hq", "init", "--folder", tmp_path)
    assert mobility("hq", "user", "Ana", "--role", "boss", "--company", "Lusa", "--folder", tmp_path).code == 2


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"MOBILITY_LANG": "pt"}, "Não existe: Nobody."),
        ({"MOBILITY_LANG": "", "LANG": "pt_BR.UTF-8"}, "Não existe: Nobody."),
        ({"MOBILITY_LANG": "", "LANG": ""}, "Não existe: Nobody."),
        ({"MOBILITY_LANG": "", "LANG": "C.UTF-8"}, "There is no Nobody."),
        ({"MOBILITY_LANG": "", "LANG": "de_DE.UTF-8"}, "There is no Nobody."),
        ({"MOBILITY_LANG": "en", "LANG": "pt_PT.UTF-8"}, "There is no Nobody."),
    ],
)
def test_it_speaks_the_language_of_the_person(
    mobility: Mobility, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variables: dict[str, str], words: str
) -> None:
    mobility("hq", "init", "--folder", tmp_path)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert one_line(mobility("hq", "invite", "Nobody", "--folder", tmp_path)) == words


def test_a_table_changed_around_the_log_is_found_noted_and_mended_by_command(
    mobility: Mobility, tmp_path: Path
) -> None:
    hq = ("--folder", tmp_path / "hq")
    company = mobility("hq", "company", "Lusa", "--country", "PT", *hq).out.strip()
    office = Office(tmp_path / "hq", now=wall_ms)
    with office.database.transaction() as session:
        session.run("UPDATE ctx SET applying=1")
        session.run("UPDATE company SET name='Rot' WHERE id=?", company)
        session.run("UPDATE ctx SET applying=0")
    line = f"company {company}: the table differs from the log\n"
    for command in ("verify", "scrub"):
        found = mobility("hq", command, *hq)
        assert (found.code, found.out) == (1, line)
    assert mobility("hq", "faults", *hq).out.endswith("  !\n")
    mended = mobility("hq", "mend", *hq)
    assert (mended.code, '{"name": "Rot"} -> {"name": "Lusa"}' in mended.out) == (0, True)
    assert mobility("hq", "verify", *hq).out == "Everything is in order.\n"
    assert '{"name": "Rot"} -> {"name": "Lusa"}\n' in mobility("hq", "faults", *hq).out
    assert mobility("hq", "compact", *hq).out == "0 entries left the log for the archive.\n"
