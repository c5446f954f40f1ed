"""Describes what templates see as a page of the reference, read from the classes, their types and their docstrings."""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cached_property
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from worker import shipped
from worker.domain.alert.notification import Notification
from worker.domain.digest.model import Digest
from worker.domain.notice import Notice
from worker.entry.reference_fields import FIELDS
from worker.rendering import samples
from worker.rendering.alert import AlertPage
from worker.rendering.brand import BrandView
from worker.rendering.notice_page import NoticePage
from worker.rendering.page import Cut, Page
from worker.rendering.template_lint import block_notes
from worker.rendering.template_paths import shipped_paths
from worker.rendering.templates import FILTERS
from worker.rendering.wording import Wording
from worker.vocabulary import VOCABULARY

Table = Callable[[Sequence[str], Iterable[Sequence[str]]], str]
SEEN = (
    ("digest", "[Digest](#digest)", "the content of a digest"),
    ("notice", "[Notice](#notice)", "the content of a notice to the operator"),
    ("notification", "[Notification](#notification)", "the content of a message about alerts"),
    (
        "page",
        "[page](#page)",
        "the same in the reader's words; [another](#page-of-a-notice) in a notice and [for alerts](#page-of-alerts)",
    ),
    ("w", "[w](#w)", "words, numbers, money and dates in the reader's language and zone"),
    ("brand", "[BrandView](#brandview)", "what `brand` of funnelbeat.yaml says; its fields are empty without it"),
    ("attached", "list of text", "names of attached files; not in a notice"),
    ("reader", "text", "stands where the channel writes the reader's address"),
    ("preferences", "text", "stands where the channel writes the address of the reader's page; empty if there is none"),
)
_PLAIN = {str: "text", int: "number", float: "number", bool: "yes or no", datetime: "instant, in UTC", date: "date"}
_SENTENCE = re.compile(r"(?<=\.)\s+(?=[`A-Z(])|;\s+(?=`)")


def page_model(table: Table) -> Iterator[str]:
    """Parts of the page."""
    yield (
        "What the templates of a project see. They are Jinja templates in a sandbox: they read these names, nothing "
        "else of the process. [Templates](../templates.md) says how to write one. In `{% if … %}`, an empty list, an "
        "empty text, `none` and zero count as false: compare a number with `none`."
    )
    yield table(("name", "is", "what it is"), ([_code(name), kind, what] for name, kind, what in SEEN))
    yield f"## Filters\n\nBesides Jinja's own, without `random` and `lipsum`.\n\n{table(*_filters())}"
    yield "## Blocks\n\nA template that extends one of these replaces what it names, and prints the rest."
    for path in shipped_paths():
        notes = block_notes((shipped.folder_of("templates") / path).read_text("utf-8"))
        if notes:
            rows = ([_code(name), note] for name, note in notes.items())
            yield f"### `{path}`\n\n{table(('block', 'what it prints'), rows)}"
    yield _members("page", "A digest in the reader's words.", page_members(), table)
    yield _members("w", "Words and numbers.", wording_members(), table)
    yield _members("page of a notice", "A notice in the operator's words.", notice_members(), table)
    yield _members("page of alerts", "Alerts in the reader's words.", alert_members(), table)
    for kind in classes():
        yield _class(kind, table)


def _filters() -> tuple[Sequence[str], Iterable[Sequence[str]]]:
    return ("filter", "what it does"), ([_code(name), _whole(what)] for name, what in FILTERS.items())


Member = tuple[Any, str, str]
"""A function, how it is called behind its name, and its docstring."""


def page_members() -> dict[str, Member]:
    """Of a digest's page."""
    page = Page(samples.digests()["normal"], _wording(), Cut(), (), VOCABULARY)
    found = {}
    for name, member in vars(Page).items():
        if not name.startswith("_"):
            found[name] = _member(_of_part(page, member))
    return {
        **found,
        "digest": (Digest, "", "What templates print of the digest: long ones are cut."),
        "w": _W,
        "cut": _CUT,
    }


def _of_part(page: Page, member: Any) -> Any:
    """The member that a name of the page comes from; the page's own member if it has one."""
    if not (isinstance(member, property) and isinstance(member.fget, attrgetter)):
        return member
    part, attribute = str(member.fget.__reduce__()[1][0]).split(".")
    return inspect.getattr_static(type(getattr(page, part)), attribute)


_W: Member = (Wording, "", "As the name `w`.")
_CUT: Member = (Cut, "", "How much of a long digest is printed.")


def wording_members() -> dict[str, Member]:
    w = _wording()
    own = {name: getattr(w, name) for name in vars(w) if callable(getattr(w, name))}
    own |= {name: member for name, member in vars(Wording).items() if not name.startswith("_")}
    found = {name: _member(member) for name, member in own.items()}
    return {
        "language": (str, "", "The code of the language that words are in: en, de, or one of the project's own."),
        **found,
    }


def notice_members() -> dict[str, Member]:
    return {name: _member(member) for name, member in vars(NoticePage).items() if not name.startswith("_")}


def alert_members() -> dict[str, Member]:
    found = {name: _member(member) for name, member in vars(AlertPage).items() if not name.startswith("_")}
    return {**found, "notification": (Notification, "", "As the name `notification`.")}


def _wording() -> Wording:
    return Wording("en_GB", "Europe/Berlin", 2026, VOCABULARY.words)


def _member(member: Any) -> Member:
    if isinstance(member, property):
        return member.fget, "", _whole(member.__doc__)
    if isinstance(member, cached_property):
        return member.func, "", _whole(member.__doc__)
    function = getattr(member, "__func__", member)
    names = [str(one).partition(":")[0].partition("=")[0] + _default(one) for one in _parameters(function)]
    return function, f"({', '.join(names)})", _whole(function.__doc__)


def _parameters(function: Any) -> list[inspect.Parameter]:
    return [one for one in inspect.signature(function).parameters.values() if one.name != "self"]


def _default(parameter: inspect.Parameter) -> str:
    return "" if parameter.default is inspect.Parameter.empty else f"={parameter.default}".lower()


def _members(title: str, opening: str, members: Mapping[str, Member], table: Table) -> str:
    rows = [
        [_code(f"{title.partition(' ')[0]}.{name}{called}"), _worded(_returned(kind)), what]
        for name, (kind, called, what) in sorted(members.items())
    ]
    return f"## {title}\n\n{opening}\n\n{table(('name', 'is', 'what it is'), rows)}"


def _returned(kind: Any) -> Any:
    return kind if isinstance(kind, type) else get_type_hints(kind).get("return", str)


def classes() -> list[type]:
    """Every class of our own that a template can get to, by name."""
    found: dict[str, type] = {}
    pages = (page_members(), wording_members(), notice_members(), alert_members())
    members = [member for page in pages for member in page.values()]
    waiting: list[Any] = [BrandView, Digest, Notice, Notification, *(_returned(kind) for kind, _, _ in members)]
    while waiting:
        kind = waiting.pop()
        waiting += get_args(kind)
        if isinstance(kind, type) and _is_ours(kind) and kind.__name__ not in found:
            found[kind.__name__] = kind
            waiting += [_returned(one) for one in _derived(kind).values()]
            waiting += get_type_hints(kind).values() if is_dataclass(kind) else []
    return [found[name] for name in sorted(found)]


def _is_ours(kind: type) -> bool:
    return kind.__module__.startswith("worker.") and (is_dataclass(kind) or issubclass(kind, Enum))


def class_fields(kind: type) -> dict[str, tuple[Any, str]]:
    """Field → its type, and the sentences of the class's docstring that name it, else what its name always means;
    then what is derived from fields.
    """
    if not is_dataclass(kind):
        return {}
    hints, sentences = get_type_hints(kind), _SENTENCE.split(_whole(kind.__doc__))
    told = {}
    for one in fields(kind):
        own = " ".join(line.rstrip(";") for line in sentences if f"`{one.name}`" in line)
        told[one.name] = hints[one.name], own or FIELDS.get(one.name, "")
    return told | {
        name: (_returned(one), _whole(one.__doc__) or FIELDS.get(name, "")) for name, one in _derived(kind).items()
    }


def _derived(kind: type) -> dict[str, Any]:
    found = {name: one.fget for name, one in vars(kind).items() if isinstance(one, property) and one.fget}
    return {name: one for name, one in found.items() if is_dataclass(kind) and not name.startswith("_")}


def _class(kind: type, table: Table) -> str:
    if issubclass(kind, Enum):
        return f"## {kind.__name__}\n\n{_whole(kind.__doc__)}\n\nOne of {', '.join(_code(one.value) for one in kind)}."
    rows = [[_code(name), _worded(hint), what] for name, (hint, what) in class_fields(kind).items()]
    return f"## {kind.__name__}\n\n{_whole(kind.__doc__)}\n\n{table(('field', 'is', 'what it is'), rows)}"


def _worded(kind: Any) -> str:
    """A type in words, with links to our own classes."""
    arguments, origin = get_args(kind), get_origin(kind)
    if kind in _PLAIN:
        return _PLAIN[kind]
    if origin in {Union, UnionType}:
        return " or ".join(dict.fromkeys("`none`" if one is NoneType else _worded(one) for one in arguments))
    if origin is tuple and arguments[-1] is not Ellipsis:
        return f"({', '.join(map(_worded, arguments))})"
    if arguments:
        return f"list of {_worded(arguments[0])}"
    if isinstance(kind, type) and _is_ours(kind):
        return f"[{kind.__name__}](#{kind.__name__.lower()})"
    return getattr(kind, "__name__", str(kind)).lower()


def _whole(text: str | None) -> str:
    return " ".join((text or "").split())


def _code(text: str) -> str:
    return f"`{text}`"
