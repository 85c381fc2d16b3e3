"""A malicious rep plays with numbers, cursors, sizes and time: what HQ hands out, and that it goes on working."""

from __future__ import annotations

import random
import sys

import msgspec
import pytest

from mobility_app.domain.fields import Plain
from mobility_app.errors import Refused
from mobility_app.hq.reach import REJECTED
from mobility_app.sync import protocol
from mobility_app.sync.protocol import PushAnswer, PushRequest, WireCursor
from tests.hq.test_attacks import Ground, Row, ana, ground, new
from tests.support.forger import Forger, forged

__all__ = ["ana", "ground"]  # fixtures


def refused(forger: Forger, *numbers: int, name: str = "x") -> str:
    """The reason why changes under these numbers are not even looked at."""
    contact = forged("update", "contact", "0" * 32, {"first_name": name})
    changes = [msgspec.structs.replace(contact, dseq=number, tx=number) for number in numbers]
    with pytest.raises(Refused) as said:
        forger.ask("/v1/push", PushRequest(protocol.in_columns(changes)), PushAnswer)
    return said.value.reason


def test_numbers_with_gaps_reused_or_huge_are_refused_and_change_nothing(ground: Ground, ana: Forger) -> None:
    contact = ground.ids["own contact"]
    ana.push(forged("update", "contact", contact, {"first_name": "once"}))
    before = ground.log()
    assert refused(ana, 3) == "gap"
    assert refused(ana, 2, 4) == "gap"
    assert refused(ana, 2, 2) == "gap"
    assert refused(ana, 2**63 - 1) == "gap"
    assert refused(ana, 1) == "seq_reuse"
    assert refused(ana, 1, 2) == "seq_reuse"
    assert ground.log() == before
    rui = Forger(ground.fleet, "Rui")  # every device counts for itself
    assert rui.push(forged("update", "contact", contact, {"first_name": "Rui's"}))[0].dseq == 1
    assert ana.push(forged("update", "contact", contact, {"first_name": "goes on"}))[0].state == "accepted"


def test_a_push_holds_5000_changes_and_not_one_more(ground: Ground, ana: Forger) -> None:
    contact = ground.ids["own contact"]
    one = forged("update", "contact", contact, {"job_title": "x"})
    with pytest.raises(Refused) as said:
        ana.push(*[one] * (protocol.CHANGES_MAX + 1))
    assert said.value.reason == "invalid_message"
    ana.next = 1
    verdicts = ana.push(*[one] * protocol.CHANGES_MAX)
    assert len(verdicts) == protocol.CHANGES_MAX
    assert ground.whole()


def test_ten_times_the_saves_that_fail_are_ten_times_the_work(ground: Ground, ana: Forger) -> None:
    def pushed(count: int) -> tuple[int, int]:
        """(statements, calls of functions) that so many saves of two changes take, every other of which fails whole."""
        pairs = []
        for number in range(1, count + 1):
            values: Row = {"customer_id": ground.ids["own"], "first_name": f"c{number}"}
            pairs.append(forged("create", "contact", new(ground), values, tx=number, atomic=True))
            owner = "0" * 32 if number % 2 else ground.ids["own"]
            pairs.append(
                forged("create", "contact", new(ground), {**values, "customer_id": owner}, tx=number, atomic=True)
            )
        database, statements, calls = ground.fleet.office.database, list[str](), [0]

        def count_call(frame: object, event: str, argument: object) -> None:
            calls[0] += event == "call"

        database.watch = statements.append
        sys.setprofile(count_call)
        try:
            states = [verdict.state for verdict in ana.push(*pairs)]
        finally:
            sys.setprofile(None)
            database.watch = None
        assert states == [REJECTED, REJECTED, "accepted", "accepted"] * (count // 2)
        return len(statements), calls[0]

    few, many = pushed(30), pushed(300)
    assert (
        many[0] <= 10 * few[0]
    )  # ten times the saves, ten times the work: of the failed ones nothing is gone over again
    assert many[1] <= 10 * few[1]
    with ground.fleet.office.ledger.reading() as session:
        assert session.value("SELECT COUNT(*) FROM contact WHERE first_name LIKE 'c%'") == 330
    assert ground.whole()


def test_one_half_of_an_atomic_save_is_never_kept(ground: Ground, ana: Forger) -> None:
    link: Row = {"contact_id": ground.ids["own contact"], "label_id": ground.ids["own label"]}
    first, second, twin = new(ground), new(ground), new(ground)
    ana.push(forged("create", "contact_label", first, link))
    group = [
        forged("delete", "contact_label", first),
        forged("create", "contact_label", second, link),
        forged("create", "contact_label", twin, link),
        forged("update", "customer", ground.ids["own"], {"credit_limit_minor": 1}),
    ]
    verdicts = ana.push(*(msgspec.structs.replace(change, tx=77, atomic=True) for change in group))
    assert [verdict.reason for verdict in verdicts] == ["together", "together", "together", "forbidden"]
    assert ground.row("contact_label", first) is not None
    # ... and what comes after it in the same push finds everything as it was before.
    contact, made = ground.ids["own contact"], new(ground)
    broken = [
        forged("create", "contact", made, {"customer_id": ground.ids["own"], "first_name": "half"}),
        forged("delete", "contact_label", first),
        forged("update", "contact", contact, {"first_name": "half"}),
        forged("update", "customer", ground.ids["own"], {"credit_limit_minor": 1}),
    ]
    broken = [msgspec.structs.replace(change, tx=78, atomic=True) for change in broken]
    after = [
        forged("restore", "contact_label", first),
        forged("create", "contact", made, {"customer_id": ground.ids["own"], "first_name": "whole"}),
        forged("update", "contact", contact, {"job_title": "whole"}),
    ]
    assert [verdict.state for verdict in ana.push(*broken, *after)] == [REJECTED] * 4 + ["accepted"] * 3
    assert (ground.row("contact", made) or {})["first_name"] == "whole"
    assert (ground.row("contact", contact) or {})["first_name"] == "Pablo"
    assert (ground.row("contact_label", second), ground.row("contact_label", twin)) == (None, None)
    assert ana.push(forged("create", "contact_label", second, link))[0].leads_to == first
    assert ground.whole()


def test_a_page_that_packs_very_tightly_or_is_very_large_stops_nobody(ground: Ground, ana: Forger) -> None:
    rui = ground.fleet.device("rui", "Rui")
    filler = random.Random(1).randbytes(600_000).hex()  # refused, and only there to let the body pass as no bomb
    changes = [forged("update", "customer", "0" * 32, {"notes": filler})]
    contacts: list[str] = []
    for _ in range(9):
        contacts.append(new(ground))
        values: dict[str, Plain] = {"customer_id": ground.ids["own"], "notes": "a" * 1_900_000}
        changes.append(forged("create", "contact", contacts[-1], values))
        changes.append(forged("update", "contact", contacts[-1], {"notes": "b" * 1_900_000}, before="a" * 1_900_000))
    ana.push(*changes)
    rui.sync()
    assert {str(contact) for contact in rui.dump()["contact"]} >= set(contacts)
    assert all(len(reply.body) < protocol.BODY_MAX_BYTES for _, _, reply in rui.link.requests)
    largest = max(len(protocol.decoded(reply.body, "zstd", 10**9)) for _, _, reply in rui.link.requests)
    assert largest < protocol.DECODED_MAX_BYTES // 2


# -- cursors


def foreign(ground: Ground) -> list[str]:
    return [ground.ids[name] for name in ("next", "far", "next contact", "far contact", "far label", "far product")]


def lies(ground: Ground, true: WireCursor) -> list[WireCursor]:
    held = {f"t:{ground.ids[name]}": (0, 0) for name in ("Sul", "Madrid")} | {f"c:{ground.ids['Ibera']}": (0, 0)}
    over = {f"t:{ground.ids[name]}": (2**62, 2**62) for name in ("Sul", "Madrid")}
    mine, stream = f"t:{ground.ids['Norte']}", ground.ids["Lusa"]
    return [
        msgspec.structs.replace(true, scopes={**true.scopes, **held}),
        msgspec.structs.replace(true, scopes={**true.scopes, **over}),
        msgspec.structs.replace(true, scopes={**true.scopes, mine: (-5, -5)}),
        msgspec.structs.replace(true, scopes={mine: (2**62, 0)}, streams={stream: 2**62}),
        msgspec.structs.replace(true, scopes={mine: (1, 2**62)}),
        msgspec.structs.replace(true, role="admin"),
        msgspec.structs.replace(true, epoch="", role=""),
        msgspec.structs.replace(true, seal=""),
        WireCursor(true.epoch, true.role, held),
    ]


def test_a_cursor_that_lies_brings_nothing_from_elsewhere(ground: Ground, ana: Forger) -> None:
    _, true = ana.pull_all()
    for lie in lies(ground, true):
        text, after = ana.pull_all(lie)
        assert [record for record in foreign(ground) if record in text] == []
        assert after == true  # and it ends where the truth would have
        assert ground.ids["own contact"] in text  # what HQ does not believe starts anew


def test_a_cursor_of_another_device_is_not_believed(ground: Ground, ana: Forger) -> None:
    _, evas = Forger(ground.fleet, "Eva").pull_all()
    answer = ana.pull(evas)
    assert answer.reset
    text, _ = ana.pull_all(evas)
    assert ground.ids["next"] not in text
    assert ground.ids["own"] in text


def test_who_lost_a_territory_is_told_to_forget_what_was_there_then_and_hears_of_nothing_later(
    ground: Ground, ana: Forger
) -> None:
    more: Row = {"company_id": ground.ids["Lusa"], "territory_id": ground.ids["Norte"], "name": "n", "currency": "EUR"}
    left = ground.make("customer", **more)
    _, old = ana.pull_all()
    ground.update("customer", left, territory_id=ground.ids["Sul"])
    ground.update("user", ana.user_id, territory_ids=[])
    later, passing = (
        ground.make("customer", **more),
        ground.make(
            "customer",
            **more,
        ),
    )
    came = ground.make("customer", **{**more, "territory_id": ground.ids["Sul"]})
    ground.update("customer", came, territory_id=ground.ids["Norte"])
    text, at = ana.pull_all(old)
    assert f'"leave","{ground.ids["own"]}"' in text
    assert f'"leave","{left}"' in text
    assert not any(record in text for record in (later, passing, came))
    assert ana.pull_all(at)[1] == at


# -- who acts


def test_a_revoked_key_and_a_deleted_user_are_turned_away_at_once(ground: Ground, ana: Forger) -> None:
    rui, contact = Forger(ground.fleet, "Rui"), ground.ids["own contact"]
    with ground.fleet.office.database.transaction() as session:
        session.run("UPDATE device SET revoked=1 WHERE id=?", ana.device_id)
    ground.delete("user", rui.user_id)
    before = ground.log()
    for forger, reason in ((ana, "revoked"), (rui, "user_gone")):
        with pytest.raises(Refused) as pushed:
            forger.push(forged("update", "contact", contact, {"first_name": "x"}))
        with pytest.raises(Refused) as pulled:
            forger.pull()
        assert (pushed.value.reason, pulled.value.reason) == (reason, reason)
    assert ground.log() == before


def test_a_role_and_reach_that_changed_meanwhile_count_from_the_next_request(ground: Ground, ana: Forger) -> None:
    contact, own = ground.ids["own contact"], ground.ids["own"]
    _, at = ana.pull_all()
    ground.update("user", ana.user_id, role="accountant")
    assert ana.one(forged("update", "contact", contact, {"first_name": "x"})) == (REJECTED, "forbidden")
    assert ana.one(forged("update", "customer", own, {"credit_limit_minor": 5}))[0] == "accepted"
    assert ana.pull(at).reset  # another role sees other things: everything anew
    ground.update("user", ana.user_id, role="rep", territory_ids=[ground.ids["Sul"]])
    assert ana.one(forged("update", "contact", contact, {"first_name": "x"})) == (REJECTED, "not_found")
    text, _ = ana.pull_all()
    assert own not in text
    assert ground.ids["next contact"] in text
    assert (ground.row("contact", contact) or {})["first_name"] == "Pablo"
