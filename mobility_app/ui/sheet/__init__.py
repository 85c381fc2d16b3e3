"""TABS: the ten tabs of the customer sheet, in their order. A new tab is one module and one line here."""

from __future__ import annotations

from mobility_app.ui.sheet import (
    activities,
    addresses,
    contacts,
    details,
    documents,
    files,
    history,
    products,
    revenue,
    support,
)
from mobility_app.ui.sheet.tab import Tab

TABS: tuple[Tab, ...] = (
    details.TAB,
    addresses.TAB,
    contacts.TAB,
    activities.TAB,
    support.TAB,
    revenue.TAB,
    documents.TAB,
    products.TAB,
    files.TAB,
    history.TAB,
)
