"""Reads forms within limits that hold while reading, and in memory alone: nothing of a patient touches the disk."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass

import anyio
from starlette.exceptions import HTTPException
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import Request

from skinedge.web import limits

_TEXT_BYTES = 4 * limits.TEXT_CHARACTERS


class _InMemory(MultiPartParser):
    # Starlette would move a larger file to a temporary file, unencrypted.
    spool_max_size = limits.PHOTO_BYTES + 1


@dataclass(frozen=True)
class Form:
    """Fields by name, the last of each; and the file that came along, empty where there is none."""

    fields: dict[str, str]
    file: bytes = b""

    def text(self, name: str) -> str:
        """A field without control characters and outer spaces; "" where it is missing."""
        shown = "".join(c if c.isprintable() or c == "\n" else " " for c in self.fields.get(name, ""))
        return shown.strip()[: limits.TEXT_CHARACTERS]


async def read_form(request: Request, *, limit_bytes: int = limits.FORM_BYTES) -> Form:
    """Reads the body of a request as a form.

    Raises: HTTPException 413 where it is too large, 400 where it is no form, 415 where it says that it is something else,
        408 where it stops coming.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = _limited(request, limit_bytes)
    try:
        if kind == "multipart/form-data":
            parser: MultiPartParser | FormParser = _InMemory(
                request.headers, body, max_files=limits.FILES, max_fields=limits.FIELDS, max_part_size=_TEXT_BYTES
            )
        elif kind == "application/x-www-form-urlencoded":
            parser = FormParser(request.headers, body, max_fields=limits.FIELDS, max_part_size=3 * _TEXT_BYTES)
        else:
            raise HTTPException(415)
        parsed = await parser.parse()
    # The parser of ordinary forms tells of damage with a ValueError.
    except (MultiPartException, ValueError):
        raise HTTPException(400) from None
    fields: dict[str, str] = {}
    file = b""
    for name, value in parsed.multi_items():
        if isinstance(value, str):
            # Some encodings that a form may claim give halves of characters, which nothing later could write.
            fields[name] = value.encode("utf-8", "replace").decode("utf-8")
        else:
            file = await value.read() or file
    await parsed.close()
    return Form(fields, file)


async def _limited(request: Request, limit_bytes: int) -> AsyncGenerator[bytes, None]:
    received = 0
    stream = request.stream()
    while True:
        try:
            with anyio.fail_after(limits.STALL_S):
                chunk = await anext(stream, None)
        except TimeoutError:
            raise HTTPException(408) from None
        if chunk is None:
            break
        received += len(chunk)
        if received <= limit_bytes:
            yield chunk
        elif received > limits.DISCARDED_BYTES:
            break
    if received > limit_bytes:
        raise HTTPException(413)
