"""Digest → text, by Jinja templates: sandboxed, undefined names are errors, HTML is escaped.

A template sees `digest` (domain.digest.Digest), `w` (wording.Wording), `page` (page.Page: the computed headline, rows
and bars), `attached` (names of attached files) and `reader`, the token that a channel replaces with the address.
For a notice to the operator it sees `notice` (domain.notice.Notice), `w`, `page` (notice_page.NoticePage) and `reader`;
for alerts `notification` (domain.alert.notification.Notification), `w`, `page` (alert.AlertPage), `attached`, `reader`.
`brand` (brand.BrandView) is the brand in funnelbeat.yaml.
`answers`: whether buttons are handled. `answer_link`: a token for the address of the reader's own page of alerts, or
empty.
`run_page` and `moves_file`: addresses of a digest's run in the console, or empty.
The channel decides which templates a message needs. A project's own templates replace the built-in ones by path.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType
from typing import Any

from jinja2 import TemplateNotFound, TemplateSyntaxError
from jinja2.loaders import FunctionLoader, split_template_path
from markupsafe import Markup, escape

from worker.domain.alert.notification import Notification
from worker.domain.brand import NO_BRAND, Brand
from worker.domain.delivery import READER, READER_ALERTS, READER_LINK, Attachment
from worker.domain.notice import Notice
from worker.domain.schedule import Subscription, Thread
from worker.errors import RenderError
from worker.ports.channels import RenderRequest
from worker.rendering.alert import ALERT_CUTS, AlertPage
from worker.rendering.brand import view_of
from worker.rendering.html_nesting import deepest
from worker.rendering.inline_css import inline
from worker.rendering.notice_page import NoticePage
from worker.rendering.numbers import NBSP
from worker.rendering.page import CUTS, Page
from worker.rendering.phrases import filled
from worker.rendering.template_bounds import MEMORY, TemplateExceeds, bounded
from worker.rendering.template_lint import SHIPPED, source_of
from worker.rendering.template_sandbox import TemplateSandbox
from worker.rendering.text_table import columns
from worker.rendering.vocabulary import NO_SERVICES, Vocabulary
from worker.rendering.wording import Wording
from worker.rendering.writer import line_of, writer
from worker.sanitize import clean, isolate, plain

OUTPUT_LIMIT = 5_000_000
"""Characters that a template may write. HTML becomes shorter when styles are inlined and when the digest is
shortened.
"""

OWN, TEAM = "own", "team"
"""The prefixes of the keys of words that address the owner of the deals, and the manager of their owners: "own.newly"
and "team.newly" for "newly".
"""

PROBLEM_LIMIT = 300
_MISSING = re.compile(r"'(?:\w+\.)+(\w+) object' has no attribute '(\w+)'")
NESTING_LIMIT = 1_000


def environment(builtin: Path, overrides: Mapping[str, str]) -> TemplateSandbox:
    """`overrides`: template source by path below templates/; everything else is read from the folder `builtin`."""

    def load(name: str) -> tuple[str, str, None]:
        if name in overrides and not name.startswith(SHIPPED):
            return overrides[name], name, None
        try:
            return builtin.joinpath(*split_template_path(name.removeprefix(SHIPPED))).read_text("utf-8"), name, None
        except OSError as error:
            raise TemplateNotFound(name) from error

    env = TemplateSandbox(FunctionLoader(load))
    ours = {"clean": _or_empty(clean), "isolate": _or_empty(isolate), "plain": plain, "fill": fill, "columns": columns}
    env.add({**ours, "breaks": breaks})
    return env


@dataclass(frozen=True, slots=True)
class JinjaPage:
    """ports.TemplatePage: the folder of its templates, and what they see by name."""

    env: TemplateSandbox
    folder: str
    values: Mapping[str, object]
    marks: Mapping[str, object]

    def fill(self, name: str) -> str:
        path = f"{self.folder}/{name}"
        try:
            with bounded():
                return _joined(self._pieces(path))
        except TemplateNotFound as error:
            raise RenderError(path, 0, f"there is no template {clean(str(error.name or path))}") from error
        except TemplateSyntaxError as error:
            raise RenderError(error.name or path, error.lineno, _problem(error)) from error
        except Exception as error:
            place, line = _place(error.__traceback__, path)
            raise RenderError(place, line, self._missing(error) or _problem(error)) from error

    def _missing(self, error: Exception) -> str:
        """The sentence for a name that does not exist in the template's context; "" for another error."""
        found = _MISSING.fullmatch(str(error))
        if found is None:
            return ""
        kind, name = found.groups()
        if kind == "TemplateModule":
            return f"the template that it imports has no macro {name!r}"
        known = next((dir(value) for value in self.values.values() if type(value).__name__ == kind), [])
        nearest = get_close_matches(name, [one for one in known if not one.startswith("_")], n=1)
        advice = f"did you mean {nearest[0]!r}?" if nearest else "docs/reference/page.md names what it has"
        return f"{kind} has no {name!r} ({advice})"

    def place(self, name: str, offset: int) -> tuple[str, int]:
        path, length = f"{self.folder}/{name}", 0
        with bounded():
            pieces = self._pieces(path)
            for piece in pieces:
                if length + len(piece) > offset:
                    place, line = writer(pieces) or (path, 0)
                    return place, line_of(source_of(self.env, place), line, piece, offset - length)
                length += len(piece)
        return path, 0

    def _pieces(self, path: str) -> Iterator[str]:
        return self.env.get_template(path).generate(**self.values, **self.marks)


class JinjaTemplates:
    """ports.Templates. `builtin`: the templates folder of this version; `overrides`: the bundle's own templates;
    `vocabulary`: the services' words and names; `languages`: the project's own words, language → key → text; `brand`:
    the name above a message.
    """

    def __init__(
        self,
        builtin: Path,
        overrides: Mapping[str, str] | None = None,
        vocabulary: Vocabulary = NO_SERVICES,
        languages: Mapping[str, Mapping[str, str]] | None = None,
        brand: Brand = NO_BRAND,
    ) -> None:
        self._vocabulary = vocabulary
        self._brand = view_of(brand)
        self._languages = languages or {}
        self._env = environment(builtin, overrides or {})

    def pages(self, request: RenderRequest) -> Iterator[JinjaPage]:
        marks: dict[str, object] = {
            "reader": READER,
            "preferences": READER_LINK if request.linked else "",
            "answers": request.answers,
            "brand": self._brand,
            "run_page": request.run_page,
            "moves_file": request.moves_file,
            "answer_link": READER_ALERTS if request.linked and isinstance(request.digest, Notification) else "",
        }
        for values in self._values(request):
            yield JinjaPage(self._env, request.entry.template, values, marks)

    def _values(self, request: RenderRequest) -> Iterator[Mapping[str, object]]:
        """What templates see by name: first the longest form, then shorter ones."""
        content, attached = request.digest, [clean(file.name) for file in request.files]
        if isinstance(content, Notice):
            w = self._wording(request.entry, content.run.slot.year)
            yield {"notice": content, "w": w, "page": NoticePage(content, w)}
            return
        w, csv = self._wording(request.entry, content.slot.year), _csv_names(request.files)
        if isinstance(content, Notification):
            for shown in ALERT_CUTS:
                told = AlertPage(content, w, shown, bool(csv), self._vocabulary)
                yield {"notification": content, "w": w, "page": told, "attached": attached}
            return
        w = w.said_of(OWN if content.own else TEAM if content.team else "")
        series = request.entry.thread is Thread.SERIES
        for cut in CUTS:
            page = Page(content, w, cut, csv, self._vocabulary, series=series)
            yield {"digest": page.digest, "w": w, "page": page, "attached": attached}

    def _wording(self, entry: Subscription, year: int) -> Wording:
        """Raises RenderError."""
        try:
            return Wording(entry.locale, entry.zone, year, self._vocabulary.words, self._languages)
        except ValueError as error:
            raise RenderError(f"{entry.template}/", 0, str(error)) from error


def fill(pattern: str, **values: object) -> Markup:
    """A phrase with its placeholders filled by markup ({name} in a <bdi>); everything else is escaped."""
    return Markup(filled(str(escape(pattern)), {name: str(escape(value)) for name, value in values.items()}))  # noqa: S704


def breaks(text: str) -> Markup:
    """A host or a path may break behind its dots and slashes, so that no line breaks inside a word that fits. A dot
    between two digits belongs to a number, which does not break. No line begins with the dot that separates two parts.
    """
    held = str(escape(text)).replace(" · ", f"{NBSP}· ")
    return Markup(re.sub(r"(/(?=\w)|(?<!\d)\.(?=\w)|\.(?=[^\W\d]))", r"\1<wbr>", held))  # noqa: S704


FILTERS = {
    name: function.__doc__ or ""
    for name, function in {
        "clean": clean,
        "isolate": isolate,
        "plain": plain,
        "fill": fill,
        "columns": columns,
        "breaks": breaks,
    }.items()
}
"""Our own filters, each with its description."""


def tidy(text: str) -> str:
    """Single blank lines, no blanks at the end of a line, one newline at the end."""
    lines = "\n".join(line.rstrip() for line in plain(text).strip("\n").splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines) + "\n"


def styled(template: str, html: str) -> str:
    """HTML with its style sheet inlined into its elements. Raises RenderError for elements nested past
    NESTING_LIMIT.
    """
    if deepest(html) > NESTING_LIMIT:
        raise RenderError(template, 0, f"more than {NESTING_LIMIT} elements are nested or not closed")
    return inline(html)


def _or_empty(function: Any) -> Any:
    return lambda name, *rest: function(name or "", *rest)


def _csv_names(files: Iterable[Attachment]) -> tuple[str, ...]:
    return tuple(clean(f.name) for f in files if f.media_type.startswith("text/csv"))


def _place(trace: TracebackType | None, name: str) -> tuple[str, int]:
    """The innermost frame of a template: Jinja gives these frames the template's name and line."""
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
    """The error's own message in one short line."""
    if isinstance(error, RecursionError):
        return "it calls itself without an end, or is nested too deeply"
    if isinstance(error, MemoryError):
        return f"it takes more memory than {MEMORY // 1024**2} MB"
    words = error.args[-1] if isinstance(error, ArithmeticError) and error.args else str(error)
    return clean(words if isinstance(words, str) else "", PROBLEM_LIMIT) or type(error).__name__
