"""What the command line says, in the person's language: MOBILITY_LANG, else LANG, else Portuguese."""

from __future__ import annotations

import os

from mobility_app.errors import MobilityError
from mobility_app.ui.words import DEFAULT_LANGUAGE, LANGUAGES, Words


def words() -> Words:
    """Texts in the language of the environment."""
    named = os.environ.get("MOBILITY_LANG") or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    short = named[:2].lower()
    if short in ("c", "c.", "po", ""):
        return Words("en" if named[:1].upper() == "C" else DEFAULT_LANGUAGE)
    return Words(short if short in LANGUAGES else "en")


def said(failed: BaseException) -> str:
    """The one line for a failure."""
    text = words()
    if isinstance(failed, MobilityError):
        return text.error(failed)
    if isinstance(failed, KeyboardInterrupt):
        return text("Stopped.")
    if isinstance(failed, OSError) and failed.errno is not None:
        return f"{failed.strerror}: {failed.filename}" if failed.filename else str(failed.strerror)
    return str(failed)
