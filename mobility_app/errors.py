"""Every error that somebody catches or that the screen words differently.

A class exists only for that reason. Each builds its own English sentence for logs; the screen translates the class's
`code` with the arguments kept in `details`. Being offline is normal and is no error of this list; a conflict is data.
"""

from __future__ import annotations


class MobilityError(Exception):
    """Root of the hierarchy. `code` names the sentence on the screen, `details` fills it."""

    code = "error"

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.details = details


class InvalidValue(MobilityError):
    """A value that its field does not take. Nothing was written. `details`: entity, field, reason."""

    code = "invalid_value"

    def __init__(self, entity: str, field: str, reason: str, **details: object) -> None:
        super().__init__(f"{entity}.{field}: {reason}", entity=entity, field=field, reason=reason, **details)
        self.entity, self.field, self.reason = entity, field, reason


class NotAllowed(MobilityError):
    """The actor may not do this. Nothing was written. `details`: entity, field (or None), verb."""

    code = "not_allowed"

    def __init__(self, entity: str, verb: str, field: str | None = None, reason: str = "forbidden") -> None:
        super().__init__(
            f"{verb} {entity}{'.' + field if field else ''}: {reason}", entity=entity, verb=verb, field=field
        )
        self.entity, self.verb, self.field, self.reason = entity, verb, field, reason


class NotFound(MobilityError):
    """No such record on this side."""

    code = "not_found"

    def __init__(self, entity: str, record_id: str) -> None:
        super().__init__(f"no {entity} {record_id}", entity=entity, id=record_id)


class SheetInEdit(MobilityError):
    """Files of a customer can't be added while its sheet is being edited on this device."""

    code = "sheet_in_edit"


class Unattributed(MobilityError):
    """A write without an author, or around the write door."""

    code = "unattributed"


class WrongPassphrase(MobilityError):
    """The passphrase opens no slot of the key file."""

    code = "wrong_passphrase"


class KeyFileDamaged(MobilityError):
    """Neither copy of the key file can be read whole."""

    code = "key_file_damaged"


class StoreDamaged(MobilityError):
    """The database file is unreadable with the right key."""

    code = "store_damaged"


class StoreTooNew(MobilityError):
    """The database was written by a newer version of the program."""

    code = "store_too_new"


class DiskFull(MobilityError):
    """No room left; nothing was half done."""

    code = "disk_full"


class FileRefused(MobilityError):
    """A file that can't be attached. `details`: reason."""

    code = "file_refused"

    def __init__(self, reason: str, **details: object) -> None:
        super().__init__(f"file refused: {reason}", reason=reason, **details)
        self.reason = reason


class Unreachable(MobilityError):
    """HQ did not answer, or somebody else answered in its place (`reason`: network, cut, stalled, portal, busy, failed).
    `retry_seconds`: how long HQ asks to wait, 0 where it does not say."""

    code = "unreachable"

    def __init__(self, reason: str, message: str = "", retry_seconds: float = 0.0) -> None:
        super().__init__(message or f"headquarters unreachable: {reason}", reason=reason)
        self.reason, self.retry_seconds = reason, retry_seconds


class Refused(MobilityError):
    """HQ understood and said no. `reason` is a code of docs/errors.md, `status` the HTTP status."""

    code = "refused"

    def __init__(self, reason: str, status: int = 400, **details: object) -> None:
        super().__init__(f"refused: {reason}", reason=reason, **details)
        self.reason, self.status = reason, status


class NotEnrolled(MobilityError):
    """This folder holds no enrolled device."""

    code = "not_enrolled"
