"""Writing: what can be done inside one transaction of the write door.

Checks come before the first write of each verb: rules (`domain/rules/checks.py`), merge rule, right and reach. HQ
checks the same again; here it is for a kind message at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from mobility_app.domain import access, clock, merge, registry
from mobility_app.domain.access import Actor
from mobility_app.domain.change import DELETE, Row
from mobility_app.domain.fields import Field, Merge, Plain, Scope, check
from mobility_app.domain.rules import checks, reopening
from mobility_app.errors import InvalidValue, NotAllowed, NotFound, SheetInEdit
from mobility_app.store import defaults, drafts, identity
from mobility_app.store.cursor import HALFWAY, Cursor
from mobility_app.store.records import Records, patch_plain

KEPT_BY_HQ = {("conflict", "delete")}  # a cascade passes over these; HQ removes them itself


class Writing(Records):
    """The verbs of the write door, on an open and attributed transaction."""

    def __init__(self, session: Records, actor: Actor, now: int, new_id: Callable[[], str]) -> None:
        super().__init__(session.engine, session.watch)
        self.actor, self.now, self._new_id = actor, now, new_id
        self.roots: set[str | None] = set()
        self.records: set[tuple[str, str]] = set()

    def create(self, entity: str, values: Row, record_id: str | None = None) -> str:
        """Adds a record with its defaults and returns its id."""
        one, record_id = registry.entity(entity), record_id or self._new_id()
        given = {name: check(entity, one.field(name), value) for name, value in values.items()}
        row = defaults.filled(self, self.actor, entity, given, self.now)
        row = self._settled(entity, {field.name: check(entity, field, row[field.name]) for field in one.fields})
        self._permit_record(entity, row, "create", record_id)
        for name in given:
            self._permit_field(entity, one.field(name), "create", given[name])
        if entity == "file" and drafts.in_edit(self, str(row["customer_id"])):
            raise SheetInEdit("the sheet is being edited")
        if one.unique and (twin := self.where(entity, {name: row[name] for name in one.unique})):
            return str(twin[0]["id"])
        self._place(entity, record_id, row)
        self.insert(entity, record_id, row)
        return record_id

    def update(
        self,
        entity: str,
        record_id: str,
        values: Row,
        base: int | None = None,
        seen: Row | None = None,
    ) -> None:
        """Changes fields. `base` is the position that the form had seen, `seen` the notes as the form had shown them:
        notes that changed meanwhile are merged with them here, before they are written."""
        one, row = registry.entity(entity), self._standing(entity, record_id)
        wanted = {name: check(entity, one.field(name), value) for name, value in values.items()}
        merged = {}
        for name in list(wanted):
            if one.field(name).merge is Merge.TEXT3 and seen and name in seen:
                merged[name] = merge.text3(seen[name], wanted.pop(name), row[name])
        after = self._settled(entity, {**row, **wanted, **merged}, row)
        changed = {name: after[name] for name in one.names if after[name] != row.get(name)}
        if not changed:
            return
        if reopening.opens_again(entity, row, after) and not self._explained(record_id):
            raise InvalidValue(entity, "status", "reason_missing")
        own = self._own(entity, record_id, row)
        self._permit_reach(entity, record_id, row, "update")
        for name in changed:
            self._permit_field(entity, one.field(name), "update", changed[name], own=own)
        self._place(entity, record_id, row, base)
        self.put(entity, record_id, {name: value for name, value in changed.items() if name not in merged})
        if merged:
            self._place(entity, record_id, row)
            self.put(entity, record_id, {name: changed[name] for name in merged if name in changed})

    def delete(self, entity: str, record_id: str) -> None:
        """Deletes a record and, deepest first, all that hang on it. The transaction then stands or falls as one."""
        row = self._standing(entity, record_id)
        doomed = [*self.under(entity, record_id), (entity, record_id)]
        rows = {pair: self._standing(*pair) for pair in doomed}
        doomed = [pair for pair in doomed if (pair[0], "delete") not in KEPT_BY_HQ]
        for pair in doomed:
            self._permit_reach(*pair, rows[pair], "delete")
            right = registry.entity(pair[0]).right
            if not access.may(self.actor.role, right, "delete", own=self._own(*pair, rows[pair])):
                reason = "forbidden" if pair == (entity, record_id) else "has_dependents"
                raise NotAllowed(entity, "delete", reason=reason)
        for pair in doomed:
            self._place(*pair, rows[pair])
            self.as_one()
            self.remove(*pair)
        self.roots.add(self.root_of(entity, record_id, row))

    def restore(self, entity: str, record_id: str) -> None:
        """Brings back a deleted record and what was deleted together with it."""
        gone = self._deleted_with(entity, record_id)
        if not gone:
            raise NotFound(entity, record_id)
        for name, gone_id, row in gone:
            self._permit_record(name, row, "create", gone_id)
            self._place(name, gone_id, row)
            self.run("UPDATE ctx SET restoring=1, atomic=1")
            self.insert(name, gone_id, row)
            self.run("UPDATE ctx SET restoring=0")

    def _deleted_with(self, entity: str, record_id: str) -> list[tuple[str, str, Row]]:
        own = self.one(
            "SELECT tx, NULL FROM change WHERE entity=? AND record_id=? AND kind=? ORDER BY dseq DESC LIMIT 1",
            entity, record_id, DELETE,
        )  # fmt: skip
        theirs = self.one(
            "SELECT stream, txn FROM entry WHERE entity=? AND record_id=? AND kind=? ORDER BY seq DESC LIMIT 1",
            entity, record_id, DELETE,
        )  # fmt: skip
        if self.get(entity, record_id) is not None or not (own or theirs):
            return []
        if own:
            sql, params = (
                "SELECT entity, record_id, patch FROM change WHERE tx=? AND kind=? ORDER BY dseq DESC",
                own[:1],
            )
        else:
            assert theirs is not None
            sql = "SELECT entity, record_id, patch FROM entry WHERE stream=? AND txn=? AND kind=? ORDER BY seq DESC"
            params = theirs
        found = [(e, r, patch_plain(e, json.loads(p))) for e, r, p in self.rows(sql, *params, DELETE)]
        rows = [(e, r, {name: patch[name][0] for name in patch}) for e, r, patch in found]
        back, ids = [], {record_id}
        for name, gone_id, row in rows:
            parent = registry.entity(name).parent
            if gone_id in ids or (parent and row.get(parent) in ids):
                ids.add(gone_id)
                back.append((name, gone_id, {field: row.get(field) for field in registry.entity(name).names}))
        return back

    def as_one(self) -> None:
        """From here on the transaction stands or falls as one at HQ."""
        self.run("UPDATE ctx SET atomic=1")

    def _explained(self, ticket_id: str) -> bool:
        """Whether this transaction wrote why a request is opened again."""
        notes = (self.get(*pair) or {} for pair in self.records if pair[0] == reopening.NOTE)
        return any(note.get("ticket_id") == ticket_id for note in notes)

    def _standing(self, entity: str, record_id: str) -> Row:
        row = self.get(entity, record_id)
        if row is None:
            raise NotFound(entity, record_id)
        return row

    def _settled(self, entity: str, row: Row, before: Row | None = None) -> Row:
        region = None
        if entity in ("customer_phone", "contact_phone"):
            root_id = self.root_of(entity, "", row)
            region = self.value(
                "SELECT country FROM address WHERE customer_id=? AND country IS NOT NULL ORDER BY kind, id LIMIT 1",
                root_id,
            ) or self.value(
                "SELECT o.country FROM customer c JOIN company o ON o.id = c.company_id WHERE c.id=?", root_id
            )
        return checks.settled(
            entity, row, region=region, before=before, ledger_pattern=self._ledger_pattern(entity, row)
        )

    def _ledger_pattern(self, entity: str, row: Row) -> str | None:
        """The pattern of ledger accounts that the customer's company set."""
        if entity != "customer":
            return None
        pattern: str | None = self.value("SELECT ledger_account_pattern FROM company WHERE id=?", row.get("company_id"))
        return pattern

    def _place(self, entity: str, record_id: str, row: Row, base: int | None = None) -> None:
        """Tells the triggers the base and a new stamp for the next statement."""
        root = self.root_of(entity, record_id, row)
        self.roots.add(root)
        self.records.add((entity, record_id))
        if base is None:
            base = seen(self, entity, root, row)
        last = self.value("SELECT stamp FROM ctx")
        self.run("UPDATE ctx SET base=?, stamp=?", base, clock.tick(last, self.now))

    def _own(self, entity: str, record_id: str, row: Row) -> bool:
        if entity != "activity":
            return False
        if row.get("assignee_id") == self.actor.user_id:
            return True
        made = (
            self.value("SELECT user_id FROM entry WHERE entity='activity' AND record_id=? AND kind='create'", record_id)
            or self.value(
                "SELECT user_id FROM change WHERE entity='activity' AND record_id=? AND kind='create'", record_id
            )
            or self.value("SELECT user_id FROM made WHERE root_id=? AND record_id=?", row.get("customer_id"), record_id)
        )
        return bool(made == self.actor.user_id)

    def _permit_record(self, entity: str, row: Row, verb: str, record_id: str) -> None:
        one = registry.entity(entity)
        if not access.may(self.actor.role, one.right, verb, own=True):
            raise NotAllowed(entity, verb)
        if one.parent and (parent_id := row.get(one.parent)):
            parent = one.field(one.parent).refers
            if self.get(parent, str(parent_id)) is None:
                raise NotFound(parent, str(parent_id))
        self._permit_reach(entity, record_id, row, verb)

    def _permit_reach(self, entity: str, record_id: str, row: Row, verb: str) -> None:
        root = self.root_of(entity, record_id, row)
        customer = row if entity == "customer" else self.get("customer", root) if root else None
        if customer is not None:
            held = self.actor.holds(str(customer.get("company_id")), str(customer.get("territory_id")))
        else:
            held = row.get("company_id") is None or row["company_id"] in self.actor.company_ids
        if not held:
            raise NotAllowed(entity, verb, reason="out_of_reach")

    def _permit_field(self, entity: str, field: Field, verb: str, value: Plain, *, own: bool = True) -> None:
        right = field.right or registry.entity(entity).right
        untouched = verb == "create" and value == field.default
        if not untouched and field.merge is Merge.HQ:
            raise NotAllowed(entity, verb, field.name, reason="hq_owned")
        if verb == "update" and field.merge in (Merge.IMMUTABLE, Merge.APPEND):
            raise NotAllowed(entity, verb, field.name, reason="immutable")
        if not untouched and not access.may(self.actor.role, right, verb, own=own):
            raise NotAllowed(entity, verb, field.name)


def seen(session: Records, entity: str, root: str | None, row: Row) -> int:
    """Which number of its stream somebody who looks at this record now has seen: that of its scope. Where a page is
    applied in part, what of the customer (or of the record, where it hangs on none) came with it is seen as well."""
    cursor = Cursor.read(session)
    if root is not None:
        place = cursor.position(f"t:{session.value('SELECT territory_id FROM customer WHERE id=?', root)}")
    elif registry.entity(entity).scope is Scope.COMPANY:
        place = cursor.position(f"c:{row.get('company_id')}")
    else:
        place = cursor.position("hq")
    if identity.meta(session, HALFWAY) is None:
        return place
    if root is not None:
        came = session.value("SELECT MAX(seq) FROM entry WHERE root_id=?", root)
    else:
        came = session.value("SELECT MAX(seq) FROM entry WHERE entity=? AND record_id=?", entity, row.get("id"))
    return max(place, int(came or 0))
