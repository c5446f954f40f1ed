"""The content of a page's form: fields, and chosen files."""

from collections.abc import AsyncGenerator
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from worker.errors import RequestError

LONGEST = 8192
"""Bytes of a form. More is not read."""

LONGEST_DRAFT = 1_000_000
"""Bytes of a form with files."""

FILES = 500

FILE = "file:"
"""The prefix of a field's name that contains the text of a file; the file's name follows."""

_EXPECTED = "expected less: of a folder only what belongs to the project, without .git and the like"

Form = dict[str, str]


async def read_form(request: Request, longest: int = LONGEST) -> Form:
    """The first value of each field; empty for another body than a form. A file's text is the field `file:PATH`. Raises
    RequestError for a form that is too long.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > longest:
            raise RequestError(f"found a form of more than {longest:,} bytes, {_EXPECTED}")
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/form-data"):
        return await _of_parts(request, body)
    if not kind.startswith("application/x-www-form-urlencoded"):
        return {}
    form: Form = {}
    for name, value in parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True):
        form.setdefault(name, value)
    return form


async def _of_parts(request: Request, body: bytes) -> Form:
    async def whole() -> AsyncGenerator[bytes, None]:
        yield body

    parser = MultiPartParser(request.headers, whole(), max_files=FILES, max_fields=20, max_part_size=LONGEST_DRAFT)
    try:
        found = await parser.parse()
    except (MultiPartException, KeyError) as error:  # KeyError: no boundary is named
        if "Too many files" in str(error):
            raise RequestError(f"found more than {FILES} files, {_EXPECTED}") from None
        return {}
    form: Form = {}
    for name, value in found.multi_items():
        if not isinstance(value, UploadFile):
            form.setdefault(name, value)
        elif value.filename:
            form.setdefault(FILE + value.filename, (await value.read()).decode("utf-8", "replace"))
    await found.close()
    return form
