"""Bytes to an element tree, for files that strangers write. The only XML parser of the intake.

A document type declaration is refused where it begins, before anything in it is read: without one there are no
entities of its own and nothing external to fetch. Size, depth and number of elements are bounded while reading.
Elements are named "{namespace}local" as in `xml.etree`. Meaning is `ubl.py`'s and `cii.py`'s business.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from mobility_app.hq.intake import model
from mobility_app.hq.intake.model import Unfit

SIZE_MAX_BYTES = 20 * 1024 * 1024
DEPTH_MAX = 40  # the deepest EN 16931 document has 9 levels
ELEMENTS_MAX = 200_000  # some 5,000 lines; 0.9 s to read
_STARTS = (b"<", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00<", b"<\x00")
_UNDEFINED_ENTITY = 11  # expat's XML_ERROR_UNDEFINED_ENTITY


def parsed(content: bytes) -> Element:
    """The root element. Raises Unfit: empty, too_large, not_xml, broken_xml, dtd, entity, too_deep,
    too_many_elements."""
    if not content.strip():
        raise Unfit(model.EMPTY)
    if len(content) > SIZE_MAX_BYTES:
        raise Unfit(model.TOO_LARGE, f"{len(content)} bytes, at most {SIZE_MAX_BYTES}")
    if not content.lstrip()[:3].startswith(_STARTS):
        raise Unfit(model.NOT_XML)
    return _Reader().read(content)


class _Reader:
    """One run of expat. The handlers stop it by raising."""

    def __init__(self) -> None:
        self._tree = TreeBuilder()
        self._depth = self._elements = 0
        self._parser = expat.ParserCreate(namespace_separator="}")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.EntityDeclHandler = self._entity
        self._parser.ExternalEntityRefHandler = self._entity
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._tree.data

    def read(self, content: bytes) -> Element:
        try:
            self._parser.Parse(content, True)
        except expat.ExpatError as error:
            where = f"line {error.lineno}, column {error.offset}"
            reason = model.ENTITY if error.code == _UNDEFINED_ENTITY else model.BROKEN_XML
            raise Unfit(reason, f"{expat.ErrorString(error.code)}, {where}") from None
        except (LookupError, ValueError) as error:  # an encoding that Python does not know, or not of one byte
            raise Unfit(model.BROKEN_XML, str(error)[:200]) from None
        return self._tree.close()

    def _doctype(self, *_: object) -> None:
        raise Unfit(model.DTD)

    def _entity(self, *_: object) -> int:
        raise Unfit(model.ENTITY)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > DEPTH_MAX:
            raise Unfit(model.TOO_DEEP, f"more than {DEPTH_MAX} levels")
        if self._elements > ELEMENTS_MAX:
            raise Unfit(model.TOO_MANY_ELEMENTS, f"more than {ELEMENTS_MAX}")
        self._tree.start(_named(name), {_named(key): value for key, value in attributes.items()})

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._tree.end(_named(name))


def _named(name: str) -> str:
    return "{" + name if "}" in name else name
