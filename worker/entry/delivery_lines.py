"""A delivery in lines of text, for `run` and `show`."""

from collections.abc import Iterator

from worker.documents.deliveries import sentence_of
from worker.domain.delivery import Delivery, shown_reader
from worker.domain.schedule import Schedule
from worker.flow.run.copies import fates_of_copies


def delivery_line(row: Delivery, note: str = "") -> str:
    """Its state, its reader, the receiver's own words and why it ended so. `note` follows."""
    receipts = [part.receipt for part in row.parts if part.receipt]
    more = f"(and {len(receipts) - 1} more parts)" if len(receipts) > 1 else ""
    words = " ".join(filter(None, (*receipts[:1], more, sentence_of(row), note)))
    return f"  {row.state:9} {shown_reader(row.key.reader)}  {words}".rstrip()


def copy_lines(row: Delivery, schedule: Schedule | None) -> Iterator[str]:
    """One line for each address in `cc`, as `explain` has it. `schedule`: as it is deployed; None if it is not."""
    name = row.key.reader.partition("|")[0]
    for entry in schedule.entries if schedule is not None else ():
        if entry.id == name:
            for address, reason in fates_of_copies(entry, row).items():
                yield f"    cc {address}: {reason.replace('_', ' ') if reason else 'sent'}"
