"""Three small files for the demo: a text, a picture and a PDF, made here so that nothing foreign is shipped."""

from __future__ import annotations

import struct
import zlib


def made_files() -> list[tuple[str, bytes]]:
    """(name, bytes) of each."""
    return [
        (
            "Condições de entrega.txt",
            "Entregas de segunda a sexta, das 8h às 12h, pela porta das traseiras.\n".encode(),
        ),
        ("Fachada.png", _picture(160, 100)),
        ("Contrato 2026.pdf", _document("Contrato de assinatura 2026")),
    ]


def _picture(width: int, height: int) -> bytes:
    """A two-coloured PNG."""
    rows = b"".join(
        b"\0" + b"".join(b"\x2b\x50\xc4" if y < height * 2 // 3 else b"\xd9\x94\x2b" for _ in range(width))
        for y in range(height)
    )

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _document(title: str) -> bytes:
    """A PDF of one page with one line."""
    text = f"BT /F1 18 Tf 72 770 Td ({title}) Tj ET".encode("latin-1")
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length " + str(len(text)).encode() + b" >>\nstream\n" + text + b"\nendstream",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(body))
        body += str(number).encode() + b" 0 obj\n" + part + b"\nendobj\n"
    table = b"xref\n0 5\n0000000000 65535 f \n" + b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    return body + table + b"trailer << /Size 5 /Root 1 0 R >>\nstartxref\n" + str(len(body)).encode() + b"\n%%EOF\n"
