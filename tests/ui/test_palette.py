"""The palette's options: what can be done where and by whom, what matches, the listbox's markup, its bound."""

from __future__ import annotations

import re
from pathlib import Path

from mobility_app.store.queries.palette import Contact, Customer, Found
from mobility_app.ui import palette
from mobility_app.ui.palette import OPTIONS_MAX
from mobility_app.ui.words import Words
from tests.support.desk import desk
from tests.support.sheets import sheet_of, text

PT = Words("pt")
SHOP = Customer("c" * 32, "Óptica <b>", "C-000005", "Évora", "inactive")


def names(groups: list[palette.Group]) -> list[str]:
    return [option.text for _, options in groups for option in options]


def test_what_can_be_done_on_a_customer_follows_the_rights(tmp_path: Path) -> None:
    for role in ("rep", "accountant"):
        (tmp_path / role).mkdir()
        at = desk(tmp_path / role, role=role)
        sheet = sheet_of(at)
        found = [one.text for one in palette.on_sheet(PT, sheet.header, at.app.actor)]
        if role == "rep":
            assert found == ["Editar", "Nova chamada", "Novo compromisso", "Nova tarefa", "Nova solicitação",
                             "Adicionar um arquivo", "Resumo da visita"]  # fmt: skip
        else:
            assert found == ["Adicionar um arquivo", "Resumo da visita"]
    assert "Editar" not in [one.text for one in palette.on_sheet(PT, sheet.header, at.app.actor, editing=True)]


def test_commands_are_found_by_the_start_of_their_words_without_accents() -> None:
    commands = palette.everywhere(PT)
    assert names(palette.groups(PT, "config", Found(()), commands)) == ["Configurações"]
    assert names(palette.groups(PT, "aparencia esc", Found(()), commands)) == ["Aparência: escura"]
    assert names(palette.groups(PT, "idioma fr", Found(()), commands)) == ["Français"]
    assert palette.groups(PT, "xyzw", Found(()), commands) == []


def test_customers_first_then_contacts_then_commands() -> None:
    found = Found((SHOP,), (Contact("d" * 32, "Sincera Lima", "Óptica"),))
    shown = palette.groups(PT, "sinc", found, palette.everywhere(PT))
    assert [name for name, _ in shown] == ["Clientes", "Contatos", "Ir para", "Este dispositivo"]
    assert palette.groups(PT, " ", found, [])[0][0] == "Abertos por último"


def test_the_markup_is_a_listbox_of_named_groups_and_links_are_links() -> None:
    found = Found((SHOP,), (Contact("d" * 32, "Rita", "Óptica"),))
    page = palette.render(PT, palette.groups(PT, "o", found, palette.everywhere(PT)))
    assert "Óptica &lt;b&gt;" in page
    assert "C-000005 · Évora · Inativo" in text(page)
    ids = re.findall(r'role="option" id="([^"]+)"', page)
    assert ids == [f"fb-po-{place}" for place in range(len(ids))]
    labels = re.findall(r'role="group" aria-labelledby="([^"]+)"', page)
    assert labels
    assert all(f'id="{label}"' in page for label in labels)
    assert f'href="/customers/{"c" * 32}"' in page
    assert f'href="/contacts/{"d" * 32}"' in page
    assert "Nada encontrado" in text(palette.render(PT, []))


def test_there_are_never_more_than_fifty() -> None:
    found = Found((SHOP,) * 40, (Contact("d" * 32, "Rita", "Óptica"),) * 40)
    shown = palette.groups(PT, " ", found, palette.everywhere(PT))
    assert len(names(shown)) == OPTIONS_MAX
    assert len(re.findall(r"<[a-z]", palette.render(PT, shown))) <= 400
