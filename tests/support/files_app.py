"""The real stack around file bytes in a process of its own: guard, routes, NiceGUI, and a device with one customer.

`python -m tests.support.files_app PORT TOKEN FOLDER`. The customer's id is then in `FOLDER/customer`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.support.fleet import Fleet


def main() -> None:
    port, token, folder = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    os.environ["NICEGUI_STORAGE_PATH"] = str(folder / "nicegui")
    from nicegui import app, ui

    from mobility_app.store.files import FileVault
    from mobility_app.ui.guard import SERVER_OPTIONS, Guard, surround
    from mobility_app.ui.transfers import Transfers

    fleet = Fleet(folder)
    fleet.user("Ana")
    store = fleet.device("ana", "Ana").store
    with store.writing() as tx:
        customer = tx.create("customer", {"name": "Óptica Lusitânia"})
    (folder / "customer").write_text(customer)
    vault = FileVault(folder / "files", os.urandom(32))
    surround(app, Transfers(lambda: (store, vault), lambda error: error.code).wrap)
    Guard(port, token=token).install(app)
    ui.run(lambda: ui.label("here"), port=port, **SERVER_OPTIONS)


if __name__ == "__main__":
    main()
