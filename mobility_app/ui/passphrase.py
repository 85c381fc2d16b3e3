"""Changing the passphrase: a card of the settings with its dialog.

The keys are only wrapped anew, so no data is touched and nothing is sent. Wrong old ones make the next try wait, as on
the lock screen. What is typed here is kept nowhere.
"""

from __future__ import annotations

from nicegui import ui

from mobility_app.errors import MobilityError, WrongPassphrase
from mobility_app.store.passphrase import LEAST, MOST, suggest_passphrase
from mobility_app.ui import dialogs, lists
from mobility_app.ui.live import markup
from mobility_app.ui.markup import h
from mobility_app.ui.window import Window

PROBLEM_ID = "fb-passphrase-problem"


async def card(window: Window) -> None:
    """What the passphrase is for, and the way to another one."""
    words = window.words

    async def act(name: str, arg: str) -> None:
        await _Change(window).ask()

    said = words(
        "It opens the data of this device. Nobody can tell it to you again: whoever loses it loses what was not synced."
    )
    press = lists.button(words("Change the passphrase"), act="passphrase", symbol="key-round")
    markup(lists.card(words("Passphrase"), h("p", said), h("div", press, class_="fb-tools")), act)


class _Change:
    """The dialog: the old one, the new one twice, or one that is suggested."""

    def __init__(self, window: Window) -> None:
        self._window = window

    async def ask(self) -> None:
        """Asks until it is done or given up."""
        words = self._window.words
        with dialogs.framed(words("Change the passphrase")) as dialog:
            self._dialog = dialog
            rule = words(
                "At least {least} characters, any signs. Several words are easier to keep in mind than signs.",
                least=LEAST,
            )
            ui.html(h("p", rule), sanitize=False)
            self._old = self._field("old", words("Current passphrase"), "current-password")
            self._new = self._field("new", words("New passphrase"), "new-password")
            self._again = self._field("again", words("New passphrase once more"), "new-password")
            self._shown = ui.html("", sanitize=False)
            self._problem = ui.html("", sanitize=False).classes("fb-err").props(f"id={PROBLEM_ID} role=alert")
            with ui.element("div").classes("fb-dialog-acts"):
                dialogs.press(words("Suggest one"), self._suggest, "fb-btn-ghost")
                dialogs.press(words("Cancel"), lambda: dialog.submit(None))
                self._save = dialogs.press(words("Change the passphrase"), self._change, "fb-btn-primary", "data-save")
        await dialogs.answered(dialog)

    def _field(self, name: str, label: str, fills: str) -> ui.input:
        field_id = f"fb-passphrase-{name}"
        with ui.element("div").classes("fb-input"):
            ui.html(h("div", h("label", label, for_=field_id), class_="fb-input-l"), sanitize=False)
            field = ui.input(password=True).props(
                f"outlined for={field_id} autocomplete={fills} aria-describedby={PROBLEM_ID}"
            )
            field.props["maxlength"] = MOST
        return field.on("keydown.enter", self._change)

    def _suggest(self) -> None:
        """Five made-up words, shown so that they can be written down."""
        words, found = self._window.words, suggest_passphrase(self._window.app.store.random)
        self._new.value = self._again.value = found
        self._shown.set_content(lists.notice("accent", h("span", words("Write it down now:"), " ", h("b", found))))

    async def _change(self) -> None:
        words, app = self._window.words, self._window.app
        old, new, again = (str(field.value or "") for field in (self._old, self._new, self._again))
        if self._save.props.get("disabled"):
            return
        if new != again:
            self._say(words("The two new ones are not the same. Type them again."))
            return
        self._save.props["disabled"] = True
        self._say(words("Changing…"))
        try:
            await app.change_passphrase(old, new)
        except WrongPassphrase as wrong:
            self._old.value = ""
            self._say(self._waiting(wrong))
        except MobilityError as error:
            self._say(words.error(error))
        else:
            self._dialog.submit(True)
            self._window.toast(words("The new passphrase holds from now on"))
        self._save.props.pop("disabled", None)
        if not self._save.is_deleted:
            self._save.update()

    def _waiting(self, wrong: WrongPassphrase) -> str:
        """What is wrong and, after several wrong ones, how long the next try waits."""
        words, wait_ms = self._window.words, wrong.details.get("wait_ms")
        seconds = -(-wait_ms // 1000) if isinstance(wait_ms, int) else 0
        said, wait = words.error(wrong), words.n("Next try in {n} second.", "Next try in {n} seconds.", seconds)
        return f"{said} {wait}" if seconds else said

    def _say(self, text: str) -> None:
        if not self._problem.is_deleted:
            self._problem.set_content(h("span", text))
