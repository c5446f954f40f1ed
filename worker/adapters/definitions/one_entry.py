"""One entry that did not come from a file, checked as the entries of `to:` are."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from worker.adapters.definitions.entries import Fallback, entries
from worker.adapters.definitions.items import LoadContext
from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.languages import warn_without_words
from worker.adapters.definitions.model import DigestShape
from worker.adapters.definitions.place import Document, Findings, Path, Sheet, Spot
from worker.adapters.definitions.project import Project
from worker.adapters.definitions.readers_of_project import refusal, refusal_by_default
from worker.domain.quiet import EVERY_DAY
from worker.domain.schedule import Bundle, Collect, Schedule
from worker.errors import Complaint, RequestError
from worker.ports import CheckedEntry

T = TypeVar("T")


def checked_entry(kinds: Registry, bundle: Bundle, schedule: Schedule, written: Mapping[str, Any]) -> CheckedEntry:
    """The entry that these keys of `to:` make in a deployed schedule. Raises RequestError with every complaint."""
    value = {"to": [dict(written)]}
    paths: list[Path] = [("to",), ("to", 0), *(("to", 0, key) for key in written)]
    spots = dict.fromkeys(paths, Spot((1, 1)))
    sheet = Sheet(Document("", value, spots), Findings())
    names = frozenset(bundle.channels)
    project = Project(bundle.project, {}, bundle.channels, bundle.defaults, channel_names=names)
    context = LoadContext(sheet, kinds, project, schedule.trigger.zone)
    made = entries(context, value["to"], _below(kinds, bundle, schedule)).readers
    warn_without_words([sheet], bundle.languages)
    complaints = _sentences(sheet.findings.complaints)
    if made and made[0].address is not None and not complaints:
        refused = refusal if bundle.allow_written else refusal_by_default
        wrong = refused(bundle.allow, made[0].channel, made[0].address)
        complaints = ["; ".join(wrong)] if wrong is not None else []
    for key, found in (("address", len(made) > 1), ("cc", any(one.cc for one in made))):
        if found and not complaints:
            complaints = [f"`{key}` with several readers in one subscription; make a subscription for each address"]
    if complaints or not made:
        raise RequestError("\n".join(complaints))
    return CheckedEntry(made[0], tuple(_sentences(sheet.findings.warnings)))


def _sentences(found: Iterable[Complaint]) -> list[str]:
    """Without the place, because the entry is in no file."""
    return [f"{one.found}; {one.expected}" for one in sorted(set(found))]


def _below(kinds: Registry, bundle: Bundle, schedule: Schedule) -> Fallback:
    """A bundle contains complete entries, so only this part of `digest` and `defaults` is still known."""
    specs = [kinds.connections[bundle.connections[q.source].type].queries[q.query] for q in schedule.report]
    return Fallback(
        DigestShape(
            template=schedule.template, collect=_common({entry.collect for entry in schedule.to}) or Collect.NONE
        ),
        bundle.defaults.locale,
        schedule.trigger.zone,
        frozenset(query.id for query in schedule.report),
        any(spec.lists_opportunities for spec in specs),
        _common({entry.quiet_hours for entry in schedule.to}),
        _common({entry.days for entry in schedule.to}) or EVERY_DAY,
    )


def _common(known: set[T]) -> T | None:
    """The values that all entries of the definition share, as if they came from `digest` or `defaults`."""
    return next(iter(known)) if len(known) == 1 else None
