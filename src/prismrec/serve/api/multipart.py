"""Multipart: forms with files, read with limits on parts, names and bytes, and held in memory."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from prismrec.serve.api.problems import Problem

__all__ = ["Form", "boundary_of", "read_form"]

PARTS = 64  # of a form, most of which are short fields
FIELD = 256 * 1024  # bytes of a part that is no file
HEADERS, HEADER = 8, 4096  # lines of a part, bytes of a line
BOUNDARY = re.compile(rb"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")


@dataclass
class Form:
    """What was sent: texts and files by name."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)


def boundary_of(content_type: str) -> bytes:
    """The boundary of a form.

    Raises:
        Problem: 415 where the type is another, 400 where the boundary is missing or odd.
    """
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data":
        raise Problem(415, "Send multipart/form-data.")
    boundary = options.get(b"boundary", b"")
    if not BOUNDARY.fullmatch(boundary):
        raise Problem(400, "The Content-Type has no boundary, or one that is not allowed.")
    return boundary


def read_form(raw: bytes, boundary: bytes, kinds: Mapping[str, int]) -> Form:
    """The parts of a form.

    Args:
        raw: the body.
        boundary: as `boundary_of` found it.
        kinds: names that are allowed: most bytes of a file, or 0 for a text.

    Raises:
        Problem: 400 for a malformed form, 413 for a part that is too large, 422 for a part that
            is not asked for or comes twice.
    """
    parts = _Parts(kinds)
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": parts.begin,
                "on_header_field": parts.header_name,
                "on_header_value": parts.header_value,
                "on_header_end": parts.header_end,
                "on_headers_finished": parts.named,
                "on_part_data": parts.data,
                "on_part_end": parts.end,
                "on_end": parts.finish,
            },
            max_header_count=HEADERS,
            max_header_size=HEADER,
        )
        parser.write(raw)
        parser.finalize()
    except FormParserError:
        raise Problem(400, "The form is malformed.") from None
    if not parts.finished:
        raise Problem(400, "The form ends before its last boundary.")
    return parts.form


class _Parts:
    """Puts a form together from what the parser reports."""

    def __init__(self, kinds: Mapping[str, int]) -> None:
        self.kinds = kinds
        self.form = Form()
        self.count = 0
        self.finished = False
        self.begin()
        self.count = 0

    def begin(self) -> None:
        self.count += 1
        if self.count > PARTS:
            raise Problem(413, f"The form has more than {PARTS} parts.")
        self.headers: dict[bytes, bytes] = {}
        self.line = (bytearray(), bytearray())
        self.name, self.is_file, self.most = "", False, 0
        self.value = bytearray()

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self.line[0].extend(data[start:end])

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self.line[1].extend(data[start:end])

    def header_end(self) -> None:
        self.headers[bytes(self.line[0]).lower()] = bytes(self.line[1])
        self.line = (bytearray(), bytearray())

    def named(self) -> None:
        """Look at the head of a part before its bytes are taken."""
        disposition = self.headers.get(b"content-disposition", b"").decode("latin-1")
        kind, options = parse_options_header(disposition)
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if kind != b"form-data" or not name:
            raise Problem(400, "A part of the form has no name.")
        if name not in self.kinds:
            raise Problem(422, f"The form may have {', '.join(self.kinds)}, and nothing else.")
        self.name, self.is_file = name, self.kinds[name] > 0
        self.most = self.kinds[name] or FIELD
        if self.is_file and name in self.form.files:
            raise Problem(422, f"The form has {name} twice.")

    def data(self, data: bytes, start: int, end: int) -> None:
        if len(self.value) + end - start > self.most:
            raise Problem(413, f"{self.name} has more than {self.most} bytes.")
        self.value.extend(data[start:end])

    def end(self) -> None:
        if self.is_file:
            self.form.files[self.name] = bytes(self.value)
            return
        try:
            text = self.value.decode("utf-8")
        except UnicodeDecodeError:
            raise Problem(422, f"{self.name} is not UTF-8.") from None
        self.form.texts.setdefault(self.name, []).append(text)

    def finish(self) -> None:
        self.finished = True
