"""One reader's digest: what it says, what it is decided to be, and content that is made once for many readers."""

from dataclasses import replace
from typing import Any

import pytest

from tests.domain.builders import answer, deal
from tests.support.fakes import HOUR, NOW, RUN, TEAM, TROUBLE, reader_digest, uses
from worker.domain.alert.notification import Notification
from worker.domain.delivery import Baseline, Decision
from worker.domain.digest.model import Standing
from worker.domain.reason import Reason
from worker.domain.schedule import OnUnknown, Send, Subscription
from worker.domain.snapshot.snapshot import File
from worker.errors import RenderError
from worker.flow.run.comparison import attachments
from worker.ports.channels import RenderRequest, Templates

QUIET = uses(standing=Standing.UNCHANGED, changed=False, empty=False)


class Counting:
    """Its content is the entry that it was asked for."""

    def __init__(self, *wrong: Exception) -> None:
        self.asked, self.wrong = list[RenderRequest](), list(wrong)

    def content(self, request: RenderRequest, templates: Templates) -> Any:
        self.asked.append(request)
        if self.wrong:
            raise self.wrong.pop()
        return request.entry


def test_only_what_the_operator_is_told_is_a_notice() -> None:
    assert reader_digest(digest=TROUBLE).notice
    assert not reader_digest().notice


def test_what_is_told_holds_the_answers_the_past_and_the_digest() -> None:
    told = reader_digest(before={"deals": answer([deal("b")])}, digest=QUIET)
    assert told.found.snapshots["deals"].members == {"a"}
    assert told.past.earlier["deals"].members == {"b"}
    assert told.digest is QUIET


@pytest.mark.parametrize(
    ("send", "on_demand", "expected"),
    [
        (Send.ALWAYS, False, (True, Reason.ALWAYS)),
        (Send.ON_CHANGE, False, (False, Reason.NO_CHANGE)),
        (Send.ON_CHANGE, True, (True, Reason.REQUESTED)),
    ],
)
def test_the_entry_and_who_asked_decide_whether_it_goes(
    send: Send, on_demand: bool, expected: tuple[bool, Reason]
) -> None:
    told = reader_digest(replace(TEAM, send=send), digest=QUIET)
    told.on_demand = on_demand
    decision = told.decide()
    assert (decision.send, decision.reason) == expected


async def test_readers_who_differ_in_what_no_rendering_reads_share_one_content() -> None:
    channel: Any = Counting()
    one = reader_digest()
    other = replace(one, entry=replace(TEAM, id="boss", address="b@acme.example", on_unknown=OnUnknown.HOLD))
    assert await one.content(channel) is await other.content(channel)
    [request] = channel.asked
    assert (request.entry.id, request.entry.address) == ("", None)


@pytest.mark.parametrize("entry", [replace(TEAM, locale="de_DE"), replace(TEAM, template="own")])
async def test_another_language_or_template_is_another_content(entry: Subscription) -> None:
    channel: Any = Counting()
    one = reader_digest()
    await one.content(channel)
    assert await replace(one, entry=entry).content(channel) != await one.content(channel)
    assert len(channel.asked) == 2


async def test_another_route_is_another_content() -> None:
    channel: Any = Counting()
    one = reader_digest()
    await one.content(channel)
    await replace(one, route="second").content(channel)
    assert len(channel.asked) == 2


async def test_a_content_that_could_not_be_made_is_tried_again() -> None:
    channel: Any = Counting(RenderError("own.html", 3, "no such field"))
    one = reader_digest()
    with pytest.raises(RenderError):
        await one.content(channel)
    assert await one.content(channel) == replace(TEAM, id="", address=None)


def test_attached_are_the_rows_and_the_services_file_of_each_query_that_was_answered() -> None:
    file = File("by-user.csv", "text/csv", b"user,won\n=1+1,2\n")
    listed = replace(answer([deal("a")]), files=(file,))
    told = reader_digest(replace(TEAM, attach=("deals", "stalled")), found={"deals": listed})
    by_user, rows = attachments(told)
    assert (by_user.name, rows.name) == ("by-user.csv", "deals.csv")
    assert b"'=1+1,2" in by_user.body, "a formula does not run"
    assert rows.body.decode("utf-8-sig").splitlines()[1].startswith("a,")
    assert attachments(reader_digest(found={"deals": listed})) == ()


SENT = {"deals": Baseline("now", NOW, NOW)}


def test_what_is_sent_moves_the_baselines_of_what_was_answered_and_a_notice_moves_none() -> None:
    assert reader_digest().sent_baselines() == SENT
    assert reader_digest(digest=TROUBLE).sent_baselines() == {}


@pytest.mark.parametrize(
    ("reason", "before", "moved"),
    [
        (Reason.NO_CHANGE, 100_000, SENT),
        (Reason.NO_CHANGE, 99_999, {}),
        (Reason.EMPTY, 100_000, {}),
        (Reason.SUSPENDED, 100_000, {}),
    ],
)
def test_what_is_skipped_moves_only_the_baseline_of_an_equal_answer(reason: Reason, before: int, moved: object) -> None:
    told = reader_digest(before={"deals": answer([deal("a", before)], at=NOW - HOUR)})
    assert told.skipped_baselines(reason) == moved


def test_a_notification_of_alerts_is_always_sent_and_is_no_digest() -> None:
    shown = Notification(RUN.key, "Weekly", NOW, NOW, (), ())
    told = reader_digest(replace(TEAM, send=Send.ON_CHANGE), digest=shown)
    assert told.alerts is shown
    assert told.decide() == Decision(send=True, reason=Reason.ALERT)
    assert (told.sent_baselines(), told.notice) == ({}, False)
    assert (reader_digest().alerts, reader_digest(digest=TROUBLE).alerts) == (None, None)
