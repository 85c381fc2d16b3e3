"""The columns in which customers leave and come back as CSV, and how a heading is understood in four languages.

An exported file comes back whole: its headings are the screen's own words, which the caller hands over as `words`. Beside
them stand the headings of other programs. One column leads to one field; what is not understood is left out until a
person says what it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from mobility_app.domain.rules.folding import fold

IDENTITY = ("number", "identifier")
OF_CUSTOMER = ("name", "identifier_kind", "identifier", "website", "status")
OF_ADDRESS = ("line1", "line2", "postcode", "city", "region", "country")
COLUMNS = ("number", *OF_CUSTOMER, "phone", "email", *OF_ADDRESS, "territory")  # what an import takes
EXPORTED = (*COLUMNS, "owner")

FIELDS: Mapping[str, tuple[str, str]] = MappingProxyType(  # column -> entity and field
    {
        "number": ("customer", "number"),
        **{name: ("customer", name) for name in OF_CUSTOMER},
        "phone": ("customer_phone", "value"),
        "email": ("customer_email", "value"),
        **{name: ("address", name) for name in OF_ADDRESS},
        "territory": ("customer", "territory_id"),
        "owner": ("customer", "owner_id"),
    }
)

_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "number": "number customer no|customer id|cliente no|n cliente|codigo|code client|numero|numero cliente|codigo cliente"
        "|numero de cliente|no client|code|id cliente|client id",
        "name": "name|company|company name|customer|customer name|account name|nome|cliente|nome do cliente|razao social|empresa"
        "|nombre|nombre del cliente|razon social|nom|client|societe|raison sociale|nom du client",
        "identifier_kind": "identifier type|id type|tipo de identificacao|tipo de identificacion|type d identifiant",
        "identifier": "tax id|vat number|vat|nif|nipc|cif|siret|siren|cnpj|cpf|contribuinte|identifiant|identificacion"
        "|identificacao|no contribuinte|tva|numero fiscal|identifier",
        "website": "web site|website|web|url|sitio web|site web|pagina web|homepage|site",
        "status": "state|estado|etat|statut|status",
        "phone": "phone|telephone|tel|mobile|telemovel|telefone|celular|movil|telefono|portable|telephones|telefones",
        "email": "mail|email|e mail|e mails|correo|correo electronico|courriel|endereco de e mail|adresse e mail",
        "line1": "address|street|address 1|address line 1|morada|endereco|rua|direccion|calle|adresse|rue|endereco 1",
        "line2": "address 2|address line 2|morada 2|endereco 2|direccion 2|adresse 2|complemento|complement",
        "postcode": "postcode|zip|zip code|postal code|codigo postal|cep|cp|code postal",
        "city": "city|town|cidade|localidade|ciudad|localidad|poblacion|ville|localite",
        "region": "region|state province|province|distrito|regiao|provincia|region|departement",
        "country": "country|country code|pais|pays",
        "territory": "territory|territorio|zona|zone|territoire|area|sector",
    }
)
_SIGNS = re.compile(r"[\W_]+")

STATUS_WORDS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            ("active", "ativo", "activo", "actif", "ativa", "1", "true", "sim", "yes", "si", "oui"), "active"
        ),
        **dict.fromkeys(("inactive", "inativo", "inactivo", "inactif", "0", "false", "nao", "no", "non"), "inactive"),
    }
)


def plain(heading: str) -> str:
    """A heading without case, accents and signs."""
    return _SIGNS.sub(" ", fold(heading.replace("º", "").replace("°", ""))).strip()


def guessed(heading: Sequence[str], words: Mapping[str, str]) -> tuple[str, ...]:
    """The column of each heading, "" where none is understood. `words`: plain headings of our own -> column. A column
    is given once: to the first heading that says it."""
    known = {name: column for column, names in _NAMES.items() for name in names.split("|")} | dict(words)
    found, taken = [], set[str]()
    for text in heading:
        column = known.get(plain(text), "")
        if column not in COLUMNS or column in taken:
            column = ""
        found.append(column)
        taken.add(column)
    return tuple(found)


def usable(mapping: Sequence[str]) -> bool:
    """Whether customers can be told from each other by these columns, none of them said twice."""
    said = [column for column in mapping if column]
    return len(said) == len(set(said)) and ("name" in said or not set(IDENTITY).isdisjoint(said)) and len(said) > 1
