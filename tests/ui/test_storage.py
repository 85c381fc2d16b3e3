"""The disk's card: figures, who takes most, the pinned customers and what happens when little room is left."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mobility_app.store import pins
from mobility_app.ui import storage
from mobility_app.ui.words import Words
from tests.support.desk import NOW, desk
from tests.support.sheets import names, text

PT = Words("pt")


def test_nothing_is_pinned_and_the_figures_stand(tmp_path: Path) -> None:
    at = desk(tmp_path)
    found = storage.room(at.store)
    assert found.store_bytes >= at.store.path.stat().st_size
    said = text(storage.render(PT, found))
    assert "Arquivos neste dispositivo 0 B" in said.replace("\xa0", " ")
    assert "Ainda nenhum cliente." in said


def test_pinned_customers_have_a_way_out_and_large_ones_a_row(tmp_path: Path) -> None:
    at = desk(tmp_path)
    file_id = at.from_hq(
        "file", customer_id=at.customer, name="a.pdf", size_bytes=5_000_000, media_type="application/pdf"
    )
    with at.store.transaction() as session:
        pins.pin(session, at.customer, NOW)
        pins.pin(session, "f" * 32, NOW)  # its customer has left the device
        session.run("INSERT INTO blob (file_id, token, sha256, size_bytes) VALUES (?, 't', 's', 5000000)", file_id)
    found = storage.room(at.store)
    assert (found.pinned, found.pin_count) == (((at.customer, "Óptica Lusitânia & Filhos"),), 2)
    page = storage.render(PT, found)
    assert "Deixar de manter os arquivos de Óptica Lusitânia & Filhos" in names(page)
    assert "Óptica Lusitânia & Filhos 1 arquivo 5,0 MB" in text(page).replace("\xa0", " ")


def test_little_room_is_said(tmp_path: Path) -> None:
    found = storage.room(desk(tmp_path).store)
    short = replace(found, use=replace(found.use, free_bytes=storage.LOW_BYTES - 1))
    plenty = replace(found, use=replace(found.use, free_bytes=storage.LOW_BYTES))
    assert "Resta pouco espaço" in text(storage.render(PT, short))
    assert "Resta pouco espaço" not in text(storage.render(PT, plenty))
