"""Reads one file below schedules/."""

from datetime import datetime

from worker.adapters.definitions.alert_notify import NotifyEntries
from worker.adapters.definitions.alerts import alerts
from worker.adapters.definitions.entries import entries, fallback
from worker.adapters.definitions.files import ID
from worker.adapters.definitions.items import LoadContext, Report, report
from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.model import DigestShape, ScheduleShape
from worker.adapters.definitions.place import Path, Sheet, parsed
from worker.adapters.definitions.project import Project
from worker.adapters.definitions.readers_of_project import refusal
from worker.adapters.definitions.retention import retention
from worker.adapters.definitions.shapes import read
from worker.adapters.definitions.tags import owner, tags
from worker.adapters.definitions.times import one_line
from worker.adapters.definitions.when import When, when
from worker.adapters.definitions.words import advice, described
from worker.domain.address import same
from worker.domain.schedule import CatchUp, Collect, Follow, Query, Schedule, Send, Subscription
from worker.domain.time.window import SINCE_PREVIOUS

_SLICES = ("_limit", "_skip")


def schedule(sheet: Sheet, schedule_id: str, project: Project, kinds: Registry) -> Schedule | None:
    """None after a complaint."""
    before = sheet.count
    shaped = read(ScheduleShape, sheet.document.value, sheet, ()).piece
    if shaped is None:
        _pieces_of_a_broken_one(sheet, project, kinds)
        return None
    timed = when(sheet, shaped.when, project, shaped, kinds)
    context = LoadContext(sheet, kinds, project, timed.zone)
    asked = report(context, shaped.report)
    digest = read(DigestShape, shaped.digest, sheet, ("digest",)).piece or DigestShape()
    below = fallback(context, digest, asked)
    made = entries(context, shaped.to, below)
    to = made.readers
    known = NotifyEntries({one.id: one for one in to}, broken=made.broken, named=dict(made.named))
    alerted = alerts(context, shaped.alerts, shaped.inhibit, asked, known, below)
    _check_on_alert(sheet, digest, to, has_alerts=bool(shaped.alerts))
    _check_bridge(sheet, digest.bridge, asked)
    _check_key(sheet, digest.key, digest.bridge, asked)
    _check_catch_up(sheet, timed.catch_up, asked)
    _check_slots(sheet, timed, asked)
    _check_collect(sheet, timed.catch_up, to)
    name = parsed(sheet, ("name",), shaped.name, one_line, schedule_id)
    previously = _previously(sheet, shaped.previously, schedule_id)
    kept, owned, tagged = retention(sheet, shaped.retention), owner(sheet, shaped.owner), tags(sheet, shaped.tags)
    if sheet.count > before or timed.trigger is None:
        return None
    if not (to or alerted.rules):
        sheet.warn(("to",), "nobody in `to`", "write an entry, or nobody is sent what this schedule finds", key=True)
    return Schedule(
        id=schedule_id,
        name=name,
        trigger=timed.trigger,
        report=tuple(asked.items.values()),
        to=to,
        bridge=digest.bridge or None,
        key=digest.key or None,
        template=digest.template or project.for_entries.template,
        catch_up=timed.catch_up,
        grace=timed.grace,
        within=timed.within,
        spread=timed.spread,
        paused=shaped.paused,
        previously=previously,
        retention=kept,
        event=timed.event,
        alerts=alerted.rules,
        inhibit=alerted.inhibit,
        notify=alerted.notify,
        owner=owned,
        tags=tagged,
    )


def _check_on_alert(sheet: Sheet, digest: DigestShape, to: tuple[Subscription, ...], *, has_alerts: bool) -> None:
    """A digest that waits for alerts would never be sent without them."""
    waits = digest.send is Send.ON_ALERT or any(one.send is Send.ON_ALERT for one in to)
    if not waits or has_alerts:
        return
    written = [("digest", "send"), *(("to", index, "send") for index in range(len(to)))]
    at = next((path for path in written if sheet.document.get(path) == Send.ON_ALERT), ("to",))
    sheet.complain(at, "`send: on_alert` in a schedule without `alerts`", "write `alerts:`, or always or on_change")


def _previously(sheet: Sheet, text: str, schedule_id: str) -> str | None:
    if not text:
        return None
    path = ("previously",)
    if not ID.fullmatch(text):
        expected = "write the id that it had: the path below schedules/ without the suffix"
        sheet.complain(path, f"`previously` with {described(text)}, which can be no id", expected)
    elif text == schedule_id:
        sheet.complain(path, "`previously` with the schedule's own id", "leave it out", key=True)
    return text


def check_renames(schedules: dict[str, Schedule], sheets: dict[str, Sheet]) -> None:
    """A history has one successor, and only if the old id is no longer a schedule."""
    heirs: dict[str, str] = {}
    for name, one in schedules.items():
        before, sheet = one.previously, sheets[name]
        if before is None:
            continue
        if before in sheets:
            found = f"`previously: {before}`, while there is a schedule `{before}`"
            sheet.complain(("previously",), found, f"remove {sheets[before].document.path}, or leave the key out")
        elif before in heirs:
            found = f"`previously: {before}`, which {sheets[heirs[before]].document.path} says as well"
            sheet.complain(("previously",), found, "keep it in one of the two")
        heirs.setdefault(before, name)


def warn_of_ends(schedules: dict[str, Schedule], sheets: dict[str, Sheet], now: datetime) -> None:
    """A schedule that has ended is deployed anyway: its runs and baselines stay."""
    for name, one in schedules.items():
        end = one.trigger.end
        if end is not None and end <= now:
            found = f"`end`, which has passed: {name} never fires again"
            sheets[name].warn(("end",), found, "write a later one, leave it out, or remove the file")


def check_allowed(schedules: dict[str, Schedule], sheets: dict[str, Sheet], allow: tuple[str, ...]) -> None:
    """`allow`: as written in `subscriptions`; without it every address of a definition passes."""
    for name, one in schedules.items() if allow else ():
        for entry in one.entries:
            named = (("address", entry.address), ("unassigned", entry.unassigned), *(("cc", copy) for copy in entry.cc))
            for key, address in named:
                wrong = refusal(allow, entry.channel, address) if address else None
                if wrong is not None:
                    sheets[name].complain(_place(sheets[name], key, address or ""), *wrong)


def _place(sheet: Sheet, key: str, address: str) -> Path:
    """Where an entry of `to`, or one that a rule brings along, has this address: alone or in a list."""
    for path in sheet.document.spots:
        if path[:1] in {("to",), ("alerts",)} and key in path[-2:]:
            written = sheet.document.get(path)
            if isinstance(written, str) and same(written.strip(), address):
                return path
    return ("to",)


def _pieces_of_a_broken_one(sheet: Sheet, project: Project, kinds: Registry) -> None:
    """`when` or `report` is missing or has the wrong shape. The other pieces are still checked."""
    value = sheet.document.value
    if not isinstance(value, dict):
        return
    timed = When(project.defaults.timezone)
    if isinstance(value.get("when"), dict):
        timed = when(sheet, value["when"], project, None, kinds)
    if isinstance(value.get("report"), list):
        report(LoadContext(sheet, kinds, project, timed.zone), value["report"])


def _check_bridge(sheet: Sheet, bridge: str, asked: Report) -> None:
    if not bridge:
        return
    path = ("digest", "bridge")
    if bridge not in asked.names:
        found = f"`bridge` with {described(bridge)}, which is no item of `report`"
        sheet.complain(path, found, advice(bridge, asked.names, "write the item first"))
    elif bridge in asked.items:
        of_deals = asked.specs[bridge].lists_opportunities
        _check_population(sheet, asked.names[bridge], asked.items[bridge], of_deals=of_deals)


def _check_key(sheet: Sheet, key: str, bridge: str, asked: Report) -> None:
    """Any item may be the key figure of a digest; a bridge explains the key figure."""
    if not key:
        return
    path = ("digest", "key")
    if key not in asked.names:
        found = f"`key` with {described(key)}, which is no item of `report`"
        sheet.complain(path, found, advice(key, asked.names, "write the item first"))
    elif bridge and bridge != key:
        found = f"`key: {key}` beside `bridge: {bridge}`, which explains the figure at the head"
        sheet.complain(path, found, "keep one of the two")


def _check_population(sheet: Sheet, index: int, item: Query, *, of_deals: bool) -> None:
    """A bridge explains a whole list, so the list must be uncut and followed."""
    if not of_deals:
        found = f"`bridge` with `{item.id}`, which is no list of deals"
        sheet.complain(("digest", "bridge"), found, "name an item whose query lists deals, or leave it out")
        return
    slices = [name for name in _SLICES if name in item.params]
    for name in slices:
        found = f"`{name}` in `{item.id}`, which `digest.bridge` explains"
        expected = "leave it out: a part of a list has no bridge (`show: {limit: …}` cuts only the display)"
        sheet.complain(("report", index, "params", name), found, expected, key=True)
    if item.follow is Follow.NONE and not slices:
        found = f"`{item.id}` with `follow: none`, which `digest.bridge` explains"
        sheet.complain(("report", index, "follow"), found, "write `follow: closed` or `follow: departures`")


def _check_collect(sheet: Sheet, catch_up: CatchUp, to: tuple[Subscription, ...]) -> None:
    """Under `all` every digest is sent by itself; one collected digest stands for all of them."""
    collected = [entry.id for entry in to if entry.collect is not Collect.NONE]
    if catch_up is CatchUp.ALL and collected:
        found = f"`catch_up: all` beside `collect` of `{collected[0]}`"
        sheet.complain(("when", "catch_up"), found, "write latest, or leave `collect` out")


def _check_slots(sheet: Sheet, timed: When, asked: Report) -> None:
    """A schedule that only events fire has no slots of its own, between which such a window would lie."""
    if timed.trigger is None or timed.trigger.kind != "event":
        return
    for name, item in asked.items.items():
        if item.window is not None and item.window.name == SINCE_PREVIOUS:
            found = f"`window: {SINCE_PREVIOUS}` in a schedule that only events fire"
            sheet.complain(("report", asked.names[name], "window"), found, "write another window, or `cron:` too")


def _check_catch_up(sheet: Sheet, catch_up: CatchUp, asked: Report) -> None:
    """For an older slot, only windowed queries can be fetched."""
    whole = len(asked.specs) == len(asked.names)
    if catch_up is CatchUp.ALL and asked.specs and whole and not any(s.windowed for s in asked.specs.values()):
        found = "`catch_up: all` with only queries that read the state of the moment"
        sheet.complain(("when", "catch_up"), found, "write latest or none")
