"""What the command line says, in the person's language: MOBILITY_LANG, else what the system says, else Portuguese.

The screen's catalogues hold these texts too. Help texts are English.
"""

from __future__ import annotations

import errno
import os

from mobility_app.cli.reasons import VALUE
from mobility_app.errors import InvalidValue, MobilityError, NotEnrolled, NotFound, WrongPassphrase
from mobility_app.ui.words import DEFAULT_LANGUAGE, LANGUAGES, Words


def words() -> Words:
    """Texts in the language of the environment; English where it is one that we don't speak."""
    named = next((found for name in ("MOBILITY_LANG", "LC_ALL", "LANG") if (found := os.environ.get(name))), "")
    short = named.replace("-", "_").partition(".")[0].partition("_")[0].lower()
    if not short:
        return Words(DEFAULT_LANGUAGE)
    return Words(short if short in LANGUAGES else "en")


def text(message: str, /, **places: object) -> str:
    """A text in the person's language, its `{places}` filled."""
    return words()(message, **places)


def count(one: str, many: str, n: int) -> str:
    """A text for a count; `{n}` is the count as written."""
    return words().n(one, many, n)


def app_language() -> str:
    """The language that the app starts in until somebody chooses one on the screen: MOBILITY_LANG, else Portuguese.

    The system's language does not count: what a rep's screen says shall not hang on how a machine was installed."""
    named = os.environ.get("MOBILITY_LANG", "")[:2].lower()
    return named if named in LANGUAGES else DEFAULT_LANGUAGE


def said(failed: BaseException) -> str:
    """The one line for a failure: what is wrong and what to do."""
    if isinstance(failed, NotEnrolled):
        return text(
            "This device is not enrolled. Ask the office for a code, then: mobility enrol --hq ADDRESS --code CODE"
        )
    if isinstance(failed, WrongPassphrase):
        seconds = -(-int(str(failed.details.get("wait_ms", 0))) // 1000)
        wait = " " + count("Next try in {n} second.", "Next try in {n} seconds.", seconds)
        return words().error(failed) + (wait if seconds else "")
    if isinstance(failed, NotFound):
        return text("There is no {name}.", name=failed.details["id"])
    if isinstance(failed, InvalidValue) and (failed.entity, failed.reason) == ("vault", "too_short"):
        return text("This passphrase is too short. It needs 8 characters or more.")
    if isinstance(failed, InvalidValue) and failed.reason in VALUE:
        return text(VALUE[failed.reason])
    if isinstance(failed, MobilityError):
        return words().error(failed)
    if isinstance(failed, KeyboardInterrupt):
        return text("Stopped.")
    if isinstance(failed, OSError):
        return _system(failed)
    return text(
        "This should not happen ({kind}). MOBILITY_DEBUG=1 shows more; tell the office.", kind=type(failed).__name__
    )


def _system(failed: OSError) -> str:
    match failed.errno:
        case errno.EADDRINUSE:
            return text("This port is in use. Choose another with --port.")
        case errno.EADDRNOTAVAIL:
            return text("This machine has no such address to listen on.")
        case errno.ENOSPC | errno.EDQUOT:
            return text("The disk is full. Free some space and try again.")
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return text("This may not be read or written: {path}", path=failed.filename or failed.strerror)
        case _:
            named = f": {failed.filename}" if failed.filename else ""
            return f"{failed.strerror or failed}{named}"
