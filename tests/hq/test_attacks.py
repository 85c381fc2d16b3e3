"""A malicious rep with a device's key: what a forged push or pull may not reach, each attack with its own story.

After every attack HQ's tables are looked at, not the answer alone. What an attack may still do is said where it is so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mobility_app.domain.change import commitment, link
from mobility_app.domain.fields import NOTE_MAX, Plain
from mobility_app.hq import verify
from mobility_app.hq.reach import REJECTED
from mobility_app.sync.columns import to_entries
from mobility_app.sync.protocol import WireVerdict
from tests.support.fleet import START_MS, Fleet
from tests.support.forger import FAR, Forger, forged

Row = dict[str, Plain]


@dataclass(slots=True)
class Ground:
    """Ana's own customer, her neighbour's in another territory and one of another company, all with what hangs on them."""

    fleet: Fleet
    ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, role in (("Ana", "rep"), ("Rui", "rep"), ("Tom", "manager"), ("Vera", "support"), ("Otto", "admin")):
            self.ids[name] = self.fleet.user(name, role)
        self.ids["Edi"] = self.fleet.user("Edi", "erp")
        self.ids["Eva"] = self.fleet.user("Eva", territories=("Sul",))
        self.ids["Iker"] = self.fleet.user("Iker", company="Ibera", territories=("Madrid",))
        for territory, company, place in (
            ("Norte", "Lusa", "own"),
            ("Sul", "Lusa", "next"),
            ("Madrid", "Ibera", "far"),
        ):
            self.ids[territory] = self.fleet.id_of("territory", territory)
            self.ids[company] = self.fleet.id_of("company", company)
            self._furnish(place, self.ids[company], self.ids[territory])

    def _furnish(self, place: str, company: str, territory: str) -> None:
        customer = self.make(
            "customer", company_id=company, territory_id=territory, name=f"{place} customer", currency="EUR"
        )
        self.ids[place] = customer
        made: dict[str, Row] = {
            "contact": {"customer_id": customer, "first_name": "Pablo"},
            "activity": {"customer_id": customer, "kind": "task", "title": "t"},
            "ticket": {"customer_id": customer, "reference": "S1", "description": "d"},
            "label": {"company_id": company, "name": "l"},
            "mailing_list": {"company_id": company, "name": "m"},
            "product": {"company_id": company, "code": place, "name": "p", "exclusive_customer_id": customer},
        }
        for entity, values in made.items():
            self.ids[f"{place} {entity}"] = self.make(entity, **values)

    def make(self, entity: str, /, **values: Plain) -> str:
        with self.fleet.office.ledger.transaction() as tx:
            return tx.create(entity, values)

    def update(self, entity: str, record_id: str, /, **values: Plain) -> None:
        with self.fleet.office.ledger.transaction() as tx:
            tx.update(entity, record_id, values)

    def delete(self, entity: str, record_id: str) -> None:
        with self.fleet.office.ledger.transaction() as tx:
            tx.delete(entity, record_id)

    def row(self, entity: str, record_id: str) -> Row | None:
        with self.fleet.office.ledger.reading() as session:
            return session.get(entity, record_id)

    def log(self) -> int:
        with self.fleet.office.ledger.reading() as session:
            return int(session.value("SELECT COUNT(*) FROM log"))

    def whole(self) -> bool:
        return verify.faults(self.fleet.office.ledger) == []


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(Fleet(tmp_path))


@pytest.fixture
def ana(ground: Ground) -> Forger:
    return Forger(ground.fleet, "Ana")


def new(ground: Ground) -> str:
    return ground.fleet.office.ledger.new_id()


# -- references

REFERENCES = [
    ("Ana", "contact_label", "label_id", "far label", {"contact_id": "own contact"}),
    ("Ana", "mailing_list_member", "mailing_list_id", "far mailing_list", {"contact_id": "own contact"}),
    ("Ana", "mailing_list_member", "contact_id", "next contact", {"mailing_list_id": "own mailing_list"}),
    ("Ana", "activity_participant", "contact_id", "next contact", {"activity_id": "own activity"}),
    ("Ana", "activity_participant", "contact_id", "far contact", {"activity_id": "own activity"}),
    ("Ana", "activity_participant", "user_id", "Iker", {"activity_id": "own activity"}),
    ("Ana", "activity_participant", "activity_id", "next activity", {"user_id": "Ana"}),
    ("Ana", "activity", "assignee_id", "Iker", {"customer_id": "own", "kind": "=task", "title": "=t"}),
    ("Ana", "activity", "assignee_id", "own contact", {"customer_id": "own", "kind": "=task", "title": "=t"}),
    ("Ana", "activity", "customer_id", "far", {"kind": "=task", "title": "=t"}),
    ("Ana", "ticket_entry", "ticket_id", "next ticket", {"text": "=t"}),
    ("Ana", "contact_email", "contact_id", "far contact", {"value": "=a@b.example"}),
    ("Ana", "label", "company_id", "Ibera", {"name": "=n"}),
    ("Ana", "customer", "company_id", "Ibera", {"name": "=n", "territory_id": "Norte"}),
    ("Ana", "customer", "territory_id", "Sul", {"name": "=n", "company_id": "Lusa"}),
    ("Ana", "customer", "territory_id", "Madrid", {"name": "=n", "company_id": "Lusa"}),
    ("Ana", "customer", "owner_id", "Iker", {"name": "=n", "company_id": "Lusa", "territory_id": "Norte"}),
    ("Edi", "customer_price", "product_id", "next product", {"customer_id": "own", "price_minor": 1, "currency": "=EUR"}),
    ("Edi", "product", "company_id", "Ibera", {"exclusive_customer_id": "own", "code": "=x", "name": "=x"}),
]  # fmt: skip


@pytest.mark.parametrize(("user", "entity", "name", "target", "rest"), REFERENCES)
def test_a_new_record_never_refers_to_what_lies_elsewhere(
    ground: Ground, user: str, entity: str, name: str, target: str, rest: Row
) -> None:
    forger, record = Forger(ground.fleet, user), new(ground)
    values: Row = {each: ground.ids.get(value, value.lstrip("=")) if isinstance(value, str) else value
                   for each, value in rest.items()}  # fmt: skip
    forger.push(forged("create", entity, record, {**values, name: ground.ids[target]}))
    row = ground.row(entity, record)
    assert row is None or row[name] != ground.ids[target]
    assert ground.whole()


@pytest.mark.parametrize(("user", "entity", "name", "target"), [
    ("Tom", "activity", "assignee_id", "Iker"),
    ("Tom", "activity", "assignee_id", "own contact"),
    ("Tom", "activity", "customer_id", "next"),
    ("Tom", "customer", "owner_id", "Iker"),
    ("Tom", "customer", "territory_id", "Madrid"),
    ("Tom", "customer", "company_id", "Ibera"),
    ("Otto", "company", "default_territory_id", "Madrid"),
])  # fmt: skip
def test_a_reference_is_never_turned_to_what_lies_elsewhere(
    ground: Ground, user: str, entity: str, name: str, target: str
) -> None:
    record = {"customer": "own", "company": "Lusa"}.get(entity, f"own {entity}")
    before = ground.row(entity, ground.ids[record])
    said = Forger(ground.fleet, user).one(forged("update", entity, ground.ids[record], {name: ground.ids[target]}))
    assert said[0] == REJECTED
    assert ground.row(entity, ground.ids[record]) == before


def test_a_message_goes_to_contacts_of_its_customer_alone(ground: Ground, ana: Forger) -> None:
    values: Row = {"customer_id": ground.ids["own"], "sender_id": ana.user_id, "subject": "s", "body": "b"}
    mixed, strangers = new(ground), new(ground)
    far, near, own = (ground.ids[f"{place} contact"] for place in ("far", "next", "own"))
    ana.push(forged("create", "message", mixed, {**values, "contact_ids": [far, near, own]}))
    ana.push(forged("create", "message", strangers, {**values, "contact_ids": [far, near]}))
    assert (ground.row("message", mixed) or {})["contact_ids"] == [own]
    assert ground.row("message", strangers) is None


def test_nobody_writes_in_another_name(ground: Ground, ana: Forger) -> None:
    note, message = new(ground), new(ground)
    ticket: Row = {"ticket_id": ground.ids["own ticket"], "text": "I agree", "author_id": ground.ids["Rui"]}
    mail: Row = {"customer_id": ground.ids["own"], "sender_id": ground.ids["Rui"], "subject": "s", "body": "b",
                 "contact_ids": [ground.ids["own contact"]]}  # fmt: skip
    assert ana.one(forged("create", "ticket_entry", note, ticket)) == (REJECTED, "forbidden")
    assert ana.one(forged("create", "message", message, mail)) == (REJECTED, "forbidden")
    assert (ground.row("ticket_entry", note), ground.row("message", message)) == (None, None)
    unsigned = new(ground)
    ana.push(forged("create", "ticket_entry", unsigned, {**ticket, "author_id": None}))
    assert (ground.row("ticket_entry", unsigned) or {})["author_id"] == ana.user_id


# -- ids, deletes, restores


def test_a_known_id_is_not_taken_over(ground: Ground, ana: Forger) -> None:
    for place in ("own", "next", "far"):
        before = ground.row("contact", ground.ids[f"{place} contact"])
        values: Row = {"customer_id": ground.ids["own"], "first_name": "Mine"}
        said = ana.one(forged("create", "contact", ground.ids[f"{place} contact"], values))
        assert said == (REJECTED, "id_taken")
        assert ground.row("contact", ground.ids[f"{place} contact"]) == before


def test_what_was_deleted_comes_back_as_it_went_under_its_own_parent(ground: Ground, ana: Forger) -> None:
    contact = ground.ids["own contact"]
    swapped: Row = {"customer_id": ground.ids["next"], "first_name": "Changed", "job_title": "Changed"}
    ana.push(forged("delete", "contact", contact), forged("restore", "contact", contact, swapped))
    row = ground.row("contact", contact) or {}
    assert (row["customer_id"], row["first_name"], row["job_title"]) == (ground.ids["own"], "Pablo", None)
    ground.delete("contact", contact)
    ana.push(forged("restore", "contact", contact, swapped))
    assert ground.row("contact", contact) == row
    assert ground.whole()


def test_a_pair_never_stands_twice(ground: Ground, ana: Forger) -> None:
    pair: Row = {"contact_id": ground.ids["own contact"], "label_id": ground.ids["own label"]}
    first, second, third = new(ground), new(ground), new(ground)
    ana.push(forged("create", "contact_label", first, pair), forged("create", "contact_label", second, pair))
    ana.push(forged("delete", "contact_label", first), forged("restore", "contact_label", second, pair))
    ana.push(forged("create", "contact_label", third, pair), forged("restore", "contact_label", first, pair))
    with ground.fleet.office.ledger.reading() as session:
        assert len(session.find("contact_label")) == 1
    assert ground.whole()


def test_only_who_may_delete_brings_back(ground: Ground, ana: Forger) -> None:
    ground.delete("activity", ground.ids["own activity"])  # the office's, and neither made by Ana nor given to her
    assert ana.one(forged("restore", "activity", ground.ids["own activity"])) == (REJECTED, "forbidden")
    empty = ground.make(
        "customer", company_id=ground.ids["Lusa"], territory_id=ground.ids["Norte"], name="x", currency="EUR"
    )
    ground.delete("customer", empty)
    assert ana.one(forged("restore", "customer", empty)) == (REJECTED, "forbidden")
    assert Forger(ground.fleet, "Tom").one(forged("restore", "customer", empty))[0] == "accepted"
    assert ground.row("customer", empty) is not None


@pytest.mark.parametrize("kind", ["update", "delete", "restore"])
def test_what_is_elsewhere_and_what_never_was_are_answered_alike(ground: Ground, ana: Forger, kind: str) -> None:
    gone = [ground.make("contact", customer_id=ground.ids[place], first_name="x") for place in ("next", "far")]
    lists = [ground.make(entity, company_id=ground.ids["Ibera"], name="x") for entity in ("label", "mailing_list")]
    for record in gone:
        ground.delete("contact", record)
    ground.delete("label", lists[0])
    targets = [("contact", record) for record in (*gone, ground.ids["next contact"], ground.ids["far contact"])]
    targets += [("label", lists[0]), ("label", ground.ids["far label"]), ("mailing_list", lists[1])]
    targets += [("customer", ground.ids["next"]), ("customer", ground.ids["far"]), ("contact", new(ground))]
    values: Row = {"name": "y"}
    for entity, record in targets:
        patch: Row = {} if kind != "update" else {"first_name": "y"} if entity == "contact" else values
        (verdict,) = ana.push(forged(kind, entity, record, patch))
        assert verdict == WireVerdict(verdict.dseq, REJECTED, "not_found"), entity


def test_what_would_hang_elsewhere_and_on_nothing_are_answered_alike(ground: Ground, ana: Forger) -> None:
    gone = ground.make("contact", customer_id=ground.ids["next"], first_name="x")
    ground.delete("contact", gone)
    for parent in (ground.ids["next contact"], ground.ids["far contact"], gone, new(ground), ground.ids["own label"]):
        (verdict,) = ana.push(forged("create", "contact_email", new(ground), {"contact_id": parent, "value": "a@b.pt"}))
        assert verdict == WireVerdict(verdict.dseq, REJECTED, "not_found")
    for company, territory in (("Lusa", "Sul"), ("Ibera", "Madrid"), ("Ibera", "Sul"), ("Lusa", ""), ("", "Madrid")):
        values: Row = {"name": "n", "currency": "EUR", "company_id": ground.ids.get(company, new(ground)),
                       "territory_id": ground.ids.get(territory, new(ground))}  # fmt: skip
        (verdict,) = ana.push(forged("create", "customer", new(ground), values))
        assert verdict == WireVerdict(verdict.dseq, REJECTED, "not_found")


# -- conflicts


def test_conflicts_are_neither_forged_nor_rewritten_nor_settled_by_strangers(ground: Ground, ana: Forger) -> None:
    def conflict(entity: str, record: str, name: str, customer: str | None) -> str:
        return ground.make("conflict", customer_id=customer, entity=entity, record_id=record, field=name, loser="x")

    far = conflict("customer", ground.ids["far"], "name", ground.ids["far"])
    listed = conflict("label", ground.ids["far label"], "name", None)
    person = conflict("user", ground.ids["Eva"], "email", None)
    own = conflict("customer", ground.ids["own"], "name", ground.ids["own"])
    for record, reason in ((far, "not_found"), (listed, "not_found"), (person, "forbidden")):
        assert ana.one(forged("update", "conflict", record, {"state": "settled"})) == (REJECTED, reason)
        assert (ground.row("conflict", record) or {})["state"] == "open"
    assert ana.one(forged("update", "conflict", own, {"loser": "y"})) == (REJECTED, "hq_owned")
    assert ana.one(forged("update", "conflict", own, {"state": "settled"}))[0] == "accepted"
    made = new(ground)
    values: Row = {"customer_id": ground.ids["own"], "entity": "customer", "record_id": ground.ids["own"], "field": "x"}
    assert ana.one(forged("create", "conflict", made, values))[0] == REJECTED
    assert ground.row("conflict", made) is None


def test_an_edit_of_what_is_gone_leaves_no_conflict_about_fields_that_were_not_to_be_written(
    ground: Ground, ana: Forger
) -> None:
    ground.delete("activity", ground.ids["own activity"])
    values: Row = {"customer_id": ground.ids["next"], "kind": "call", "place": "Porto"}
    assert ana.one(forged("update", "activity", ground.ids["own activity"], values)) == (REJECTED, "row_deleted")
    with ground.fleet.office.ledger.reading() as session:
        assert [row["field"] for row in session.find("conflict")] == ["place"]


def test_a_conflict_does_not_show_values_of_a_field_that_the_role_may_not_read(ground: Ground) -> None:
    own = ground.ids["own"]
    secret = ground.make("conflict", customer_id=own, entity="customer", record_id=own, field="credit_limit_minor",
                         base=1_111_111, winner=2_222_222, loser=3_333_333)  # fmt: skip
    plain = ground.make("conflict", customer_id=own, entity="customer", record_id=own, field="name", loser="4_444_444")
    ground.update("conflict", secret, state="settled")
    ground.delete("conflict", secret)
    support, _ = Forger(ground.fleet, "Vera").pull_all()
    rep, _ = Forger(ground.fleet, "Ana").pull_all()
    assert secret not in support
    assert not any(value in support for value in ("1111111", "2222222", "3333333"))
    assert plain in support
    assert secret in rep
    assert "3333333" in rep


def test_a_hidden_amount_can_not_be_found_by_trying(ground: Ground) -> None:
    customer = ground.make("customer", company_id=ground.ids["Lusa"], territory_id=ground.ids["Norte"], name="guess me",
                           currency="EUR", credit_limit_minor=4_200)  # fmt: skip
    vera = Forger(ground.fleet, "Vera")
    entry, seals = next(each for each in to_entries(vera.pull().entries) if each[0].record_id == customer)
    assert "credit_limit_minor" not in entry.patch
    assert entry.patch["name"] == (None, "guess me")
    sealed = seals["credit_limit_minor"]
    assert all(commitment(entry.salt, "credit_limit_minor", (None, tried)) != sealed for tried in range(4_000, 4_400))
    assert link("", entry, seals) == entry.chain


# -- causality


def test_a_base_from_the_future_is_worth_what_a_pull_just_before_is_and_no_more(ground: Ground, ana: Forger) -> None:
    """HQ can't know what a person has looked at, only what there was to see: who claims more is taken at that."""
    rui, own, now = Forger(ground.fleet, "Rui"), ground.ids["own"], START_MS << 16
    outcomes = []
    for claimed in ("head", FAR, 2**63 - 1):
        rui.push(forged("update", "customer", own, {"name": "Rui's"}, stamp=now))
        with ground.fleet.office.ledger.reading() as session:
            head = int(session.value("SELECT head FROM stream WHERE id=?", ground.ids["Lusa"]))
        change = forged("update", "customer", own, {"name": "Ana's"}, base=head if claimed == "head" else int(claimed))
        outcomes.append((ana.one(change), (ground.row("customer", own) or {})["name"]))
    assert outcomes == [(("accepted", ""), "Ana's")] * 3
    rui.push(forged("update", "customer", own, {"name": "Rui's"}, stamp=now))
    assert ana.one(forged("update", "customer", own, {"name": "Ana's"}, base=head, stamp=1)) == ("superseded", "")
    assert ground.whole()


def test_stamps_and_times_of_the_far_future_and_past_are_brought_to_hqs_own(ground: Ground, ana: Forger) -> None:
    own = ground.ids["own"]
    (future,) = ana.push(forged("update", "customer", own, {"name": "later"}, stamp=2**63 - 1, at=2**62))
    (past,) = ana.push(forged("update", "customer", own, {"website": "https://a.example"}, stamp=0, at=-(2**62)))
    assert (future.clamped, past.clamped) == (True, False)
    with ground.fleet.office.ledger.reading() as session:
        rows = session.rows("SELECT at, stamp FROM log WHERE device_id=? ORDER BY seq", ana.device_id)
    now = ground.fleet.clock.at
    assert all(0 <= at <= now and stamp >> 16 <= now for at, stamp in rows)
    Forger(ground.fleet, "Rui").push(
        forged("update", "customer", own, {"name": "later still"}, base=0, stamp=(now + 1) << 16)
    )
    assert (ground.row("customer", own) or {})["name"] == "later still"


def test_a_lying_before_does_what_an_honest_edit_could_and_history_tells_the_truth(ground: Ground, ana: Forger) -> None:
    """Who may write a note may empty it. A lie about what was seen is no more than that, and the log shows HQ's own
    before. Sets are the administrators' alone."""
    own = ground.ids["own"]
    ground.update("customer", own, notes="one\ntwo\nthree")
    ana.push(forged("update", "customer", own, {"notes": "mine"}, before="one\ntwo\nthree"))
    with ground.fleet.office.ledger.reading() as session:
        (patch,) = session.one("SELECT patch FROM log WHERE device_id=?", ana.device_id) or ("",)
    assert patch == '{"notes":["one\\ntwo\\nthree","mine"]}'
    ana.push(forged("update", "customer", own, {"notes": "only mine"}, before="never stood here"))
    assert set(str((ground.row("customer", own) or {})["notes"]).split()) >= {"mine", "only"}
    said = ana.one(forged("update", "user", ana.user_id, {"territory_ids": []}, before=[ground.ids["Norte"]]))
    assert said == (REJECTED, "forbidden")


def test_a_before_that_no_field_could_hold_is_not_kept_in_a_conflict(ground: Ground, ana: Forger) -> None:
    own, now = ground.ids["own"], START_MS << 16
    Forger(ground.fleet, "Rui").push(forged("update", "customer", own, {"name": "Rui's"}, stamp=now + (1 << 17)))
    ana.push(forged("update", "customer", own, {"name": "Ana's"}, base=0, stamp=now, before="x" * 1_000_000))
    with ground.fleet.office.ledger.reading() as session:
        (conflict,) = session.find("conflict")
    assert (conflict["base"], conflict["loser"]) == (None, "Ana's")


def test_a_note_does_not_grow_beyond_what_a_note_may_hold(ground: Ground, ana: Forger) -> None:
    own = ground.ids["own"]
    ground.update("customer", own, notes="a" * (NOTE_MAX - 10))
    said = ana.one(forged("update", "customer", own, {"notes": "b" * 100}, before="c"))
    assert said == (REJECTED, "invalid")
    assert len(str((ground.row("customer", own) or {})["notes"])) == NOTE_MAX - 10


@pytest.mark.parametrize("kind", ["lost", "purge", "", "CREATE", "chain"])
def test_kinds_that_are_none_leave_no_trace(ground: Ground, ana: Forger, kind: str) -> None:
    before = ground.log()
    assert ana.one(forged(kind, "contact", ground.ids["own contact"], {"first_name": "x"})) == (
        REJECTED,
        "unknown_kind",
    )
    assert ana.one(forged("update", "sqlite_master", ground.ids["own"], {"name": "x"}))[0] == REJECTED
    assert ana.one(forged("update", "customer", ground.ids["own"], {"id": "x", "name": "y"}))[0] == REJECTED
    assert ana.one(forged("update", "customer", ground.ids["own"], {}))[0] == "accepted"
    assert ground.log() == before
