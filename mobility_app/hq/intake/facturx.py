"""The invoice XML inside a PDF/A-3 (Factur-X, ZUGFeRD). Only the attachment is looked for; pages are never read.

Everything is bounded: nodes of the name tree, attachments, inflated bytes, and the time in which pypdf may go on
reading. A hostile PDF costs seconds and some megabytes, then it is unfit.
"""

from __future__ import annotations

import io
import logging
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from mobility_app.hq.intake import model
from mobility_app.hq.intake.model import Unfit
from mobility_app.hq.intake.xml_tree import SIZE_MAX_BYTES

NAMES = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml")
NODES_MAX = 500
ATTACHMENTS_MAX = 50
SECONDS_MAX = 10.0
PARSING_MAX = 200_000


class _Watched(io.BytesIO):
    """The file's bytes, readable until a moment: pypdf has no deadline of its own."""

    def __init__(self, content: bytes, clock: Callable[[], float]) -> None:
        super().__init__(content)
        self._clock, self._until = clock, clock() + SECONDS_MAX

    def read(self, size: int | None = -1, /) -> bytes:
        if self._clock() > self._until:
            raise Unfit(model.BROKEN_PDF, f"took more than {SECONDS_MAX:.0f} seconds")
        return super().read(size)


def embedded(content: bytes, clock: Callable[[], float] = time.monotonic) -> bytes:
    """The invoice's XML. Raises Unfit: too_large, broken_pdf, encrypted_pdf, no_invoice_in_pdf."""
    import pypdf
    from pypdf.errors import FileNotDecryptedError, LimitReachedError

    if len(content) > SIZE_MAX_BYTES:
        raise Unfit(model.TOO_LARGE, f"{len(content)} bytes, at most {SIZE_MAX_BYTES}")
    # What pypdf has to say of a hostile file is as long as the file and quotes it: none of it goes into our log.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)
    bounds = pypdf.Configuration(
        maximum_declared_stream_length=SIZE_MAX_BYTES,
        array_based_stream_maximum_output_length=SIZE_MAX_BYTES,
        lzw_maximum_output_length=SIZE_MAX_BYTES,
        run_length_maximum_output_length=SIZE_MAX_BYTES,
        zlib_maximum_output_length=SIZE_MAX_BYTES,
        brotli_maximum_output_length=SIZE_MAX_BYTES,
        stream_decoding_work_maximum_length=4 * SIZE_MAX_BYTES,
        stream_parsing_work_maximum_count=PARSING_MAX,
        jbig2dec_binary=None,
    )
    try:
        with pypdf.apply_configuration(bounds):
            reader = pypdf.PdfReader(_Watched(content, clock), strict=False)
            if reader.is_encrypted and not reader.decrypt(""):
                raise Unfit(model.ENCRYPTED_PDF)
            return _chosen(_attachments(reader))
    except Unfit:
        raise
    except FileNotDecryptedError:
        raise Unfit(model.ENCRYPTED_PDF) from None
    except (LimitReachedError, zlib.error) as error:
        raise Unfit(model.BROKEN_PDF, str(error)[:200]) from None
    except (Exception, RecursionError) as error:  # noqa: BLE001 - pypdf lets nearly every kind escape on broken input
        raise Unfit(model.BROKEN_PDF, f"{type(error).__name__}: {error}"[:200]) from None


def _chosen(attachments: Iterator[tuple[str, Any]]) -> bytes:
    """The attachment whose name is the standard's, in the order of `NAMES`; else another XML."""
    found = [(_rank(name), stream) for name, stream in attachments if name.lower().endswith(".xml")]
    if not found:
        raise Unfit(model.NO_INVOICE_IN_PDF)
    return _inflated(min(found, key=lambda pair: pair[0])[1])


def _rank(name: str) -> int:
    if name in NAMES:
        return NAMES.index(name)
    return len(NAMES) + (name.lower() not in NAMES)  # ZUGFeRD-invoice.xml is version 1


def _attachments(reader: Any) -> Iterator[tuple[str, Any]]:
    """(file name, stream) of all attachments: those of the name tree, then the associated files of the document."""
    root = reader.trailer["/Root"].get_object()
    found = 0
    for specification in [*_of_tree(_at(_at(root, "/Names"), "/EmbeddedFiles")), *(_at(root, "/AF") or [])]:
        one = specification.get_object()
        streams = _at(one, "/EF")
        stream = _at(streams, "/F") or _at(streams, "/UF")
        if stream is None:
            continue
        found += 1
        if found > ATTACHMENTS_MAX:
            return
        yield str(_at(one, "/UF") or _at(one, "/F") or ""), stream


def _of_tree(tree: Any) -> list[Any]:
    """The file specifications of a name tree, each node visited once and at most 500 of them."""
    waiting: list[Any] = [] if tree is None else [tree]
    found: list[Any] = []
    for _ in range(NODES_MAX):
        if not waiting:
            return found
        node = waiting.pop(0)
        pairs = list(_at(node, "/Names") or [])
        found += [pairs[index + 1] for index in range(0, len(pairs) - 1, 2)]
        waiting += [child.get_object() for child in list(_at(node, "/Kids") or [])[:NODES_MAX]]
    raise Unfit(model.BROKEN_PDF, f"more than {NODES_MAX} nodes of names")


def _at(dictionary: Any, key: str) -> Any:
    """The object at a key, resolved; None where there is none."""
    if dictionary is None or not hasattr(dictionary, "get"):
        return None
    found = dictionary.get(key)
    return None if found is None else found.get_object()


def _inflated(stream: Any) -> bytes:
    """The stream's bytes, at most 20 MB."""
    content: bytes = stream.get_data()
    if len(content) > SIZE_MAX_BYTES:
        raise Unfit(model.TOO_LARGE, f"more than {SIZE_MAX_BYTES} bytes inside the PDF")
    return content
