"""A first sync on the screen: how many are here, that one can work meanwhile, and what comes of a customer not here yet."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from mobility_app.store import snapshot
from mobility_app.store.queries import arriving as queries
from mobility_app.store.queries import sync_centre as unsettled
from mobility_app.store.queries import today
from mobility_app.store.queries.arriving import Coming
from mobility_app.store.queries.news import Found
from mobility_app.sync.status import OFFLINE, SYNCING, TAKING, Progress, Status
from mobility_app.ui import arriving, brief, progress, sync_centre
from mobility_app.ui import today as today_view
from mobility_app.ui.markup import Html
from mobility_app.ui.sync_centre import Picture
from mobility_app.ui.words import Words
from tests.support.desk import NOW, Desk, desk
from tests.support.sheets import text

PT = Words("pt")
NO_NEWS = Found((), 0, None)
HALF = Coming(1_200, 2_400)
ONLINE_NOW, CUT = Status(SYNCING, NOW), Status(OFFLINE, NOW)


def expecting(folder: Path, *scopes: tuple[str, int, int]) -> Desk:
    """A desk to which snapshots are on their way: (scope, customers, of which here)."""
    folder.mkdir(exist_ok=True)
    at = desk(folder)
    with at.store.transaction() as session:
        snapshot.note(session, {scope: ("s", 9, customers, 4) for scope, customers, _ in scopes}, [])
        for scope, _, done in scopes:
            session.run("UPDATE arriving SET done=? WHERE scope=?", done, scope)
    return at


def test_what_is_on_its_way_is_counted_over_all_scopes(tmp_path: Path) -> None:
    assert queries.coming(expecting(tmp_path / "none").store) is None
    at = expecting(tmp_path / "some", ("t:1", 300, 300), ("t:2", 100, 20))
    assert queries.coming(at.store) == Coming(320, 400)


def test_the_card_has_a_bar_with_a_value_and_says_that_one_can_work() -> None:
    markup = arriving.card(PT, HALF, ONLINE_NOW)
    assert markup is not None
    assert 'role="progressbar"' in markup
    assert 'aria-valuenow="50"' in markup
    assert PT("{done} of {total} are here", done=PT.number(1_200), total=PT.number(2_400)) in text(markup)
    assert text(markup) != text(arriving.card(PT, HALF, CUT) or Html(""))
    assert arriving.card(PT, None, ONLINE_NOW) is None


def test_the_sync_box_counts_customers() -> None:
    said = progress.said(PT, Progress(TAKING, 3, 9))
    assert said == PT("{done} of {total} customers are here", done="3", total="9")


def test_today_and_the_sync_centre_show_it_and_only_while_it_lasts(tmp_path: Path) -> None:
    at = expecting(tmp_path, ("t:1", 300, 150))
    coming, title = queries.coming(at.store), PT("Your customers are arriving")
    found, told = today.today(at.store, NOW, "2026-11-25"), NO_NEWS
    open_work = unsettled.unsettled(at.store)
    for one, shown in ((coming, True), (None, False)):
        day = today_view.render(PT, today_view.Picture(found, told, NOW, date(2026, 11, 25), one, ONLINE_NOW))
        centre = sync_centre.render(PT, Picture(open_work, ONLINE_NOW, NOW, True, coming=one))
        assert (title in text(day)) is shown
        assert (title in text(centre)) is shown


def test_a_customer_not_here_yet_is_awaited_calmly() -> None:
    said = text(arriving.not_yet(PT, HALF))
    assert PT("This customer is not here yet") in said
    assert "<h1" in arriving.not_yet(PT, HALF)


def test_the_visit_brief_of_a_customer_not_here_yet_says_so(tmp_path: Path) -> None:
    at = expecting(tmp_path, ("t:1", 300, 150))
    moment = brief.Moment(NOW, date(2026, 11, 25), "Ana Silva")
    said = text(brief.render(PT, None, moment, queries.coming(at.store)))
    assert PT("This customer is not here yet") in said
    assert PT("This customer is not here yet") not in text(brief.render(PT, None, moment, None))
