"""Writes docs/reference from the code: `python -m worker.entry.reference [DIR]`. A test fails for a stale page."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path

from worker.adapters.definitions.alert_model import AlertShape, GroupsShape, InhibitShape
from worker.adapters.definitions.model import (
    CapShape,
    DefaultsShape,
    DigestShape,
    EntryShape,
    HeartbeatShape,
    ItemShape,
    ProjectShape,
    QuietShape,
    ScheduleShape,
    Shape,
    ShowShape,
    WebhookShape,
    WhenShape,
)
from worker.documents.reasons import reasons_document
from worker.domain.snapshot.snapshot import GapReason
from worker.domain.time.window import COMPARE_NAMES, WINDOW_NAMES
from worker.entry.reference_api import api_pages
from worker.entry.reference_commands import commands
from worker.entry.reference_messages import message_schema
from worker.entry.reference_page import page_model
from worker.plugins import CHANNELS, CONNECTIONS, SOURCES
from worker.ports.channels import ChannelKind
from worker.ports.kinds import Option, Param, QuerySpec, SourceKind
from worker.settings import FROM_FILE, NOTES, READ_ELSEWHERE, Settings

MADE = "<!-- Made by `make reference` from the code; edit the code. -->"
PIECES: tuple[tuple[type[Shape], str], ...] = (
    (ProjectShape, "funnelbeat.yaml"),
    (DefaultsShape, "funnelbeat.yaml, below `defaults`"),
    (ScheduleShape, "schedules/*.yaml"),
    (WhenShape, "schedules/*.yaml, below `when`"),
    (ItemShape, "schedules/*.yaml, an item of `report`"),
    (ShowShape, "schedules/*.yaml, below an item's `show`"),
    (DigestShape, "schedules/*.yaml, below `digest`"),
    (EntryShape, "schedules/*.yaml, an entry of `to`"),
    (AlertShape, "schedules/*.yaml, an item of `alerts`"),
    (GroupsShape, "schedules/*.yaml, below `for_each` of an alert, for groups"),
    (InhibitShape, "schedules/*.yaml, an item of `inhibit`"),
    (CapShape, "funnelbeat.yaml, below `cap` of `defaults`"),
    (HeartbeatShape, "funnelbeat.yaml, below `heartbeat_url`"),
    (WebhookShape, "funnelbeat.yaml, a webhook of `webhooks`"),
    (QuietShape, "below `quiet_hours` of `defaults`, `digest` or an entry"),
)
GAPS: dict[GapReason, str] = {
    GapReason.UNAVAILABLE: "The service did not answer in time, broke the connection, or said that it has a fault.",
    GapReason.RATE_LIMITED: "The service asked us to wait longer than the run may last.",
    GapReason.REFUSED: "The service refused our key, our rights or our parameters.",
    GapReason.MALFORMED: "The answer is not what the service's documentation promises.",
    GapReason.INCOMPLETE: "A list could not be read completely: a page is missing, or the list changed meanwhile.",
    GapReason.NOT_KNOWABLE: "The query shows only the present state, and the slot is an older one.",
    GapReason.DEADLINE: "The run's deadline came before the answer.",
}


BAR = r"\|"
"""A bar in a cell, in text or in code."""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', BAR) for cell in line)} |" for line in lines)


def code(text: str) -> str:
    return f"`{text}`" if text else ""


def settings() -> str:
    rows = [[code(f"FUNNELBEAT_{f.name.upper()}"), code(str(f.default)), NOTES[f.name]] for f in fields(Settings)]
    rows += [[code(name), "", note] for name, note in READ_ELSEWHERE.items()]
    files = ", ".join(code(f"FUNNELBEAT_{name.upper()}_FILE") for name in FROM_FILE)
    return _page(
        "Settings",
        "Read once from the environment, when a process starts. Times are seconds; a number is more than 0.",
        table(("variable", "default", "what it says"), rows),
        f"{files} may name a file that holds the address, so that its password stays out of the environment.",
    )


def reasons() -> str:
    return _page(
        "Reasons",
        "One closed list for the ledger, the log, `explain` and these pages.",
        "## Runs and deliveries",
        table(("reason", "means"), ([code(reason), sentence] for reason, sentence in reasons_document().items())),
        "## Gaps",
        "Why a query has no answer in a digest. The digest adds a sentence of its own.",
        table(("reason", "means"), ([code(reason), GAPS[reason]] for reason in GapReason)),
    )


def definitions() -> str:
    parts = [_piece(shape, title) for shape, title in PIECES]
    windows = table(("where", "names"), [
        ["`window`", ", ".join(map(code, WINDOW_NAMES)) + ", `last-<n>d`, or `{start, end}`"],
        ["`compare`", ", ".join(map(code, ("none", *COMPARE_NAMES))) + ", or any window"],
    ])  # fmt: skip
    kinds = [_options(kind, "connection") for kind in CONNECTIONS.values()]
    kinds += [_options(kind, "channel") for kind in CHANNELS]
    opening = "Every key that a definition may have. [Definitions](../definitions.md) explains them with examples."
    return _page("Definition keys", opening, *parts, "## Windows and comparisons", windows, *kinds)


def _piece(shape: type[Shape], title: str) -> str:
    rows = [
        [code(name), "required" if info.is_required() else "", info.description or ""]
        for name, info in shape.keys().items()
    ]
    later = f"\n\nNot in this version yet, and refused by name: {', '.join(map(code, shape.later))}."
    return f"## {title}\n\n{table(('key', '', 'what it says'), rows)}{later if shape.later else ''}"


def _options(kind: SourceKind | ChannelKind, what: str) -> str:
    """The options of one type of connection or channel."""
    groups = {name: group for group in kind.one_of for name in group}
    rows = [
        [
            code(option.name),
            _need(option.name, groups, required=option.required),
            f"{option.note}{' (secret)' if option.secret else ''}".strip(),
        ]
        for option in _each_option(kind.options)
    ]
    body = table(("key", "", "what it says"), rows) if rows else "No further keys."
    return f"## {what}, `type: {kind.type}`\n\n{body}"


def _each_option(options: Iterable[Option]) -> Iterator[Option]:
    """A mapping is followed by the keys below it, as in `bounces.every`."""
    for option in options:
        yield option
        yield from (replace(one, name=f"{option.name}.{one.name}") for one in option.group)


def _need(name: str, groups: dict[str, tuple[str, ...]], *, required: bool) -> str:
    if name in groups:
        return f"exactly one of {', '.join(map(code, groups[name]))}"
    group, below, _ = name.partition(".")
    return f"required{f' with {code(group)}' if below else ''}" if required else ""


def queries() -> str:
    parts = [part for kind in CONNECTIONS.values() for part in _queries(kind)]
    return _page(
        "Queries",
        "What each type of connection offers. Parameters stand under `params:` with the service's own names and are "
        "checked when definitions are loaded, including the rules between them. The answer to a *windowed* query "
        "depends only on its window; a *live* one shows the state when it is read. `follow` and a bridge are for "
        "lists.",
        *parts,
    )


def _queries(kind: SourceKind) -> Iterator[str]:
    twin = next(one for one in CONNECTIONS.values() if one.queries == kind.queries)
    if twin is not kind:
        yield f"## {kind.type}\n\nThe same queries as {twin.type}, answered by a stand-in on this machine."
        return
    for spec in kind.queries.values():
        yield _query(kind, spec)


def _query(kind: SourceKind, spec: QuerySpec) -> str:
    nature = f"{'Windowed' if spec.windowed else 'Live'}{', a list' if spec.lists else ''}."
    summary = spec.summary.rstrip(".")
    rows = [[code(p.name), _kind(p), "required" if p.required else "", p.note] for p in spec.params]
    body = table(("parameter", "kind", "", "what it says"), rows) if rows else "No parameters."
    return f"## {kind.type}: `{spec.name}`\n\n{summary}. {nature}\n\n{body}"


def endpoints() -> str:
    parts: list[str] = []
    for kind in SOURCES:
        lines = [
            ["" if name else f"**{code(endpoint)}**", code(name), use, _test(test)]
            for one in kind.endpoints
            for endpoint, name, use, test in one.rows()
        ]
        parts += [f"## {kind.type.capitalize()}", table(("endpoint", "parameter", "how it is used", "its test"), lines)]
    opening = (
        "Every endpoint and every parameter that the services' pages name for what Funnelbeat reads, the query or the "
        "command that uses it, and its test below `tests/`. Where a service differs from its own pages: "
        "[sources](../sources.md)."
    )
    return _page("Endpoints", opening, *parts)


def _test(node: str) -> str:
    """A node id without the common first part. An id that stops before a parameter stays open."""
    return code(node.removeprefix("tests/") + ("…]" if node.endswith("-") else ""))


def _kind(param: Param) -> str:
    return f"{param.kind}: {', '.join(map(code, param.choices))}" if param.choices else str(param.kind)


def _page(title: str, *parts: str) -> str:
    return "\n\n".join((f"# {title}", MADE, *parts)) + "\n"


def pages() -> dict[str, str]:
    """File name → its content."""
    return {
        "settings.md": settings(),
        "commands.md": _page("Commands", *commands(table)),
        "queries.md": queries(),
        "endpoints.md": endpoints(),
        "http.md": _page("Requests of the HTTP API", *api_pages(table)),
        "reasons.md": reasons(),
        "definitions.md": definitions(),
        "page.md": _page("What templates see", *page_model(table)),
        "message.schema.json": message_schema(),
    }


def write(place: Path) -> None:
    place.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (place / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/reference"))
