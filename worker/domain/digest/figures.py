"""Measures of an answer with their comparison: the facts below the key figure, and lists of figures."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from worker.domain.digest.context import DigestContext
from worker.domain.digest.sections import Figure, FigureSection, KeyFact, KeyMeasure
from worker.domain.schedule import Query
from worker.domain.snapshot.presentation import FactRule
from worker.domain.snapshot.snapshot import Kind, Measure, Snapshot
from worker.domain.time.window import Window


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an answer is compared with. `is_`: "comparison", "baseline" or "" for nothing; `new_period`: the reader was
    last sent figures of another window, which say nothing of how these moved.
    """

    is_: str
    answer: Snapshot | None
    new_period: bool
    window: Window | None


def earlier(context: DigestContext, query: str, now: Snapshot) -> Earlier:
    compared, before = context.compared.get(query), context.before(query)
    new_period = before is not None and not _same_start(before, now)
    if compared is not None:
        return Earlier("comparison", compared, new_period, compared.window)
    if new_period or before is None:
        return Earlier("", None, new_period, None)
    return Earlier("baseline", before, new_period, None)


def figures(context: DigestContext, key: KeyMeasure | None, covered: Collection[str]) -> tuple[FigureSection, ...]:
    """Measures that are shown nowhere else: not the key figure, not the facts, and no measure of a printed table
    (`covered`). A list's own aggregates are shown only if nothing else shows its total: not with the bridge or the
    stalled deals.
    """
    sections = (
        _section(context, item, now, _elsewhere(context, item, key) | set(covered))
        for item in context.schedule.report
        if (now := context.snapshots.get(item.id)) is not None and now.measures and not totalled(context, item, now)
    )
    return tuple(section for section in sections if section.figures)


def facts(context: DigestContext, key: KeyMeasure | None) -> tuple[KeyFact, ...]:
    """Money first, else in the order of the report. If a fact's measure is the key figure, the fact begins with its
    next measure.
    """
    found = (
        fact
        for item in context.schedule.report
        for rule in context.traits[item.id].presentation.facts
        if (fact := _fact(context, item, rule, key)) is not None
    )
    return tuple(sorted(found, key=lambda fact: fact.figure.kind is not Kind.MONEY))


def totalled(context: DigestContext, item: Query, now: Snapshot) -> bool:
    """Whether the bridge or the list of stalled deals shows the query's rows."""
    return now.main is not None and (context.traits[item.id].stalled or item == context.key_item())


def named_figures(now: Snapshot, before: Snapshot | None) -> dict[str, Figure]:
    """By name; of a measure in several currencies the first."""
    found: dict[str, Figure] = {}
    for figure in _pairs(now, before):
        found.setdefault(figure.name, figure)
    return found


def measure_name(key: tuple[str, ...], currency: str | None = None) -> str:
    """A total goes by its own name, any other measure by all the words of its key, with dots between. The code of its
    currency at the end is no part of the name: every amount shows it.
    """
    name = key[1] if len(key) == 2 and key[0] == "total" else ".".join(key)
    return name.removesuffix(f"_{currency.lower()}") if currency else name


def _section(context: DigestContext, item: Query, now: Snapshot, elsewhere: set[str]) -> FigureSection:
    presentation = context.traits[item.id].presentation
    wanted = presentation.figures
    past = earlier(context, item.id, now)
    listed = [figure for figure in _pairs(now, past.answer) if figure.name not in elsewhere]
    if wanted is not None:
        listed = [figure for name in wanted for figure in listed if figure.name == name]
    elif presentation.leading:
        listed = _first(presentation.leading, listed)
    return FigureSection(
        query_id=item.id,
        window=now.window,
        compared=past.window,
        before_is=past.is_,
        new_period=past.new_period,
        figures=tuple(listed),
        other=wanted is not None,
        neutral=presentation.neutral,
    )


def _first(names: Sequence[str], listed: Sequence[Figure]) -> list[Figure]:
    """Those that are named, in their order, and then the others."""
    place = {name: at for at, name in enumerate(names)}
    return sorted(listed, key=lambda figure: place.get(figure.name, len(names)))


def _elsewhere(context: DigestContext, item: Query, key: KeyMeasure | None) -> set[str]:
    found = {name for rule in context.traits[item.id].presentation.facts for name in (rule.measure, *rule.beside)}
    return found | ({key.figure.name} if key is not None and key.query_id == item.id else set())


def _fact(context: DigestContext, item: Query, rule: FactRule, key: KeyMeasure | None) -> KeyFact | None:
    now = context.snapshots.get(item.id)
    if now is None:
        return _missing(context, item, rule)
    past = earlier(context, item.id, now)
    known = named_figures(now, past.answer)
    heads = key is not None and (key.query_id, key.figure.name) == (item.id, rule.measure)
    names = rule.beside if heads else (rule.measure, *rule.beside)
    told = [known[name] for name in names if name in known]
    return KeyFact(item.id, rule.label, told[0], tuple(told[1:]), window=now.window) if told else None


def _missing(context: DigestContext, item: Query, rule: FactRule) -> KeyFact | None:
    """A fact whose query is a gap: its last known value."""
    before = context.before(item.id)
    last = named_figures(before, None).get(rule.measure) if before is not None else None
    if context.gap(item.id) is None or before is None or last is None:
        return None
    unknown = Figure(last.name, last.kind, None, last.value, last.currency)
    return KeyFact(item.id, rule.label, unknown, missing=True, window=before.window)


def _same_start(before: Snapshot, now: Snapshot) -> bool:
    """Two answers over windows say how something moved only if both count from the same instant."""
    if before.window is None or now.window is None:
        return before.window is now.window
    return before.window.start == now.window.start


def _pairs(now: Snapshot, before: Snapshot | None) -> Iterator[Figure]:
    known = before.measured() if before is not None else {}
    for measure in now.measures:
        yield _figure(measure, known.get(measure.key))


def _figure(measure: Measure, before: Measure | None) -> Figure:
    same = before is not None and before.currency == measure.currency  # amounts of two currencies have no difference
    return Figure(
        name=measure_name(measure.key, measure.currency),
        kind=measure.kind,
        value=measure.value,
        before=before.value if before is not None and same else None,
        currency=measure.currency,
        why_null=measure.why_null,
    )
