"""The stage of every view (`tests/support/views.py`), made once for all modules that walk through them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.browser import Visitor, chromium_browser, visit
from tests.support.views import Stage, staged


@pytest.fixture(scope="session")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A rich and a bare customer on a manager's device, which is cut off from HQ."""
    yield from staged(tmp_path_factory.mktemp("everything"))


@pytest.fixture(scope="module")
def guest(everything: Stage, chromium: str) -> Iterator[Visitor]:
    """A window on the stage's app, both of this module alone: nothing moves in it, nothing waits for a drawing."""
    with chromium_browser(chromium) as browser:
        visitor = visit(browser, everything.device.start_ui())
        visitor.page.emulate_media(reduced_motion="reduce")
        yield visitor
        everything.device.kill_ui()
