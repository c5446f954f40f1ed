"""An entry with `rows` gets a digest of those rows alone, from the same fetch as everybody else."""

import email
import email.policy

from tests.support.in_process import DEALS_AND_FUNNEL, InProcessRun
from worker.domain.delivery import DeliveryState, Reader
from worker.flow.operate.replay import replay

SCHEDULE = f"""{DEALS_AND_FUNNEL}to:
  - {{id: team, channel: mail, address: sales@acme.example, attach: [deals]}}
  - {{id: large, channel: mail, address: large@acme.example, rows: "row.value >= 40000", attach: [deals]}}
  - {{id: lead, channel: mail, address: lead@acme.example, rows: "row.value >= 40000", team_totals: true}}
  - {{id: changes, channel: mail, address: on-change@acme.example, rows: "row.value >= 100000000", send: on_change}}
"""
LARGE = Reader("week", "large", "large@acme.example")


def mail_to(week: InProcessRun, address: str) -> tuple[str, str]:
    """Text and attached file of the newest mail to an address."""
    raw = [item.body for item in week.box.outbox.of("eml") if address in item.meta["to"]][-1]
    message = email.message_from_bytes(raw, policy=email.policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    files = [part.get_content() for part in message.iter_attachments()]
    return body.get_content(), "".join(one if isinstance(one, str) else one.decode() for one in files)


async def test_readers_see_the_rows_of_their_condition_and_sums_of_these(week: InProcessRun) -> None:
    await week.deploy(SCHEDULE)
    _, rows = await week.run()
    assert {row.key.reader.split("|")[0]: row.state for row in rows} == dict.fromkeys(
        ("team", "large", "lead", "changes"), DeliveryState.SENT
    )
    deals = week.box.pipeline.open_deals()
    large = [one for one in deals if one.value is not None and one.value >= 40_000_00]
    assert 0 < len(large) < len(deals)
    text, attached = mail_to(week, "large@")
    team, all_attached = mail_to(week, "sales@")
    assert len(all_attached.splitlines()) == 1 + len(deals)
    assert len(attached.splitlines()) == 1 + len(large)
    assert f"Open pipeline, {len(deals)} deals" in team
    assert f"Open pipeline, {len(large)} deals" in text
    lead, _ = mail_to(week, "lead@")
    assert f"Open pipeline, {len(large)} deals" in lead
    assert ["funnel" in seen.lower() for seen in (team, lead, text)] == [True, True, False]
    told = ["Only the deals meant for you" in " ".join(seen.split()) for seen in (team, lead, text)]
    assert told == [False, True, True]


async def test_a_digest_of_some_rows_moves_its_baselines_and_is_replayed_byte_for_byte(week: InProcessRun) -> None:
    await week.deploy(SCHEDULE)
    first, _ = await week.run()
    assert {query: b.slot for query, b in (await week.baselines(LARGE)).items()} == {"deals": first.key.slot}
    week.step()
    second, rows = await week.run()
    assert {query: b.slot for query, b in (await week.baselines(LARGE)).items()} == {"deals": second.key.slot}
    again = [one async for one in replay(week.services, second)]
    assert len(again) == len([row for row in rows if row.state is DeliveryState.SENT])
    assert all(one.equal for one in again)


async def test_a_reader_of_changes_hears_nothing_of_rows_that_are_not_his(week: InProcessRun) -> None:
    """On-demand runs always send; this asks what the digest itself says of changes."""
    await week.deploy(SCHEDULE)
    _, rows = await week.run()
    week.step()
    _, rows = await week.run()
    opened = {row.key.reader.split("|")[0]: await week.services.digests.open(row) for row in rows}
    assert opened["team"] is not None
    assert opened["changes"] is not None
    assert opened["team"].digest.changed
    assert not opened["changes"].digest.changed
    assert opened["changes"].digest.sources[0].rows == 0
