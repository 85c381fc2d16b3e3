"""Live: one `ui.html` that shows what a query gave, again after each change, and reports the acts of its buttons.

The page is only touched when the markup differs; focus is kept by `static/mobility.js`. Markup comes from `markup.h`,
which escapes, so no sanitising happens in the browser.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import events, ui

from mobility_app.store.store import LOCAL
from mobility_app.ui.markup import Html

Act = Callable[[str, str], Awaitable[object]]

_REPORT = """(event) => {
  const button = event.target.closest("[data-act]");
  if (!button || button.disabled) return;
  emit(button.dataset.act, button.dataset.arg || "");
}"""


def markup(content: Html, on_act: Act | None = None, look: str = "") -> ui.html:
    """An element that shows markup. `on_act(act, arg)` hears the clicks on its `data-act` buttons."""
    element = ui.html(content, sanitize=False).classes(f"fb-live {look}".strip())
    if on_act is not None:

        async def heard(event: events.GenericEventArguments) -> None:
            name, arg = _pair(event.args)
            await on_act(name, arg)

        element.on("click", heard, js_handler=_REPORT)
    return element


def _pair(args: Any) -> tuple[str, str]:
    if isinstance(args, list) and len(args) == 2 and all(isinstance(one, str) for one in args):
        return args[0], args[1]
    return "", ""


class Live:
    """A part of a view that follows its data. `load` is awaited with the current arguments, `render` is pure."""

    def __init__(
        self,
        load: Callable[..., Awaitable[Any]],
        render: Callable[[Any], Html],
        on_act: Act | None = None,
        look: str = "",
    ) -> None:
        self._load, self._render = load, render
        self._args: tuple[object, ...] = ()
        self._shown = Html("")
        self.model: Any = None
        self.element = markup(self._shown, on_act, look)

    @classmethod
    async def of(
        cls, load: Callable[..., Awaitable[Any]], render: Callable[[Any], Html], *args: object,
        on_act: Act | None = None, look: str = "",
    ) -> Live:  # fmt: skip
        """Loads with these arguments first, then shows what came, all at once."""
        model = await load(*args)
        live = cls(load, render, on_act, look)
        live._args, live.model = args, model
        live.draw()
        return live

    def hold(self, content: Html) -> None:
        """What stands here until the first answer has come."""
        self.element.set_content(content)

    @property
    def gone(self) -> bool:
        """Whether the view was left."""
        return bool(self.element.is_deleted)

    async def show(self, *args: object) -> None:
        """Loads with new arguments and shows what comes."""
        self._args = args
        await self.refresh()

    async def refresh(self, source: str = LOCAL) -> None:
        """Loads again with the same arguments. What a sync changed lights up once."""
        asked = self._args
        model = await self._load(*asked)
        if asked == self._args and not self.gone:  # else a later call is on its way, or the view was left
            self.model = model
            self.draw(source)

    def draw(self, source: str = LOCAL) -> None:
        """Renders what was loaded last: for state that lies in the view."""
        content = self._render(self.model)
        if content != self._shown:
            self._shown = content
            self.element.props["data-flash"] = source
            self.element.set_content(content)
