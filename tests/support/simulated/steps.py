"""What can happen in a simulated seed: one function for each kind of step, with how often it is drawn.

A step changes the world as people, devices, the office, the disk or an attacker would. It raises what the product
raises; `simulation.py` decides what of that may be.
"""

from __future__ import annotations

from collections.abc import Callable

from mobility_app.domain.change import Row
from mobility_app.errors import NotFound, Refused
from mobility_app.hq import salvage
from mobility_app.store import overlay
from mobility_app.store.actions import reopen
from mobility_app.store.records import Records
from mobility_app.store.writing import Writing
from tests.support.invariants import Violation
from tests.support.simulated import carrying, checks, hostile, lives, mailing
from tests.support.simulated.world import Member, World

EDITS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("customer", ("name",)), ("customer", ("website", "preferred_weekday")), ("customer", ("notes",)),
    ("address", ("line1", "city")), ("address", ("fax",)), ("contact", ("job_title",)), ("contact", ("notes",)),
    ("activity", ("title",)), ("activity", ("status",)), ("activity", ("notes",)), ("ticket", ("progress_percent",)),
)  # fmt: skip
DELETED = ("contact", "contact_label", "address", "activity", "contact_email", "ticket", "mailing_list")
NEW_DEVICES_MAX = 3
BULK = 12  # customers of one import


def edit(world: World, member: Member) -> None:
    """A few fields of one record."""
    entity, names = world.random.choice(EDITS)
    row = _pick(world, member, entity)
    values: Row = {name: _value(world, name, row) for name in names}
    with member.store.writing() as tx:
        percent = values.get("progress_percent")
        if row.get("status") == "closed" and isinstance(percent, int) and percent < 100:
            reopen.reopen(tx, str(row["id"]), "again", percent)
        else:
            tx.update(entity, str(row["id"]), values)
    world.tell(member.name, f"{entity} {row.get('name') or row['id']}: {values}")
    kept = member.store.read(entity, str(row["id"]))
    if kept is None or any(kept[name] != value for name, value in values.items()):
        raise Violation(f"9: {member.name} does not read what it wrote")


def create(world: World, member: Member) -> None:
    """A record, some with others under it."""
    kind = world.random.choice(
        ["customer", "customer", "contact", "address", "activity", "ticket", "label", "mailing_list", "price"]
    )
    with member.store.writing() as tx:
        if kind == "customer":
            name = f"customer {world.random.randrange(10**9)}"
            tx.create("customer", {"name": name, "notes": "a\nb\nc\nd"})
        elif kind == "label":
            _label(world, tx, member)
        elif kind == "mailing_list":
            tx.create("mailing_list", {"name": f"list {world.random.randrange(1000)}"})
        else:
            _under(world, tx, kind, str(_pick(world, member, "customer")["id"]))
    world.tell(member.name, f"a new {kind}")


def _under(world: World, tx: Writing, kind: str, customer: str) -> None:
    if kind == "contact":
        contact = tx.create("contact", {"customer_id": customer, "first_name": "C", "notes": "a\nb"})
        tx.create("contact_email", {"contact_id": contact, "value": f"c{world.random.randrange(99)}@x.example"})
    elif kind == "address":
        tx.create("address", {"customer_id": customer, "line1": "street", "country": "PT"})
    elif kind == "activity":
        tx.create("activity", {"customer_id": customer, "kind": "call", "title": "call", "notes": "a\nb"})
    elif kind == "ticket":
        ticket = tx.create("ticket", {"customer_id": customer, "description": "broken"})
        tx.create("ticket_entry", {"ticket_id": ticket, "text": "first"})
    else:
        tx.create("customer_email", {"customer_id": customer, "value": f"m{world.random.randrange(99)}@x.example"})


def _label(world: World, tx: Writing, member: Member) -> None:
    contact = str(_pick(world, member, "contact")["id"])
    labels = _rows(member, "label")
    label = str(world.random.choice(labels)["id"]) if labels else tx.create("label", {"name": "Director"})
    tx.create("contact_label", {"contact_id": contact, "label_id": label})


def delete(world: World, member: Member) -> None:
    """A record with all that hangs on it."""
    entity = world.random.choice(DELETED)
    row = _pick(world, member, entity)
    with member.store.writing() as tx:
        tx.delete(entity, str(row["id"]))
    world.tell(member.name, f"deletes {entity} {row['id']}")


def restore(world: World, member: Member) -> None:
    """A deleted record comes back with what went together with it."""
    with member.store.reading() as session:
        gone = session.rows(
            "SELECT entity, record_id FROM entry WHERE kind='delete' UNION SELECT entity, record_id FROM change"
            " WHERE kind='delete' ORDER BY 2"
        )
    if gone:
        entity, record_id = world.random.choice(gone)
        with member.store.writing() as tx:
            tx.restore(entity, record_id)
        world.tell(member.name, f"brings back {entity} {record_id}")


def sync(world: World, member: Member) -> None:
    """A whole round; a revoked device must be refused."""
    try:
        member.engine.round()
    except Refused as said:
        if member.revoked_at is None or said.reason != "revoked":
            raise
        return
    world.rounds += 1
    world.tell(member.name, "synced")
    if member.revoked_at is not None:
        raise Violation(f"14: {member.name} was revoked and is still served")
    if not member.rotten:
        checks.after_round(world, member)


def late(world: World, member: Member) -> None:
    """Two requests that were delayed arrive now."""
    deliver_late(world, 2)


def deliver_late(world: World, most: int) -> None:
    """Requests that were delayed arrive in any order, long after their sender gave up on them."""
    world.random.shuffle(world.late)
    for name, request in [world.late.pop() for _ in range(min(most, len(world.late)))]:
        answer = world.office.headquarters.answer(request)
        world.note("late", name, answer.status)
        world.tell("network", f"an old request of {name} arrives: {answer.status}")
        if answer.status == 200 and world.members[name].revoked_at is not None:
            raise Violation(f"13: HQ took a late request of {name}, which was revoked")


def move(world: World, member: Member) -> None:
    """The office gives a customer to another territory."""
    _office_sets(world, "scope_move", "territory_id", world.random.choice(world.territories))


def share(world: World, member: Member) -> None:
    """The office lets other companies see a customer, or not any more."""
    _office_sets(world, "share", "shared", world.random.random() < 0.6)


def _office_sets(world: World, what: str, name: str, value: str | bool) -> None:
    with world.office.ledger.transaction() as tx:
        if customers := tx.find("customer"):
            row = world.random.choice(customers)
            world.did[what] += 1
            tx.update("customer", str(row["id"]), {name: value})
            world.tell("office", f"{row['name']}: {name} becomes {value}")


def bulk(world: World, member: Member) -> None:
    """The office imports customers: one transaction, larger than a small page."""
    world.did["bulk"] += 1
    with world.office.ledger.transaction() as tx:
        territory = world.random.choice(world.territories)
        company = str((tx.get("territory", territory) or {})["company_id"])
        for number in range(BULK):
            customer = tx.create("customer", {
                "name": f"bulk {world.random.randrange(10**9)} {number}", "company_id": company,
                "territory_id": territory, "currency": "EUR", "notes": "a\nb\nc\nd",
            })  # fmt: skip
            tx.create("address", {"customer_id": customer, "line1": "imported", "country": "PT"})
    world.tell("office", f"imports {BULK} customers")


def entitle(world: World, member: Member) -> None:
    """A rep gets other territories."""
    held = sorted(world.random.sample(world.territories, world.random.randint(1, 2)))
    name = world.random.choice(["Ana", "Rui"])
    world.did["entitle"] += 1
    with world.office.ledger.transaction() as tx:
        tx.update("user", world.users[name], {"territory_ids": list(held)})
    world.tell("office", f"{name} holds {len(held)} territories now")
    lives.make_snapshots(world, member)


def promote(world: World, member: Member) -> None:
    """A rep becomes a manager, or a manager a rep again: another role, another view."""
    role = world.random.choice(["rep", "manager"])
    world.did["role"] += 1
    with world.office.ledger.transaction() as tx:
        tx.update("user", world.users["Rui"], {"role": role})
    world.tell("office", f"Rui is a {role} now")
    lives.make_snapshots(world, member)


def join(world: World, member: Member) -> None:
    """Somebody takes a new device."""
    if len([name for name in world.members if name.startswith("new")]) < NEW_DEVICES_MAX:
        name = f"new{len(world.members)}"
        world.did["join"] += 1
        calm, world.calm = world.calm, True
        user = world.random.choice(["Ana", "Eva", "Rui"])
        world.add_member(name, user)
        world.calm = calm
        world.tell("office", f"{user} gets the device {name}")
        lives.make_snapshots(world, member)


def revoke(world: World, member: Member) -> None:
    """A device is lost: HQ serves it no more."""
    if member.name != "d0" and len(world.active()) > 2 and member.revoked_at is None:
        world.did["revoke"] += 1
        with world.office.database.transaction() as opened:
            session = Records(opened.engine, opened.watch)
            number = int(session.value("SELECT number FROM device WHERE id=?", member.device_id))
            salvage.order(session, number, salvage.BLOCK)
            member.revoked_at = dict(session.rows("SELECT id, head FROM stream"))
        world.tell("office", f"{member.name} is revoked")


def forge(world: World, member: Member) -> None:
    """A device that breaks its own write door: HQ must refuse what it sends."""
    if not world.plan.rate("forged") or member.user in (
        "Marta",
        "Rui",
        "Abel",
    ):  # those may set credit limits, now or later
        return
    customer = str(_pick(world, member, "customer")["id"])
    world.faults["forged"] += 1
    with member.store.transaction() as session:
        session.run("UPDATE ctx SET user_id='0', tx=tx+1, at=0, stamp=stamp+1, base=99999999")
        session.run("UPDATE customer SET credit_limit_minor=? WHERE id=?", world.random.randrange(10**6), customer)
        session.run("UPDATE ctx SET user_id=NULL, base=0")
    world.tell(member.name, "sets a credit limit around its own checks")


def rot(world: World, member: Member) -> None:
    """One cell of a device's table becomes another, around everything: found by the next scrub, put right by HQ."""
    if not world.plan.rate("rot"):
        return
    record_id = str(_pick(world, member, "address")["id"])
    with member.store.reading() as session:
        if overlay.base(session, "address", record_id)[0]:
            return
    world.faults["rot"] += 1
    with member.store.transaction() as session:
        session.run("UPDATE ctx SET applying=1")
        session.run("UPDATE address SET city=? WHERE id=?", f"rot {world.random.randrange(99)}", record_id)
        session.run("UPDATE ctx SET applying=0")
    member.rotten = member.rotted = True
    world.tell(member.name, "a cell on its disk rots")


def _rows(member: Member, entity: str) -> list[Row]:
    with member.store.reading() as session:
        return session.find(entity)


def _pick(world: World, member: Member, entity: str) -> Row:
    rows = _rows(member, entity)
    if not rows:
        raise NotFound(entity, "")
    return world.random.choice(rows)


def _value(world: World, name: str, row: Row) -> str | int:
    match name:
        case "preferred_weekday":
            return world.random.randrange(7)
        case "progress_percent":
            return world.random.randrange(101)
        case "status":
            return world.random.choice(["open", "closed"])
        case "website":
            return f"https://{world.random.randrange(10**9)}.example"
        case "notes":
            lines = str(row["notes"] or "a\nb\nc\nd").split("\n")
            lines[world.random.randrange(len(lines))] = f"line {world.random.randrange(10_000)}"
            return "\n".join(lines)
    return f"{name} {world.random.randrange(10**9)}"


Step = Callable[[World, Member], None]
STEPS: dict[str, tuple[int, Step]] = {
    "edit": (42, edit), "create": (8, create), "sync": (32, sync), "delete": (4, delete), "restore": (3, restore),
    "move": (2, move), "share": (2, share), "late": (3, late), "forge": (8, forge), "rot": (2, rot),
    "bulk": (1, bulk), "entitle": (1, entitle), "promote": (1, promote), "join": (1, join), "revoke": (1, revoke),
    "hostile": (4, hostile.strike), "back_up": (3, lives.back_up), "put_hq_back": (3, lives.put_hq_back),
    "copy": (3, lives.copy), "put_back": (3, lives.put_back), "merge": (2, lives.merge),
    "make_snapshots": (3, lives.make_snapshots), "attach": (4, carrying.attach_file), "carry": (6, carrying.carry),
    "shelve": (2, carrying.shelve), "deliver": (4, mailing.deliver),
}  # fmt: skip
BY_DEVICE = frozenset(
    {"edit", "create", "delete", "restore", "sync", "attach", "carry"}
)  # steps in which a device can die
