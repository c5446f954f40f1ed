"""Shows a reader what a choice would have left out, before it is saved. It is counted from what is stored, with the
rows that this reader may see.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from worker.domain.delivery import Delivery, DeliveryState
from worker.domain.digest.model import Digest
from worker.domain.left_out import LAST, LeftOutCounts, left_out
from worker.domain.links import Purpose
from worker.domain.reader_page import PreferencesForm, ReaderPage
from worker.domain.reason import Reason
from worker.domain.schedule import Subscription
from worker.errors import LedgerError, LedgerUnavailable, RequestError
from worker.flow.operate.reader_choices import choices_of
from worker.flow.operate.reader_page import READER, PageUses, bundle_in_force, sent_rows
from worker.flow.run.reader_digests import ReaderDigests, UsesDigests

UNSENT = frozenset({Reason.NO_CHANGE, Reason.EMPTY})
"""Why a digest that was due was not sent, if its reader wants only those in which something moved."""


class TrialUses(PageUses, UsesDigests, Protocol): ...


async def tried(uses: TrialUses, page: ReaderPage, form: PreferencesForm) -> ReaderPage:
    """The page with the choices of the form, which are not stored, and with what they would have left out. If a choice
    is not possible, the page has the problem.
    """
    bundle = await bundle_in_force(uses)
    if page.link.purpose is not Purpose.PREFERENCES or bundle is None or page.schedule is None or page.entry is None:
        return page
    try:
        chosen = choices_of(uses, bundle, page.schedule, page.entry, page, form, READER)
    except RequestError as error:
        return replace(page, problem=str(error))
    shown = replace(page, choices=chosen if chosen.any else None)
    return replace(shown, left_out=await _left_out(uses, shown, page.entry, chosen.rows))


async def _left_out(uses: TrialUses, page: ReaderPage, own: Subscription, rows: str) -> LeftOutCounts:
    entry, digests = replace(page.in_force or own, address=page.link.reader.address), uses.digests.fresh()
    past = [row for row in await sent_rows(uses, page, _was_due, LAST) if row.compared_with is not None]
    chosen = [found for row in past[:LAST] if (found := await _as_if(digests, row, entry)) is not None]
    whole = replace(entry, rows=own.rows)
    return left_out(await _first(digests, past, whole) if rows else None, chosen)


def _was_due(row: Delivery) -> bool:
    """A digest that its schedule made, and that was sent or in which nothing moved."""
    unsent = row.state is DeliveryState.SKIPPED and row.reason in UNSENT
    return not row.key.run.kind and (unsent or row.state is DeliveryState.SENT)


async def _first(digests: ReaderDigests, past: Sequence[Delivery], entry: Subscription) -> Digest | None:
    for row in past:
        if (found := await _as_if(digests, row, entry)) is not None:
            return found
    return None


async def _as_if(digests: ReaderDigests, row: Delivery, entry: Subscription) -> Digest | None:
    """None for a run whose answers are not stored any more."""
    try:
        return await digests.as_if(row, entry)
    except LedgerUnavailable:
        raise
    except LedgerError:
        return None
