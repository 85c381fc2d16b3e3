"""Tab: what a tab module offers to the sheet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mobility_app.store.queries.sheet import SheetHeader

if TYPE_CHECKING:
    from mobility_app.ui.sheet.frame import Sheet


def no_count(header: SheetHeader) -> int | None:
    """For tabs that show no count."""
    return None


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab. `build` draws it inside the sheet's body, again whenever the mode changes; `open` draws one record of it
    at `/customers/<id>/<slug>/<record id>`; `count` is shown beside the label."""

    slug: str
    label: str
    build: Callable[[Sheet], Awaitable[None]]
    count: Callable[[SheetHeader], int | None] = no_count
    open: Callable[[Sheet, str], Awaitable[None]] | None = None
