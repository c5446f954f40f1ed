"""One fetch serves every owner their own digest: rows, sums and attachments of own deals alone."""

import email
import email.policy
from collections.abc import Iterator

import pytest

from tests.support.in_process import DEALS_AND_FUNNEL, InProcessRun
from worker.domain.delivery import DeliveryState, Reader
from worker.domain.reason import Reason
from worker.domain.run import Run
from worker.entry.project_dir import bundle_of
from worker.errors import RequestError
from worker.flow.operate.preview import dry_run, preview
from worker.flow.operate.replay import replay
from worker.flow.run.comparison import ReaderDigest
from worker.sandbox.cast import USERS
from worker.sandbox.events import OwnerChanged

SCHEDULE = f"""{DEALS_AND_FUNNEL}to:
  - {{id: owners, channel: mail, each: owner, unassigned: ops@acme.example, attach: [deals]}}
"""
MANAGERS = SCHEDULE.replace("each: owner, unassigned: ops@acme.example", "each: {by: owner, manager: people}")


def mails(week: InProcessRun) -> Iterator[tuple[str, str]]:
    """Recipient, and every decoded part of the mail one behind the other."""
    for item in week.box.outbox.of("eml"):
        message = email.message_from_bytes(item.body, policy=email.policy.default)
        parts = [part.get_content() for part in message.walk() if not part.is_multipart()]
        yield item.meta["to"], "".join(one if isinstance(one, str) else one.decode() for one in parts)


async def digests(week: InProcessRun, run: Run) -> dict[str, ReaderDigest]:
    rows = await week.services.lookups.deliveries(run.key)
    opened = [await week.services.digests.open(row) for row in rows if row.state is DeliveryState.SENT]
    return {one.reader.address: one for one in opened if one is not None}


async def test_every_owner_gets_a_digest_of_own_deals_from_one_fetch(week: InProcessRun) -> None:
    await week.deploy(SCHEDULE)
    run, rows = await week.run()
    deals = week.box.pipeline.open_deals()
    owners = {user.id: user for user in USERS}
    expected: dict[str, set[str]] = {}
    for one in deals:
        user = owners.get(one.owner or "")
        address = user.email if user is not None and not user.former else "ops@acme.example"
        expected.setdefault(address, set()).add(one.id)
    sent = {row.key.address for row in rows if row.state is DeliveryState.SENT}
    assert sent == expected.keys()
    former = [row for row in rows if row.state is DeliveryState.SKIPPED]
    assert {(row.key.address, row.reason) for row in former} == {
        (user.id, Reason.NO_ADDRESS) for user in USERS if user.former and any(one.owner == user.id for one in deals)
    }
    for address, digest in (await digests(week, run)).items():
        assert digest.found.snapshots["deals"].members == expected[address]
        assert set(digest.found.snapshots) == {"deals"}
    assert sum(len(ids) for ids in expected.values()) == len(deals)


async def test_no_mail_names_a_deal_that_its_reader_never_owned(week: InProcessRun) -> None:
    await week.deploy(SCHEDULE)
    owned: dict[str, set[str | None]] = {}
    for _ in range(3):
        await week.run()
        for one in week.box.pipeline.visible():
            owned.setdefault(one.id, set()).add(one.owner)
        week.step()
    by_mail, named = {user.email: user.id for user in USERS if not user.former}, 0
    for to, text in mails(week):
        for deal_id, owners in owned.items():
            if to in by_mail and deal_id in text:
                assert by_mail[to] in owners
                named += 1
    assert named > 50


async def test_bridges_of_owners_add_up_to_the_teams(week: InProcessRun) -> None:
    await week.deploy(SCHEDULE)
    await week.run()
    week.step()
    run, _ = await week.run()
    opened = await digests(week, run)
    assert len(opened) > 3
    for digest in opened.values():
        for view in digest.digest.bridges:
            moved = sum(line.amount if line.move.value in INWARD else -line.amount for line in view.lines)
            assert view.opening + moved == view.closing
    closing = sum(key.closing or 0 for one in opened.values() for key in one.digest.keys if key.currency == "EUR")
    deals = [one for one in week.box.pipeline.open_deals() if one.currency == "EUR"]
    assert closing == sum(one.annual or 0 for one in deals)


INWARD = {"new", "reopened", "moved_in", "stalled_in", "converted_in", "raised"}


async def test_an_owner_may_be_chosen_for_a_preview(week: InProcessRun) -> None:
    await week.deploy(SCHEDULE)
    bundle = bundle_of(week.place)
    plan, ben = bundle.schedules["week"], USERS[1]
    shown = await preview(week.services, bundle, plan, "owners", ben.email.upper())
    (figure, *_) = [key for key in shown.digest.keys if key.currency == "EUR"]
    assert figure.count == len([d for d in week.box.pipeline.open_deals() if (d.owner, d.currency) == (ben.id, "EUR")])
    with pytest.raises(
        RequestError, match=r"--reader: 'x@acme\.example' does not read week, entry owners, now; it has"
    ):
        await preview(week.services, bundle, plan, "owners", "x@acme.example")


async def test_a_dry_run_names_owners_without_an_address(week: InProcessRun) -> None:
    await week.deploy(SCHEDULE)
    bundle = bundle_of(week.place)
    trials = await dry_run(week.services, bundle, bundle.schedules["week"], None)
    _, rows = await week.run()
    assert {one.reader for one in trials} == {row.key.reader for row in rows}
    unreached = {one.reader for one in trials if one.decision.reason is Reason.NO_ADDRESS}
    assert unreached == {row.key.reader for row in rows if row.reason is Reason.NO_ADDRESS} != set()


async def test_a_query_that_owners_do_not_see_does_not_head_their_digests(week: InProcessRun) -> None:
    await week.deploy(SCHEDULE.replace("digest: {bridge: deals}", "digest: {key: funnel}"))
    _, rows = await week.run()
    assert DeliveryState.SENT in {row.state for row in rows}


async def test_owners_are_reached_in_the_chat_where_people_says_so(week: InProcessRun) -> None:
    anna, ben = USERS[0], USERS[1]
    project = week.place / "funnelbeat.yaml"
    people = f"people: {{{anna.id}: {{chat: U0123456789}}, {ben.id}: {{chat: U0123456790}}}}\n"
    project.write_text(project.read_text("utf-8") + people, "utf-8")
    await week.deploy(SCHEDULE.replace("channel: mail", "channel: chat").replace("ops@acme.example", "C0000000090"))
    week.step()
    _, rows = await week.run()
    rooms = {row.key.address for row in rows if row.state is DeliveryState.SENT and "@" not in row.key.address}
    assert rooms == {"U0123456789", "U0123456790", "C0000000090"}
    # A file's title ends with the mark of its delivery.
    readers = {row.key.digest[:8]: row.key.address for row in rows}
    files = {
        readers[item.meta["title"].rpartition(" ")[2]]: item.body.decode() for item in week.box.outbox.of("upload")
    }
    for room, owner in {"U0123456789": anna.id, "U0123456790": ben.id}.items():
        named = {one.id for one in week.box.pipeline.visible() if one.id in files[room]}
        assert named == {one.id for one in week.box.pipeline.open_deals() if one.owner == owner}
    assert {item.meta["channel"] for item in week.box.outbox.of("slack")} == {
        "D0123456789",
        "D0123456790",
        "C0000000090",
    }


async def test_an_owner_with_another_address_goes_on_there_and_the_old_one_is_sent_nothing(week: InProcessRun) -> None:
    await week.deploy(SCHEDULE)
    await week.run()
    project, ben = week.place / "funnelbeat.yaml", USERS[1]
    project.write_text(f"{project.read_text('utf-8')}people: {{{ben.id}: {{email: b.o@acme.example}}}}\n", "utf-8")
    await week.deploy(SCHEDULE)
    run, rows = await week.run()
    assert "b.o@acme.example" in {row.key.address for row in rows}
    assert ben.email not in {row.key.address for row in rows}
    digest = (await digests(week, run))["b.o@acme.example"]
    assert digest.past.why_first == {}
    assert digest.digest.since is not None
    old = Reader("week", "owners", ben.email)
    assert (await week.services.runs.baselines([old])).get(old, {}) == {}


async def test_who_gives_all_deals_away_after_a_change_of_address_is_told_goodbye_at_the_new_one(
    week: InProcessRun,
) -> None:
    """The service told the old address with deals of an earlier run; nobody is sent anything there any more."""
    await week.deploy(SCHEDULE)
    await week.run()
    project, ben = week.place / "funnelbeat.yaml", USERS[1]
    written = project.read_text("utf-8")
    project.write_text(f"{written}people: {{{ben.id}: {{email: b.o@acme.example}}}}\n", "utf-8")
    await week.deploy(SCHEDULE)
    await week.run()
    for one in week.box.pipeline.open_deals():
        if one.owner == ben.id:
            hand_over(week, one.id, USERS[0].id)
    _, rows = await week.run()
    reached = {row.key.address for row in rows}
    assert "b.o@acme.example" in reached
    assert ben.email not in reached


async def test_digests_of_owners_are_replayed_byte_for_byte(week: InProcessRun) -> None:
    await week.deploy(SCHEDULE)
    await week.run()
    week.step()
    run, rows = await week.run()
    again = [one async for one in replay(week.services, run)]
    assert len(again) == len([row for row in rows if row.state is DeliveryState.SENT])
    assert all(one.equal for one in again)


async def test_a_deal_that_is_handed_over_leaves_one_owner_and_joins_the_other(week: InProcessRun) -> None:
    await week.deploy(SCHEDULE)
    await week.run()
    anna, ben = USERS[0], USERS[1]
    deal = next(one for one in week.box.pipeline.open_deals() if one.owner == anna.id and one.value)
    hand_over(week, deal.id, ben.id)
    run, _ = await week.run()
    opened = await digests(week, run)
    left = [move for move in opened[anna.email].digest.moves if move.key == deal.id]
    joined = [move for move in opened[ben.email].digest.moves if move.key == deal.id]
    assert [(move.move, move.detail) for move in left] == [("moved_out", "reassigned")]
    assert [(move.move, move.detail) for move in joined] == [("moved_in", "reassigned")]
    assert left[0].amount is not None
    assert joined[0].amount is not None
    assert left[0].amount.amount + joined[0].amount.amount == 0


async def test_managers_get_the_deals_of_their_people(week: InProcessRun) -> None:
    anna, ben, carla = USERS[:3]
    people = f"""
people:
  {anna.id}: {{email: anna@acme.example, manager: {carla.id}}}
  {ben.id}: {{email: ben@acme.example, manager: {carla.id}}}
"""
    project = week.place / "funnelbeat.yaml"
    project.write_text(project.read_text("utf-8") + people, "utf-8")
    await week.deploy(MANAGERS)
    run, _ = await week.run()
    opened = await digests(week, run)
    assert set(opened) == {carla.email}
    owned = {one.id for one in week.box.pipeline.open_deals() if one.owner in {anna.id, ben.id, carla.id}}
    assert opened[carla.email].found.snapshots["deals"].members == owned


async def test_a_dry_run_lists_every_owner(week: InProcessRun) -> None:
    await week.deploy(SCHEDULE)
    bundle = bundle_of(week.place)
    trials = await dry_run(week.services, bundle, bundle.schedules["week"], None)
    assert {trial.reader for trial in trials} >= {f"owners|{user.email}" for user in USERS[:3]}


def hand_over(week: InProcessRun, deal_id: str, owner: str) -> None:
    week.box.pipeline.apply(OwnerChanged(at=week.box.now(), deal=deal_id, owner=owner))
