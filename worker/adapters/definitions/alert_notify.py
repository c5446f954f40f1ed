"""`notify:` of a rule: ids of entries, or whole entries of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from worker.adapters.definitions.alert_forms import Target
from worker.adapters.definitions.entries import Fallback, entry
from worker.adapters.definitions.items import LoadContext
from worker.adapters.definitions.place import Path
from worker.adapters.definitions.words import advice, described
from worker.domain.alert.rule import Form
from worker.domain.schedule import Subscription

_NO_DIGEST = ("send", "attach", "skip_if_empty")


@dataclass(slots=True)
class NotifyEntries:
    """The entries that rules name: those of `to`, and their own. `broken`: some of `to` could not be read. `named`: ids
    of entries by the `id` of one with several addresses.
    """

    to: Mapping[str, Subscription]
    broken: bool
    named: dict[str, tuple[str, ...]] = field(default_factory=dict)
    own: dict[str, Subscription] = field(default_factory=dict)

    def get(self, entry_id: str) -> Subscription | None:
        return self.to.get(entry_id) or self.own.get(entry_id)

    def ids(self, written: str) -> tuple[str, ...]:
        """Of the entry that `written` names, one for each of its addresses; none if there is no such entry."""
        return (str(written),) if self.get(written) is not None else self.named.get(written, ())


def notify(context: LoadContext, path: Path, value: Any, below: Fallback, known: NotifyEntries) -> tuple[str, ...]:
    """Ids of entries; empty if all of `to` are notified. Whole entries are added to `known`."""
    if value is None:
        return ()
    values = value if isinstance(value, list) else [value]
    if not values:
        context.sheet.complain(path, "`notify` with nobody", "name an entry, or leave it out: all of `to` are notified")
    places = [(*path, index) if isinstance(value, list) else path for index in range(len(values))]
    ids = [_one(context, at, one, below, known) for at, one in zip(places, values, strict=True)]
    return tuple(dict.fromkeys(one for several in ids for one in several))


def check_reached(context: LoadContext, path: Path, named: Sequence[str], target: Target, known: NotifyEntries) -> None:
    """The rule must be able to notify somebody. A subject without an owner reaches only readers who see everything."""
    told = [entry for name in named if (entry := known.get(name))] if named else list(known.to.values())
    if not told:
        if not known.broken and not named:
            expected = "write `notify:` with an entry, or `to:`"
            context.sheet.complain(path, "an alert that notifies nobody: there is no entry in `to`", expected)
        return
    each = next((entry for entry in told if entry.each), None)
    if each is not None and named and not target.deals:
        found = f"`notify` with `{each.id}`, one reader for each owner, while `{target.query}` lists no deals"
        context.sheet.complain((*path, "notify"), found, "name another entry: its rows have no owner")
    elif (target.form is Form.QUERY or not target.deals) and all(map(_sees_rows_only, told)):
        found = f"an alert that notifies nobody: it is about all of `{target.query}`, and its readers see some rows"
        context.sheet.complain(path, found, "write `team_totals: true` at an entry, or notify another")


def _sees_rows_only(entry: Subscription) -> bool:
    return bool(entry.each or entry.rows) and not entry.team_totals


def _one(context: LoadContext, path: Path, value: Any, below: Fallback, known: NotifyEntries) -> tuple[str, ...]:
    sheet = context.sheet
    if isinstance(value, str):
        ids = known.ids(value)
        if not ids and not known.broken:
            found = f"`notify` with {described(value)}, which is no entry"
            entries = [] if "@" in value else [*known.to, *known.own, *known.named]
            itself = f"{{channel: email, address: {value if '@' in value else 'name@example.com'}}}"
            sheet.complain(path, found, advice(value, entries, f"write the entry itself, as {itself}"))
        return ids
    before = sheet.count
    made = entry(context, path, value, below)
    for name in _NO_DIGEST if isinstance(value, dict) else ():
        if name in value:
            found = f"`{name}` in `notify`, whose entries get no digest"
            sheet.complain((*path, name), found, "leave it out", key=True)
    if not made or sheet.count > before:
        return ()
    for one in made:
        other = known.get(one.id)
        if other is not None and (one.id in known.to or other != one):
            found = f"the entry id `{one.id}`, which another entry has"
            sheet.complain(path, found, f"write `notify: {one.id}`, or give this entry an `id` of its own")
            return ()
    known.own.update({one.id: one for one in made})
    if len(made) > 1 and "id" in value:
        known.named.setdefault(str(value["id"]), tuple(one.id for one in made))
    return tuple(one.id for one in made)
