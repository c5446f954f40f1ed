"""Digest → message, by Jinja templates: sandboxed, strict about names, escaped in HTML.

A template sees `digest` (domain.digest.Digest), `w` (wording.Wording), `page` (page.Page: headline, rows and bars,
worked out), `attached` (names of files that go along) and `reader`, the token that the mail channel replaces with the
address. `<entry.template>/email.subject.j2`, `email.txt.j2` and `email.html.j2` make a mail, `slack.json.j2` a JSON
list of posts. A project's own templates replace the built-in ones by path.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from jinja2 import TemplateNotFound, TemplateSyntaxError
from jinja2.loaders import FunctionLoader, split_template_path
from markupsafe import Markup, escape

from worker.domain.delivery import READER, Attachment, Content
from worker.domain.digest.model import Digest
from worker.domain.schedule import Subscription
from worker.errors import RenderError
from worker.rendering.html_nesting import deepest
from worker.rendering.inline_css import inline
from worker.rendering.page import CUTS, Cut, Page
from worker.rendering.phrases import filled
from worker.rendering.template_bounds import MEMORY, TemplateExceeds, bounded
from worker.rendering.template_sandbox import TemplateSandbox
from worker.rendering.vocabulary import NO_SERVICES, Vocabulary
from worker.rendering.wording import Wording
from worker.sanitize import clean, isolate, plain

HTML_BUDGET = 80_000
HTML_LIMIT = 100_000
"""Bytes of UTF-8. Gmail cuts a mail off near 102 KB: past the budget a digest is shortened, past the limit refused."""

TEXT_LIMIT = 100_000

OUTPUT_LIMIT = 5_000_000
"""Characters that a template may write: HTML shrinks where styles are put in and where the digest is shortened."""

PROBLEM_LIMIT = 300
NESTING_LIMIT = 1_000


def environment(builtin: Path, overrides: Mapping[str, str]) -> TemplateSandbox:
    """`overrides`: template source by path below templates/; everything else is read from the folder `builtin`."""

    def load(name: str) -> tuple[str, str, None]:
        if name in overrides:
            return overrides[name], name, None
        try:
            return builtin.joinpath(*split_template_path(name)).read_text("utf-8"), name, None
        except OSError as error:
            raise TemplateNotFound(name) from error

    env = TemplateSandbox(FunctionLoader(load))
    env.filters.update(clean=_or_empty(clean), isolate=_or_empty(isolate), plain=plain, fill=fill, columns=columns)
    return env


class JinjaRenderer:
    """ports.Renderer. `builtin` is the templates folder of this version, `overrides` the bundle's own templates,
    `vocabulary` what services know.
    """

    def __init__(
        self, builtin: Path, overrides: Mapping[str, str] | None = None, vocabulary: Vocabulary = NO_SERVICES
    ) -> None:
        self._vocabulary = vocabulary
        self._env = environment(builtin, overrides or {})

    def render(
        self, digest: Digest, entry: Subscription, fmt: str, attachments: Sequence[tuple[str, str, bytes]]
    ) -> Content:
        """`fmt` is "email" or "slack". Raises RenderError: a template's fault, or a message past its limit."""
        folder, files = entry.template, tuple(Attachment(*given) for given in attachments)
        try:
            wording = Wording(entry.locale, entry.zone, digest.slot.year, self._vocabulary.words)
        except ValueError as error:
            raise RenderError(f"{folder}/", 0, str(error)) from error
        if fmt == "slack":
            return Content(posts=self._posts(digest, wording, folder, files), attachments=files)
        return self._mail(digest, wording, folder, files)

    def _mail(self, digest: Digest, wording: Wording, folder: str, files: tuple[Attachment, ...]) -> Content:
        """The longest form that fits the budget: each next cut says in the message what it left out."""
        for cut in CUTS:
            page = Page(digest, wording, cut, _csv_names(files), self._vocabulary)
            html = inline(_shallow(f"{folder}/email.html.j2", self._fill(f"{folder}/email.html.j2", page, files)))
            if len(html.encode()) <= HTML_BUDGET or cut is CUTS[-1]:
                break
        _within(f"{folder}/email.html.j2", html, HTML_LIMIT)
        text = tidy(self._fill(f"{folder}/email.txt.j2", page, files))
        _within(f"{folder}/email.txt.j2", text, TEXT_LIMIT)
        subject = " ".join(plain(self._fill(f"{folder}/email.subject.j2", page, files)).split())
        return Content(subject=subject, text=text, html=html, attachments=files)

    def _posts(
        self, digest: Digest, wording: Wording, folder: str, files: tuple[Attachment, ...]
    ) -> tuple[Mapping[str, object], ...]:
        name = f"{folder}/slack.json.j2"
        page = Page(digest, wording, Cut(), _csv_names(files), self._vocabulary)
        return parse_posts(name, self._fill(name, page, files))

    def _fill(self, name: str, page: Page, files: Sequence[Attachment]) -> str:
        told = {"digest": page.digest, "w": page.w, "page": page, "attached": [clean(f.name) for f in files]}
        try:
            with bounded():
                return _joined(self._env.get_template(name).generate(**told, reader=READER))
        except TemplateNotFound as error:
            raise RenderError(name, 0, f"there is no template {clean(str(error.name or name))}") from error
        except TemplateSyntaxError as error:
            raise RenderError(error.name or name, error.lineno, _problem(error)) from error
        except Exception as error:
            place, line = _place(error.__traceback__, name)
            raise RenderError(place, line, _problem(error)) from error


def parse_posts(template: str, text: str) -> tuple[Mapping[str, object], ...]:
    """A JSON list of objects, the first of which is the main message. Raises RenderError: NaN, a repeated key, prose
    after the end and a list of anything else are all refused.
    """
    try:
        parsed = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise RenderError(template, 0, f"its output is not JSON: {error}") from error
    except ValueError as error:
        raise RenderError(template, 0, f"its output is not strict JSON: {error}") from error
    except RecursionError as error:
        raise RenderError(template, 0, "its output is nested too deeply") from error
    if not isinstance(parsed, list) or not parsed or not all(isinstance(post, dict) for post in parsed):
        raise RenderError(template, 0, "its output is not a list of posts, each an object")
    return tuple(parsed)


def fill(pattern: str, **values: object) -> Markup:
    """A phrase with its places filled by markup ({name} in a <bdi>); everything else is escaped."""
    return Markup(filled(str(escape(pattern)), {name: str(escape(value)) for name, value in values.items()}))  # noqa: S704


def columns(cells: Sequence[str], widths: Sequence[int]) -> str:
    """One line of a text table: positive widths align left, negative ones right; U+2068 and U+2069 take no room."""
    parts = [_padded(plain(cell), width) for cell, width in zip(cells, widths, strict=True)]
    return "".join(parts).rstrip()


def tidy(text: str) -> str:
    """Single blank lines, no blanks at line ends, one newline at the end."""
    lines = "\n".join(line.rstrip() for line in plain(text).strip("\n").splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines) + "\n"


def _padded(cell: str, width: int) -> str:
    room = abs(width) - len(cell) + sum(cell.count(mark) for mark in "\u2068\u2069")
    return cell + " " * room if width > 0 else " " * room + cell


def _or_empty(function: Any) -> Any:
    return lambda name, *rest: function(name or "", *rest)


def _csv_names(files: Iterable[Attachment]) -> tuple[str, ...]:
    return tuple(clean(f.name) for f in files if f.media_type.startswith("text/csv"))


def _within(template: str, text: str, limit: int) -> None:
    size = len(text.encode())
    if size > limit:
        raise RenderError(template, 0, f"its output has {size} bytes, past the limit of {limit}, even when shortened")


def _shallow(template: str, html: str) -> str:
    """Raises RenderError for elements nested past NESTING_LIMIT."""
    if deepest(html) > NESTING_LIMIT:
        raise RenderError(template, 0, f"more than {NESTING_LIMIT} elements are nested or not closed")
    return html


def _place(trace: TracebackType | None, name: str) -> tuple[str, int]:
    """The innermost frame that is a template's: jinja gives those their template's name and line."""
    place, line = name, 0
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.endswith(".j2"):
            place, line = file, trace.tb_lineno
        trace = trace.tb_next
    return place, line


def _joined(pieces: Iterable[str]) -> str:
    """Raises TemplateExceeds as soon as the pieces are longer than any message that could still be shortened."""
    kept, room = [], OUTPUT_LIMIT
    for piece in pieces:
        room -= len(piece)
        if room < 0:
            raise TemplateExceeds(f"its output has more than {OUTPUT_LIMIT} characters, past the limit of any message")
        kept.append(piece)
    return "".join(kept)


def _problem(error: Exception) -> str:
    """Its own words in one short line."""
    if isinstance(error, RecursionError):
        return "it calls itself without an end, or is nested too deeply"
    if isinstance(error, MemoryError):
        return f"it takes more memory than {MEMORY // 1024**2} MB"
    words = error.args[-1] if isinstance(error, ArithmeticError) and error.args else str(error)
    return clean(words if isinstance(words, str) else "", PROBLEM_LIMIT) or type(error).__name__


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is not JSON")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made: dict[str, object] = {}
    for key, value in pairs:
        if key in made:
            raise ValueError(f"the key {clean(key)!r} stands twice in one object")
        made[key] = value
    return made
