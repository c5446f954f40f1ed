"""A plan as Markdown, for the comment of a pull request."""

from collections.abc import Iterator, Sequence

from worker.documents.plan_lines import run_lines
from worker.domain.definition_fields import FieldChange
from worker.entry.forecast_words import forecast_lines
from worker.entry.plan_runs import readers_words, to_the_second
from worker.flow.deploy.plan import Plan
from worker.sanitize import clean

RUNS = 20
"""Coming runs that are listed; a comment of GitHub has at most 65,536 characters."""

ROWS = 200
"""Lines of one table."""

WIDTH = 200
"""Characters of one cell."""


def markdown_plan(found: Plan, target: str = "", project: str = "") -> Iterator[str]:
    """Line by line. `target`: the one whose `project` is planned, empty for none.

    Every text of a file is escaped: it may hold Markdown, HTML or a mention.
    """
    changes = found.changes
    counts = [f"{len(ids)} {word}" for word in ("added", "changed", "removed") if (ids := getattr(changes, word))]
    counts += [f"{len(changes.renamed)} renamed"] if changes.renamed else []
    counts += [f"{len(changes.besides_schedules)} other definitions"] if changes.besides_schedules else []
    yield "## Funnelbeat plan"
    yield ""
    if target:
        yield from (f"Target: {_text(target)}, project {_text(project)}.", "")
    yield f"Schedules: {', '.join(counts)}." if changes else "Nothing changes against what is deployed."
    yield from _definitions(found)
    yield from _table("Changed keys", ("Definition", "Key", "Before", "After"), [_field(one) for one in found.fields])
    readers = [("+", *one) for one in found.readers_added] + [("−", *one) for one in found.readers_removed]
    yield from _table("Readers", ("", "Schedule", "Reader"), readers)
    yield from _table("Changed runs", ("Schedule", "Appear", "Vanish", "Move", "Until"), _moves(found))
    alerts = list(forecast_lines(found.forecasts))
    if alerts:
        yield from ("", "### Alerts", "", *(f"- {_text(line)}" for line in alerts))
    ends = [f"{row.schedule}: {one}." for row in found.schedules for one in row.calendar_ends]
    if ends:
        yield from ("", "### Public holidays", "", *(f"- {_text(line)}" for line in ends))
    runs = [
        (
            to_the_second(one.fire.slot),
            one.row.schedule,
            readers_words(one.row),
            str(one.row.cost.requests),
            str(one.runs),
        )
        for one in run_lines(found)
    ]
    yield from _folded("Coming runs", ("First slot (UTC)", "Schedule", "Readers", "Requests", "Runs"), runs)


def _definitions(found: Plan) -> Iterator[str]:
    rows = [
        ("schedule", name, word) for word in ("added", "changed", "removed") for name in getattr(found.changes, word)
    ]
    rows += [("schedule", f"{old} → {new}", "renamed") for old, new in found.changes.renamed]
    rows += [(one.kind, one.name, one.change) for one in found.changes.besides_schedules]
    yield from _table("Definitions", ("Kind", "Name", "Change"), rows)


def _field(one: FieldChange) -> tuple[str, ...]:
    return f"{one.kind} {one.name}".strip(), one.field, one.before or "–", one.after or "–"


def _moves(found: Plan) -> list[tuple[str, ...]]:
    return [
        (
            move.schedule,
            str(len(move.appear)),
            str(len(move.vanish)),
            str(len(move.moved)),
            to_the_second(move.until or found.until),
        )
        for move in found.moves
    ]


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], most: int = ROWS) -> Iterator[str]:
    if not rows:
        return
    yield from ("", f"### {title}", "")
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    for row in rows[:most]:
        yield f"| {' | '.join(map(_text, row))} |"
    if len(rows) > most:
        yield from ("", f"and {len(rows) - most} more.")


def _folded(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if rows:
        yield from ("", f"<details><summary>{title}</summary>")
        yield from list(_table(title, heads, rows, RUNS))[2:]
        yield from ("", "</details>")


def _text(text: str) -> str:
    """Plain text within a table: characters that Markdown, HTML and mentions are made of are written as references."""
    return "".join(f"&#{ord(c)};" if c in "\\`*_{}[]<>()#+!|@&~" else c for c in clean(text, WIDTH))
