"""A first sync by snapshot: whole, cut anywhere, beside edits, moves and roles; its history and chain afterwards."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from mobility_app.errors import NotAllowed
from mobility_app.store import faults as noted
from mobility_app.store import snapshot
from mobility_app.store.cursor import AWAITED, Cursor
from mobility_app.store.queries import arriving, tickets
from mobility_app.store.search import find
from mobility_app.store.store import BUSY_MS, Store
from mobility_app.store.verify import faults
from mobility_app.sync import first
from mobility_app.sync.engine import Engine
from tests.support import invariants
from tests.support.fleet import Fleet
from tests.support.snapped import CUSTOMERS, asked, enrolled, half_way, made, populated, whole

NORMAL, FULL = 1, 2  # of PRAGMA synchronous


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return populated(tmp_path)


def test_a_first_sync_takes_rows_and_then_their_history(fleet: Fleet) -> None:
    assert made(fleet) >= 2  # the territory and the shared customers
    rui = enrolled(fleet, "rui", "Rui")
    rui.sync()
    assert asked(rui, "/v1/snapshot") > 2
    whole(fleet, "rui")
    with rui.store.reading() as session:
        assert len(find(session, "zita7")) == 1
        assert session.value("SELECT COUNT(*) FROM anchor WHERE wanted") == 0
        assert session.value("SELECT COUNT(*) FROM anchor WHERE floor_chain != ''") == 0
        ids = {row[0] for row in session.rows("SELECT root_id || seq FROM entry WHERE root_id IS NOT NULL")}
    with fleet.office.ledger.reading() as hq:
        assert ids == {row[0] for row in hq.rows("SELECT root_id || seq FROM log WHERE root_id IS NOT NULL")}
    asks = len(rui.link.requests)
    rui.sync()
    assert len(rui.link.requests) == asks + 1


def test_without_a_snapshot_the_log_comes_in_pages(fleet: Fleet) -> None:
    rui = enrolled(fleet, "rui", "Rui")
    rui.sync()
    assert asked(rui, "/v1/snapshot") == 0
    whole(fleet, "rui")


def test_a_snapshot_too_old_is_not_offered(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    made(fleet)
    monkeypatch.setattr("mobility_app.hq.snapshots.OLD_LINES", 0)
    with fleet.devices["ana"].store.writing() as tx:
        for row in tx.find("customer"):
            tx.update("customer", str(row["id"]), {"notes": "newer"})
    fleet.devices["ana"].sync()
    rui = enrolled(fleet, "rui", "Rui")
    rui.sync()
    with rui.store.reading() as session:
        assert session.value("SELECT COUNT(*) FROM anchor WHERE whole_seq > 0") == 0
    whole(fleet, "rui")


@pytest.mark.parametrize("seed", range(12))
def test_cut_at_any_request_and_killed_at_any_statement_it_goes_on(fleet: Fleet, seed: int) -> None:
    made(fleet)
    chance = random.Random(seed)
    rui = enrolled(fleet, "rui", "Rui")
    for _ in range(200):
        left = chance.randint(1, 120)

        def watch(sql: str) -> None:
            nonlocal left
            left -= 1
            if left <= 0:
                raise KeyboardInterrupt

        rui.store.database.watch = watch
        try:
            rui.sync()
            break
        except KeyboardInterrupt:
            rui.store.database.watch = None
            rui.store.database.close()
            rui.store = Store(fleet.folder / "rui.db", None, now=rui.clock, random=fleet.random.randbytes)
            rui.engine = Engine(rui.store, rui.link)
        if chance.random() < 0.3:
            with fleet.devices["ana"].store.writing() as tx:
                row = chance.choice(tx.find("customer"))
                tx.update("customer", str(row["id"]), {"name": f"Nova {chance.randrange(99)}"})
            fleet.devices["ana"].sync()
    rui.store.database.watch = None
    rui.sync()
    whole(fleet, "rui")


def test_edits_deletes_and_moves_after_the_snapshot_come_after_it(fleet: Fleet) -> None:
    made(fleet)
    ana = fleet.devices["ana"]
    with ana.store.writing() as tx:
        rows = tx.find("customer")
        tx.update("customer", str(rows[0]["id"]), {"name": "Depois"})
        tx.delete("contact", str(tx.find("contact")[3]["id"]))
        tx.create("customer", {"name": "Recente"})
    ana.sync()
    with fleet.office.ledger.transaction() as tx:
        tx.update("customer", str(rows[7]["id"]), {"territory_id": fleet.id_of("territory", "Sul")})
        tx.update("customer", str(rows[1]["id"]), {"territory_id": fleet.id_of("territory", "Sul")})  # a shared one
    for name, user in (("rui", "Rui"), ("eva", "Eva")):
        enrolled(fleet, name, user).sync()
        whole(fleet, name)


def test_a_territory_gained_later_comes_by_snapshot_while_others_flow(fleet: Fleet) -> None:
    made(fleet)
    eva = enrolled(fleet, "eva", "Eva")
    eva.sync()
    with eva.store.reading() as session:
        assert session.value("SELECT COUNT(*) FROM customer") == 5  # the shared ones, by master data
        assert session.value("SELECT COUNT(*) FROM ticket") == 0
    whole(fleet, "eva")
    both = sorted(fleet.id_of("territory", name) for name in ("Norte", "Sul"))
    with fleet.office.ledger.transaction() as tx:
        tx.update("user", fleet.id_of("user", "Eva"), {"territory_ids": both})
    asks = asked(eva, "/v1/snapshot")
    eva.sync()
    eva.sync()
    assert asked(eva, "/v1/snapshot") > asks
    whole(fleet, "eva")
    with fleet.office.ledger.transaction() as tx:
        tx.update("user", fleet.id_of("user", "Eva"), {"territory_ids": [fleet.id_of("territory", "Sul")]})
    eva.sync()
    whole(fleet, "eva")
    with eva.store.reading() as session:
        assert session.value("SELECT COUNT(*) FROM made") == 0
        assert session.value("SELECT COUNT(*) FROM anchor") == 5


def test_a_snapshot_that_left_half_way_is_taken_anew_and_nothing_stays_that_left(fleet: Fleet) -> None:
    made(fleet)
    rui = enrolled(fleet, "rui", "Rui")
    half_way(rui)
    with rui.store.reading() as session:
        here = [row[0] for row in session.rows("SELECT id FROM customer ORDER BY id")]
        assert 0 < len(here) < CUSTOMERS
        assert AWAITED in {sub for _, sub in Cursor.read(session).scopes.values()}
        assert arriving.coming(rui.store) is not None
    with fleet.office.ledger.transaction() as tx:
        tx.update("user", fleet.id_of("user", "Rui"), {"territory_ids": [fleet.id_of("territory", "Norte")]})
        tx.update("customer", here[0], {"territory_id": fleet.id_of("territory", "Sul"), "shared": False})
        tx.update("customer", here[1], {"name": "Mudou"})
    with fleet.office.database.transaction() as session:
        session.run("DELETE FROM snapshot")
        session.run("DELETE FROM snapshot_piece")
    made(fleet)
    rui.sync()
    rui.sync()
    whole(fleet, "rui")
    assert arriving.coming(rui.store) is None


def test_rights_are_looked_at_at_every_piece(fleet: Fleet) -> None:
    made(fleet)
    rui = enrolled(fleet, "rui", "Rui")
    half_way(rui)
    with fleet.office.ledger.transaction() as tx:
        tx.update("user", fleet.id_of("user", "Rui"), {"territory_ids": [fleet.id_of("territory", "Sul")]})
    rui.sync()
    rui.sync()
    whole(fleet, "rui")
    with rui.store.reading() as session:
        assert session.value("SELECT COUNT(*) FROM ticket") == 0


def test_a_save_in_the_middle_is_sent_in_between_and_stays_over_the_rows(fleet: Fleet) -> None:
    made(fleet)
    rui = enrolled(fleet, "rui", "Rui")
    half_way(rui)
    with rui.store.writing() as tx:
        row = tx.find("customer")[0]
        tx.update("customer", str(row["id"]), {"name": "Escrito cedo"})
        tx.create("customer", {"name": "Feito cedo", "territory_id": fleet.id_of("territory", "Norte")})
    invariants.overlay_holds("rui", rui.store)
    half_way(rui)
    assert rui.store.read("customer", str(row["id"]))["name"] == "Escrito cedo"  # type: ignore[index]
    rui.sync()
    whole(fleet, "rui")
    assert rui.store.read("customer", str(row["id"]))["name"] == "Escrito cedo"  # type: ignore[index]


def test_rows_are_written_part_by_part_for_a_while_after_a_save(fleet: Fleet) -> None:
    made(fleet)
    rui = enrolled(fleet, "rui", "Rui")
    half_way(rui)
    with rui.store.reading() as session:
        (one,) = (each for each in snapshot.arriving(session) if each.piece)
    assert one.pieces > 2

    def transactions() -> int:
        seen = list[str]()
        rui.store.database.watch = seen.append
        half_way(rui)
        rui.store.database.watch = None
        return sum(sql.startswith("UPDATE arriving SET piece") for sql in seen)

    assert transactions() == 1
    with rui.store.writing() as tx:
        tx.update("customer", str(tx.find("customer")[0]["id"]), {"website": "https://busy.example"})
    assert transactions() > 1
    fleet.clock.at += BUSY_MS
    assert transactions() == 1
    rui.sync()
    whole(fleet, "rui")


def test_what_waited_for_no_disk_is_followed_by_saves_that_do(fleet: Fleet) -> None:
    made(fleet)
    rui = enrolled(fleet, "rui", "Rui")
    levels: dict[str, set[int]] = {"INSERT INTO anchor": set(), "UPDATE anchor SET floor_seq=?": set()}

    def look(sql: str) -> None:
        for start, found in levels.items():
            if sql.startswith(start):
                rui.store.database.watch = None
                with rui.store.reading() as session:
                    found.add(session.value("PRAGMA synchronous"))
                rui.store.database.watch = look

    rui.store.database.watch = look
    rui.sync()
    rui.store.database.watch = None
    with rui.store.reading() as session:
        after = session.value("PRAGMA synchronous")
    rows, history = (levels[start] for start in ("INSERT INTO anchor", "UPDATE anchor SET floor_seq=?"))
    assert (rows, history, after) == ({NORMAL}, {NORMAL}, FULL)


def test_who_made_what_is_known_without_the_entries(fleet: Fleet) -> None:
    made(fleet)
    ana = enrolled(fleet, "ana2", "Ana")
    rui = enrolled(fleet, "rui", "Rui")
    for device in (ana, rui):
        device.sync()
        with device.store.transaction() as session:
            session.run("DELETE FROM entry")  # as if none had come yet
    with ana.store.reading() as session:
        activity = session.find("activity")[0]
    customer = str(activity["customer_id"])
    assert tickets.of_customer(ana.store, customer).rows[0].opened_at is not None
    with ana.store.writing() as tx:
        tx.update("activity", str(activity["id"]), {"title": "mine"})
    with pytest.raises(NotAllowed), rui.store.writing() as tx:
        tx.update("activity", str(activity["id"]), {"title": "not mine"})


def test_history_waits_for_older_entries_until_asked(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    made(fleet)
    monkeypatch.setattr(first, "HISTORY_MS", 0)
    rui = enrolled(fleet, "rui", "Rui")
    fleet.clock.at += 1_000
    rui.sync()
    with rui.store.reading() as session:
        assert session.value("SELECT COUNT(*) FROM entry WHERE root_id IS NOT NULL") == 0
        root = session.value("SELECT root_id FROM anchor WHERE whole_seq > 0 LIMIT 1")
    whole(fleet, "rui")
    assert rui.engine.older(root) > 0
    while rui.engine.older(root):
        pass
    whole(fleet, "rui")
    with rui.store.transaction() as session:
        session.run("DELETE FROM entry WHERE root_id=? AND kind='create' AND entity='ticket'", root)
    assert faults(rui.store, root) != []


def test_an_altered_entry_of_late_history_is_found(fleet: Fleet) -> None:
    made(fleet)
    rui = enrolled(fleet, "rui", "Rui")
    rui.sync()
    with rui.store.transaction() as session:
        root, seq = (
            session.one("SELECT root_id, MAX(seq) FROM entry WHERE root_id IS NOT NULL GROUP BY 1 LIMIT 1") or ()
        )
        session.run("UPDATE entry SET at=at+1 WHERE root_id=? AND seq=?", root, seq)
    assert faults(rui.store, root) != []


def test_old_snapshots_leave(fleet: Fleet) -> None:
    made(fleet)
    snaps = fleet.office.headquarters.snapshots
    with fleet.devices["ana"].store.writing() as tx:
        for row in tx.find("customer"):
            tx.update("customer", str(row["id"]), {"notes": "newer"})
    fleet.devices["ana"].sync()
    made(fleet)
    with fleet.office.ledger.reading() as session:
        several = "SELECT COUNT(*) FROM snapshot GROUP BY scope, profile HAVING COUNT(*) > 1"
        assert session.rows(several)  # devices may be in the middle of the old one
    fleet.clock.at += 2 * 3_600_000
    snaps.keep_fresh()
    with fleet.office.ledger.reading() as session:
        assert not session.rows(several)
        orphans = "SELECT COUNT(*) FROM snapshot_piece WHERE (scope, profile, seq) NOT IN"
        assert session.value(f"{orphans} (SELECT scope, profile, seq FROM snapshot)") == 0


def test_places_move_with_their_rows(fleet: Fleet) -> None:
    made(fleet)
    rui = enrolled(fleet, "rui", "Rui")
    half_way(rui)
    with rui.store.reading() as session:
        at = next(one for one in snapshot.arriving(session) if one.piece)
        assert at.done == session.value("SELECT COUNT(*) FROM anchor")


def test_what_the_log_told_already_is_not_put_back_by_an_older_snapshot(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    fleet.user("Ana")
    fleet.user("Rui", territories=("Norte", "Sul"))
    ana = fleet.device("ana", "Ana")
    with ana.store.writing() as tx:
        customer, other = (tx.create("customer", {"name": name}) for name in ("Casa", "Outra"))
        tx.create("contact", {"customer_id": customer, "first_name": "Zita"})
    ana.sync()
    with fleet.office.ledger.transaction() as tx:
        tx.update("customer", other, {"territory_id": fleet.id_of("territory", "Sul")})
    fleet.office.headquarters.snapshots.least_lines = 1
    made(fleet)
    with fleet.office.ledger.transaction() as tx:
        tx.update("customer", customer, {"territory_id": fleet.id_of("territory", "Sul")})
    with fleet.office.ledger.transaction() as tx:
        tx.update("customer", customer, {"shared": True})
    rui = enrolled(fleet, "rui", "Rui")
    rui.sync()
    whole(fleet, "rui")
    with rui.store.reading() as session:
        assert noted.newest(session, 1) == []
