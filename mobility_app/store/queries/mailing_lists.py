"""Mailing lists with how many of their members this device holds, and one list's members page by page.

A list belongs to a company, its members to their customers: a rep sees those of customers that the device holds, and the
count says just that. Adding and writing is done by `actions/mailing.py` and `actions/messages.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from mobility_app.domain.change import Row
from mobility_app.domain.rules.folding import fold
from mobility_app.store.queries.contacts import name_of
from mobility_app.store.records import Records
from mobility_app.store.store import Store

PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class ListRow:
    """A list: its name, its company, and how many of its members are here."""

    id: str
    name: str
    company_id: str
    company: str
    members: int


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of the lists, by name. `companies`: how many companies this installation has."""

    rows: tuple[ListRow, ...]
    total: int
    first: int
    companies: int


@dataclass(frozen=True, slots=True)
class Member:
    """A contact on a list: the link, who it is, its job, its customer."""

    link_id: str
    contact_id: str
    name: str
    job_title: str
    customer_id: str
    customer: str


@dataclass(frozen=True, slots=True)
class MemberPage:
    """A page of a list's members, by name. `ids`: contacts of all of them, in order."""

    row: ListRow
    members: tuple[Member, ...]
    ids: tuple[str, ...]
    first: int


_LISTS = """SELECT l.id, l.name, l.company_id, o.name, (SELECT COUNT(*) FROM mailing_list_member m
 JOIN contact c ON c.id = m.contact_id WHERE m.mailing_list_id = l.id)
 FROM mailing_list l LEFT JOIN company o ON o.id = l.company_id"""

_MEMBERS = """SELECT m.id, c.id, c.first_name, c.last_name, c.job_title, k.id, k.name FROM mailing_list_member m
 JOIN contact c ON c.id = m.contact_id JOIN customer k ON k.id = c.customer_id WHERE m.mailing_list_id=?"""


def page(store: Store, first: int = 0) -> ListPage:
    """A page of all lists, by name."""
    with store.reading() as session:
        found, companies = _lists(session), int(session.value("SELECT COUNT(*) FROM company"))
    start = first if 0 <= first < len(found) else 0
    return ListPage(tuple(found[start : start + PAGE_ROWS]), len(found), start, companies)


def of_company(store: Store, company_id: str) -> tuple[ListRow, ...]:
    """The lists of a company, by name: those that contacts of its customers can be put on."""
    with store.reading() as session:
        return tuple(row for row in _lists(session) if row.company_id == company_id)


def _lists(session: Records) -> list[ListRow]:
    rows = [
        ListRow(one, name, company_id, company or "", n) for one, name, company_id, company, n in session.rows(_LISTS)
    ]
    return sorted(rows, key=lambda row: (fold(row.name), row.id))


def one(store: Store, list_id: str, first: int = 0) -> MemberPage | None:
    """A list with a page of its members, or None where there is none."""
    with store.reading() as session:
        found = session.one(f"{_LISTS} WHERE l.id=?", list_id)
        if found is None:
            return None
        rows = session.rows(_MEMBERS, list_id)
    members = [
        Member(link, contact, name_of({"first_name": given, "last_name": last}), job or "", customer_id, customer or "")
        for link, contact, given, last, job, customer_id, customer in rows
    ]
    members.sort(key=lambda member: (fold(member.name), member.contact_id))
    start = first if 0 <= first < len(members) else 0
    list_id, name, company_id, company, count = found
    return MemberPage(
        ListRow(list_id, name, company_id, company or "", count), tuple(members[start : start + PAGE_ROWS]),
        tuple(member.contact_id for member in members), start,
    )  # fmt: skip


def named(session: Records, entity: str, company_id: str, name: str) -> Row | None:
    """The label or mailing list of a company that people would call by the same name, or None."""
    wanted = fold(" ".join(name.split()))
    for row in session.find(entity, company_id=company_id):
        if fold(str(row["name"])) == wanted:
            return row
    return None
