"""Where a device keeps its things and which ports are usual: one frozen Config, made from the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import platformdirs

HQ_PORT = 8710
APP_PORT = 8720


@dataclass(frozen=True, slots=True)
class Config:
    """A device's folder and how its app is served. Everything in the folder is encrypted but the wrapped keys."""

    folder: Path
    port: int = APP_PORT
    language: str = "pt"
    open_browser: bool = True
    with_parent: bool = False

    @property
    def database(self) -> Path:
        """The encrypted store."""
        return self.folder / "store.db"

    @property
    def files(self) -> Path:
        """The folder of encrypted attachments."""
        return self.folder / "files"

    @property
    def watched(self) -> Path:
        """Where watched folders are made unless somebody chooses another place: among the person's documents for the
        usual device, beside its store for one that lies elsewhere."""
        if self.folder == device_folder():
            return platformdirs.user_documents_path() / "Mobility"
        return self.folder / "watched"


def device_folder() -> Path:
    """The usual folder of a device on this system."""
    return Path(platformdirs.user_data_dir("mobility", appauthor=False))


def hq_folder() -> Path:
    """The usual folder of an HQ on this system."""
    return Path(platformdirs.user_data_dir("mobility-hq", appauthor=False))
