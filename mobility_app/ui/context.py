"""App: what every page receives. One for each process; made by the composition root, which also gives the Backend.

It holds the open store (or none, while locked), words, the last known state of sync, and two NiceGUI events by which
commits and sync reach open pages. No database call runs on the event loop: `read`, `write` and `db_call` go through
worker threads. Pages keep their own state in plain objects; nothing here belongs to one browser tab.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, tzinfo
from typing import ParamSpec, Protocol, TypeVar

from nicegui import Client, Event, core
from nicegui.element import Element

from mobility_app.domain.access import Actor
from mobility_app.errors import MobilityError
from mobility_app.outlook.kept import Outlooks
from mobility_app.store import identity, lease
from mobility_app.store.files import FileVault
from mobility_app.store.folder_worker import FolderWorker
from mobility_app.store.lease import Lease
from mobility_app.store.store import LOCAL, Store, Touched, wall_ms
from mobility_app.store.writing import Writing
from mobility_app.sync.status import METERED_SWITCH, Board, Status, Waiting, waiting
from mobility_app.ui import preferences
from mobility_app.ui.imports.desk import Imports
from mobility_app.ui.pictures import Pictures
from mobility_app.ui.preferences import LOCK_MINUTES, Preferences
from mobility_app.ui.words import DEFAULT_LANGUAGE, LANGUAGES, Words

THEMES = ("auto", "light", "dark")
QUASAR_LANGUAGES = {"pt": "pt", "en": "en-US", "es": "es", "fr": "fr"}
NOTHING_WAITS = Waiting(0, 0, 0)
SETTLE_AFTER_SECONDS = 0.7
COUNT_AFTER_SECONDS = 0.1  # what the person looks at is drawn before the numbers beside it, and a burst draws once
READERS = 3  # threads: one that reads long must not keep others waiting, and each pays for a connection of its own

P = ParamSpec("P")
T = TypeVar("T")


class Locked(MobilityError):
    """The store is locked."""

    code = "locked"


@dataclass(frozen=True, slots=True)
class Opened:
    """An open store and what lies beside it."""

    store: Store
    files: FileVault | None = None
    watch: FolderWorker | None = None


class Backend(Protocol):
    """What the composition root gives to the screen."""

    @property
    def board(self) -> Board:
        """The newest state of sync; lives as long as the process."""

    def unlock(self, passphrase: str) -> Opened:
        """Opens the store and starts the sync worker. Slow; runs on a worker thread. Raises WrongPassphrase,
        KeyFileDamaged, StoreDamaged, StoreTooNew, DiskFull."""

    def lock(self) -> None:
        """Stops the worker, closes the store, forgets keys. Runs on a worker thread."""

    def sync_now(self) -> None:
        """Wakes the worker and returns at once."""

    def older(self, customer_id: str) -> int:
        """Fetches history of a customer that HQ alone holds. Returns how many entries came. Waits for HQ; runs on a worker
        thread. Raises Locked, Unreachable, Refused."""

    def change_passphrase(self, old: str, new: str) -> None:
        """Another passphrase opens the store from now on. Slow; runs on a worker thread. Raises WrongPassphrase,
        InvalidValue, KeyFileDamaged, StoreTooNew, DiskFull; then the old one still opens."""


class App:
    """The running app as its pages see it."""

    def __init__(
        self,
        backend: Backend,
        *,
        language: str = DEFAULT_LANGUAGE,
        theme: str = "auto",
        opened: Opened | None = None,
        now: Callable[[], int] = wall_ms,
        zone: tzinfo | None = None,
    ) -> None:
        self.backend, self.now, self.zone = backend, now, zone
        self.preferences = Preferences(language, theme)
        self.words = Words(language, zone)
        self.changed = Event[Touched]()
        self.status_changed = Event[[]]()
        self.pictures = Pictures()
        self.editor_gone = Event[str]()  # id of a customer whose editor left without saving
        self.outlooks = Outlooks()
        self.imports = Imports()
        self.waiting = NOTHING_WAITS
        self.actor: Actor | None = None
        self.lease = Lease()
        self._opened: Opened | None = None
        self._held: Opened | None = None  # open, and not to be shown until HQ has answered
        self._unlisten: Callable[[], None] | None = None
        self._forms: dict[str, Element] = {}
        # A connection belongs to its thread, and a new one reads the schema and fills its cache of pages anew.
        self._readers = ThreadPoolExecutor(READERS, "read")
        self._writer = ThreadPoolExecutor(1, "write")
        self._last_active = now()
        self._counting = self._settling = False
        backend.board.listen(lambda status: self.tell_status())
        if opened is not None:
            self._admit(opened)

    # -- what pages look at

    @property
    def store(self) -> Store:
        """The open store. Raises Locked."""
        if self._opened is None:
            raise Locked("the store is locked")
        return self._opened.store

    @property
    def files(self) -> FileVault | None:
        """The vault of attached files, None while locked."""
        return self._opened.files if self._opened else None

    @property
    def watch(self) -> FolderWorker | None:
        """What looks into watched folders, None while locked."""
        return self._opened.watch if self._opened else None

    @property
    def locked(self) -> bool:
        """Whether no store is to be seen."""
        return self._opened is None

    @property
    def held(self) -> bool:
        """Whether the passphrase was given, and the device waits for HQ all the same (`store/lease.py`)."""
        return self._held is not None

    @property
    def status(self) -> Status:
        """The newest state of sync."""
        return self.backend.board.status

    def today(self) -> date:
        """Today, in the zone of the screen."""
        return self.words.moment(self.now()).date()

    # -- database, off the event loop

    async def db_call(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`fn(*args)` on a worker thread."""
        return await asyncio.to_thread(fn, *args, **kwargs)

    async def read(self, query: Callable[..., T], *args: object) -> T:
        """`query(store, *args)` on a thread of the readers. Raises Locked."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, query, self.store, *args)

    async def act(self, action: Callable[..., T], *args: object) -> T:
        """`action(store, *args)`, which writes, on the writer's thread: one after the other. Raises Locked."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, action, self.store, *args)

    async def write(self, verb: Callable[[Writing], T]) -> T:
        """One transaction of the write door on the writer's thread. Raises what the door raises."""

        def written(store: Store) -> T:
            with store.writing() as tx:
                return verb(tx)

        return await self.act(written)

    # -- news, from any thread

    def tell_status(self) -> None:
        """Says on the event loop that the state of sync may have changed."""
        self._on_loop(self._refresh_status)

    def _heard(self, touched: Touched) -> None:
        def emit() -> None:
            self.changed.emit(touched)
            self._refresh_status()
            if touched.source == LOCAL:
                self._settle_search()

        self._on_loop(emit)

    def _on_loop(self, call: Callable[[], None]) -> None:
        loop = core.loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(call)

    def _refresh_status(self) -> None:
        if not self._counting:
            self._counting = True
            asyncio.ensure_future(self._count())  # noqa: RUF006 - short, and its end is awaited by nobody

    def _settle_search(self) -> None:
        """Soon after a save, when nobody waits for anything: else the next search has to."""
        if not self._settling:
            self._settling = True
            asyncio.ensure_future(self._settled())  # noqa: RUF006 - short, and its end is awaited by nobody

    async def _settled(self) -> None:
        await asyncio.sleep(SETTLE_AFTER_SECONDS)
        self._settling = False
        with suppress(MobilityError):  # locked meanwhile, or the disk is full: the next search says so
            await self.act(Store.settle_search)

    async def _count(self) -> None:
        await asyncio.sleep(COUNT_AFTER_SECONDS)
        self._counting = False
        if self.held or self.lease.warns:
            await self.look_at_lease()
        if self.held:
            self.status_changed.emit()
            return
        try:
            self.waiting = NOTHING_WAITS if self.locked else await self.read(waiting)
        except MobilityError:
            self.waiting = NOTHING_WAITS
        self.status_changed.emit()

    # -- lock

    async def unlock(self, passphrase: str) -> None:
        """Opens the store. Raises what the backend raises."""
        opened = await asyncio.to_thread(self.backend.unlock, passphrase)
        await asyncio.to_thread(self._admit, opened)
        self.active()
        self._refresh_status()

    async def lock(self) -> None:
        """Closes the store, empties every open page and shows the lock screen there."""
        if self._opened is None and self._held is None:
            return
        self._held = None
        self._drop()
        await asyncio.to_thread(self.pictures.forget)
        await asyncio.to_thread(self.backend.lock)
        self.reload_pages(clear=True)

    def active(self) -> None:
        """The person did something: the idle time begins anew."""
        self._last_active = self.now()

    async def lock_if_idle(self) -> None:
        """Locks when nobody did anything for the idle time."""
        if not self.locked and self.now() - self._last_active >= self.preferences.lock_minutes * 60_000:
            await self.lock()

    async def look_at_lease(self) -> None:
        """Locks a device that has not met HQ for too long, and opens it when it has."""
        opened = self._held or self._opened
        if opened is None:
            return
        with suppress(MobilityError):  # locked meanwhile, or the disk is full: looked at again soon
            found = await asyncio.to_thread(lease.look, opened.store)
            if opened is self._held and not found.over:
                self._held = None
                await asyncio.to_thread(self._admit, opened)
                self.active()
                self.reload_pages()
            elif opened is self._opened:
                self.lease = found
                if found.over:
                    await self.lock()

    def _admit(self, opened: Opened) -> None:
        """Shows the store, or holds it where the device has not met HQ for too long."""
        self.lease = lease.look(opened.store)
        if not self.lease.over:
            self._take(opened)
            return
        self._held, self.waiting = opened, waiting(opened.store)
        with opened.store.reading() as session:
            chosen = preferences.kept(session, self.preferences)
        self._prefer(chosen)

    def _take(self, opened: Opened) -> None:
        self._opened = opened
        self._unlisten = opened.store.listen(self._heard)
        with opened.store.reading() as session:
            known = identity.read(session)
            self.actor = identity.actor(session) if known else None
            chosen = preferences.kept(session, self.preferences)
        self.waiting = waiting(opened.store)
        self._prefer(chosen)

    def _drop(self) -> None:
        if self._unlisten is not None:
            self._unlisten()
        self.imports.clear()
        self._opened, self._unlisten, self.actor, self.waiting = None, None, None, NOTHING_WAITS
        self.outlooks.clear()

    # -- short forms that are open

    @contextmanager
    def form_open(self, editor: str, form: Element) -> Iterator[None]:
        """While the block runs and `form` stands on a page, this editor of a short form is in use."""
        self._forms[editor] = form
        try:
            yield
        finally:
            self._forms.pop(editor, None)

    def open_forms(self) -> frozenset[str]:
        """The editors of forms whose browser tab still answers. What a dead one held may be gone on with elsewhere."""
        alive = [
            editor for editor, form in self._forms.items() if not form.is_deleted and form.client.has_socket_connection
        ]
        return frozenset(alive)

    # -- preferences

    async def set_language(self, language: str) -> None:
        """Changes the language of every open page and keeps it."""
        if language in LANGUAGES:
            await self._keep("ui_language", language)
            self._prefer(replace(self.preferences, language=language))
            self.reload_pages()

    async def set_theme(self, theme: str) -> None:
        """Changes the theme of every open page and keeps it."""
        if theme in THEMES:
            await self._keep("ui_theme", theme)
            self._prefer(replace(self.preferences, theme=theme))
            self.reload_pages()

    async def set_lock_minutes(self, minutes: int) -> None:
        """After how many idle minutes the store is locked, from now on."""
        if minutes in LOCK_MINUTES:
            await self._keep("ui_lock_minutes", str(minutes))
            self.preferences = replace(self.preferences, lock_minutes=minutes)

    async def set_single_keys(self, on: bool) -> None:
        """Whether bare letters are keys, on every open page, and keeps it."""
        await self._keep("ui_single_keys", "on" if on else "off")
        self.preferences = replace(self.preferences, single_keys=on)

    async def set_metered(self, on: bool) -> None:
        """Whether this device's network is paid by volume, and keeps it. Ends of it are felt at once."""
        await self._keep(METERED_SWITCH, "1" if on else "")
        self.preferences = replace(self.preferences, metered=on)
        self.backend.sync_now()

    async def change_passphrase(self, old: str, new: str) -> None:
        """Another passphrase from now on. Raises what the backend raises."""
        await asyncio.to_thread(self.backend.change_passphrase, old, new)

    async def _keep(self, key: str, value: str) -> None:
        def keep(store: Store) -> None:
            with store.transaction() as session:
                identity.set_meta(session, key, value)

        await self.act(keep)

    def _prefer(self, chosen: Preferences) -> None:
        self.preferences = chosen
        self.words = Words(chosen.language, self.zone)
        core.app.config.language = self.quasar_language  # type: ignore[assignment]
        core.app.config.dark = self.dark

    @property
    def quasar_language(self) -> str:
        """The language pack, which is also the page's `lang`."""
        return QUASAR_LANGUAGES[self.words.language]

    @property
    def dark(self) -> bool | None:
        """None follows the system."""
        return {"light": False, "dark": True}.get(self.preferences.theme)

    def reload_pages(self, *, clear: bool = False) -> None:
        """Loads every open page again; `clear` first takes all content out of it."""
        for client in list(Client.instances.values()):
            with client:
                if clear:
                    client.content.clear()
                client.run_javascript("window.fb && fb.clean(); location.reload()")
