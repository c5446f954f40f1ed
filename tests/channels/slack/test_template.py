"""What a digest looks like in Slack: golden posts, hostile names, and limits whatever the digest."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.golden.digests import DIGESTS, NORMAL, SLOT, STALLED
from tests.support.slack_cases import ENVELOPE, TOKEN
from tests.support.slack_golden import CASES, FOLDER, printed, rendered
from worker.channels.slack.channel import SlackChannel
from worker.channels.slack.content import SlackContent
from worker.channels.slack.limits import check
from worker.channels.slack.webhook import SlackWebhookChannel
from worker.domain.delivery import Attachment
from worker.domain.digest.model import (
    BridgeLine,
    BridgeView,
    Deal,
    DealMove,
    Digest,
    KeyFigure,
    OwnerGroup,
    StageSum,
    Standing,
)
from worker.domain.digest.sections import FunnelSection, FunnelStage, TableSection
from worker.domain.money import Money
from worker.domain.snapshot.opportunity import Move
from worker.domain.snapshot.snapshot import Column, Gap, GapReason, Kind

UNSEEN = [*"\x00\x1b\r\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u200e\u200f\ud800"]


def nodes(found: Any) -> Iterator[Mapping[str, Any]]:
    """Every object in a post."""
    if isinstance(found, Mapping):
        yield found
        for inner in found.values():
            yield from nodes(inner)
    elif isinstance(found, list):
        for inner in found:
            yield from nodes(inner)


def strings(found: Any) -> list[str]:
    return [value for node in nodes(found) for value in node.values() if isinstance(value, str)]


def kinds(post: Mapping[str, Any]) -> list[str]:
    return [block["type"] for block in post["blocks"]]


def header(out: SlackContent) -> str:
    blocks: Any = out.posts[0]["blocks"]
    return str(blocks[0]["text"]["text"])


def table_of(post: Mapping[str, Any]) -> list[list[str]]:
    [table] = [block for block in post["blocks"] if block["type"] == "table"]
    return [["".join(str(n["text"]) for n in nodes(cell) if "text" in n) for cell in row] for row in table["rows"]]


@pytest.mark.parametrize(("name", "locale"), CASES)
def test_the_posts_are_the_golden_ones(name: str, locale: str) -> None:
    """Rewrite them with `python -m tests.support.slack_golden` and read what changed."""
    assert printed(rendered(DIGESTS[name], locale).posts) == (FOLDER / f"{name}.{locale}.json").read_text("utf-8")


@pytest.mark.parametrize("locale", ["en_GB", "de_DE", "fr_FR"])
@pytest.mark.parametrize("name", list(DIGESTS))
async def test_every_digest_passes_slacks_limits_by_token_and_by_webhook(name: str, locale: str) -> None:
    out = rendered(DIGESTS[name], locale)
    token, webhook = SlackChannel(TOKEN), SlackWebhookChannel("https://hooks.example/services/T/B/x")
    assert len(token.build(out, ENVELOPE)) == len(out.posts)
    assert len(webhook.build(out, ENVELOPE)) == 1
    await token.aclose()
    await webhook.aclose()


def test_the_main_post_says_number_movement_why_act_and_the_bridge_in_that_order() -> None:
    main, *thread = rendered(NORMAL).posts
    assert kinds(main) == ["header", "context", "rich_text", "table", "context", "context"]
    assert (
        header(rendered(NORMAL))
        == "€1,274,500 open, +\u2060€76,200 (+\u2060\u2060".replace("\u2060\u2060", "\u2060") + "6.4%)"
    )
    rows = table_of(main)
    assert (rows[0][0], rows[1][0], rows[-1][0]) == ("Why it moved", "Opening, 9\u00a0Nov", "Closing, 16\u00a0Nov")
    assert [str(post["text"]).split(":")[0] for post in thread] == [
        "Who must act",
        "Why it moved, deal by deal",
        "Funnel",
    ]
    assert any("Win rate" in text for text in strings(thread[-1]))


def test_a_chart_stands_beside_its_table_so_that_leaving_it_out_leaves_the_figures() -> None:
    [funnel] = [post for post in rendered(NORMAL).posts if "data_visualization" in kinds(post)]
    assert kinds(funnel) == ["rich_text", "table", "data_visualization", "rich_text"]


def test_no_chart_is_drawn_of_what_is_not_known() -> None:
    stages = tuple(replace(stage, count=None) for stage in NORMAL.funnels[0].stages)
    out = rendered(replace(NORMAL, funnels=(replace(NORMAL.funnels[0], stages=stages),)))
    assert all("data_visualization" not in kinds(post) for post in out.posts)


def test_stages_whose_short_names_are_equal_are_told_apart_by_number_in_the_chart() -> None:
    stages = tuple(FunnelStage(f"s{n}", f"Negotiation with the board {n}", n == 2, 20, 0.5, 20, 0.5) for n in range(3))
    out = rendered(replace(NORMAL, funnels=(FunnelSection("funnel", None, None, stages),)))
    [chart] = [block for post in out.posts for block in post["blocks"] if block["type"] == "data_visualization"]
    assert len(set(chart["chart"]["axis_config"]["categories"])) == 3


def test_a_first_digest_shows_what_is_open_and_neither_why_nor_bridge() -> None:
    main = rendered(DIGESTS["first"]).posts[0]
    assert table_of(main)[0][0] == "What is open"
    assert "Why  " not in strings(main)
    assert any("First digest: movement starts Mon\u00a023\u00a0Nov" in text for text in strings(main))


def test_a_gap_in_the_key_part_never_shows_the_old_figure_as_the_number() -> None:
    out = rendered(DIGESTS["key-gap"])
    assert header(out) == "Incomplete: open pipeline not known today"
    assert "table" not in kinds(out.posts[0])
    assert any("Last known €1,198,300 on Mon\u00a09\u00a0Nov" in text for text in strings(out.posts[0]))


def test_a_gap_elsewhere_keeps_the_number_and_names_the_part() -> None:
    out = rendered(DIGESTS["other-gap"])
    assert header(out).startswith("€1,274,500 open")
    assert any("Incomplete: 1 of 4 parts missing" in text for text in strings(out.posts[0]))


def test_currencies_stand_side_by_side_and_are_never_added() -> None:
    out = rendered(DIGESTS["currencies"])
    assert " · US$290,000 open" in header(out)
    heads = [row[0] for row in table_of(out.posts[0]) if row[1] == "Deals"]
    assert heads == ["Why it moved", "Why USD moved"]


def test_what_is_cut_is_counted() -> None:
    posts = rendered(DIGESTS["long"]).posts
    [long] = [post for post in posts if str(post["text"]).startswith("Who must act")]
    shown = len(table_of(long)) - 1
    assert shown == 5
    assert f"{300 + 112 - shown}\u00a0more not shown." in strings(long)
    assert f"{300 - 12}\u00a0more" in strings(posts[0])


@pytest.mark.parametrize("name", list(DIGESTS))
def test_a_thread_has_four_replies_at_most(name: str) -> None:
    assert len(rendered(DIGESTS[name]).posts) <= 1 + 4


def test_only_a_digest_with_details_or_files_points_to_its_thread() -> None:
    bare = replace(NORMAL, stalled=(), moves=(), funnels=(), figures=(), tables=())
    assert not any(node.get("block_id") == "in_the_thread" for node in nodes(rendered(bare).posts[0]))
    with_file = rendered(bare, files=(Attachment("deals.csv", "text/csv", b"a\n"),))
    assert "Details and files in the thread" in strings(with_file.posts[0])
    assert len(with_file.attachments) == 1


# whatever the names


def assert_inert(out: SlackContent) -> None:
    """No markup, no mention, no unseen character, no empty text, no link but to the web."""
    for node in nodes(list(out.posts)):
        assert node.get("type") != "mrkdwn"
        if node.get("type") in {"plain_text", "raw_text", "text", "link"}:
            assert node["text"]
        if node.get("type") == "plain_text":
            assert node["emoji"] is False
            assert "<" not in node["text"]
        if "url" in node:
            assert node["url"].startswith(("https://", "http://"))
    for post in out.posts:
        assert "<" not in str(post["text"])
        assert not any(mark in text for text in strings(post) for mark in UNSEEN)


def test_hostile_names_are_only_letters() -> None:
    out = rendered(DIGESTS["hostile"])
    assert_inert(out)
    shown = strings(list(out.posts))
    assert any("@channel <!here> & Söhne" in text for text in shown)
    assert any("*Bold* ~gone~ `x`" in text for text in shown)


def test_a_report_named_like_a_mention_is_escaped() -> None:
    out = rendered(
        replace(NORMAL, name="<!channel> & <@U123> " + "<" * 400, key_query=None, keys=(), figures=(), funnels=())
    )
    assert_inert(out)
    assert header(out).startswith("&lt;!channel&gt; &amp; &lt;@U123&gt;") or header(out).startswith("‹!channel›")


NAMES = st.text(min_size=0, max_size=160) | st.sampled_from(
    ["<!channel>", '"' * 120, "\\" * 120, "名" * 150, "🚢" * 150]
)
URLS = st.none() | st.sampled_from(
    ["https://x.example/" + "a" * 380, "https://x.example/a|b", "javascript:1", "https://x.example/ä"]
)
AMOUNTS = st.integers(-(10**14), 10**14)
CURRENCIES = st.sampled_from(["EUR", "USD", "JPY", "KWD", "<!here>", ""])
MONEY = st.none() | st.builds(Money, AMOUNTS, CURRENCIES)


@st.composite
def deals(draw: st.DrawFn, most: int) -> tuple[Deal, ...]:
    """Few examples of a deal, repeated: it is number and length that break limits."""
    some = draw(st.lists(st.tuples(NAMES, NAMES, MONEY, URLS), min_size=1, max_size=4))
    count = draw(st.integers(0, most))
    old = SLOT - timedelta(days=30)
    return tuple(
        Deal(f"d{n}", t, "u", s, s, m, old, s, t, u) for n, (t, s, m, u) in zip(range(count), some * most, strict=False)
    )


@st.composite
def digests(draw: st.DrawFn) -> Digest:
    listed = draw(deals(160))
    names = draw(st.lists(NAMES, min_size=1, max_size=4))
    groups = tuple(
        OwnerGroup(f"u{n}", draw(st.sampled_from(names)) or None, listed[n::7], (Money(5, "EUR"),)) for n in range(7)
    )
    currencies = draw(st.lists(CURRENCIES, max_size=5, unique=True))
    amounts = draw(st.lists(AMOUNTS, min_size=8, max_size=8))
    standing = draw(st.sampled_from(list(Standing)))
    return replace(
        NORMAL,
        name=draw(NAMES),
        standing=standing,
        since=None if standing is Standing.FIRST else NORMAL.since,
        keys=tuple(KeyFigure(c, 5, abs(amounts[0]), abs(amounts[1]), 4, amounts[2], 1e9) for c in currencies),
        bridges=tuple(
            BridgeView(c, 1, 2, 3, 4, tuple(BridgeLine(m, 1, abs(a)) for m, a in zip(Move, amounts * 2, strict=False)))
            for c in currencies
        ),
        moves=tuple(DealMove(d.key, d.title, d.owner, d.stage, Move.MOVED_OUT, "reassigned", d.annual) for d in listed),
        stages=tuple(StageSum(n or None, 3, (Money(amounts[3], "EUR"),)) for n in names * 12),
        stalled=(
            replace(
                STALLED, newly=groups, newly_count=len(listed), moving_again=listed[:9], hidden=3, still_longest=None
            ),
        ),
        funnels=(
            replace(
                NORMAL.funnels[0],
                stages=tuple(
                    FunnelStage(f"s{n}", t, False, n, 0.5, n, None)
                    for n, t in enumerate(names * draw(st.sampled_from([1, 6])))
                ),
            ),
        ),
        tables=(
            TableSection(
                "t",
                "t",
                tuple(Column(f"c{n}", Kind.TEXT) for n in range(draw(st.integers(1, 25)))),
                tuple(tuple(names * 25)[:25] for _ in range(draw(st.integers(0, 120)))),
            ),
        ),
        gaps=tuple(Gap(f"q{n}", GapReason.REFUSED, t * 3, n) for n, t in enumerate(names * 5)),
    )


@given(digests())
@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a smaller digest would not say more than a line number does
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_every_post_of_any_digest_is_one_that_slack_takes(digest: Digest) -> None:
    out = rendered(digest)
    assert_inert(out)
    for post in out.posts:
        assert check(post) == ()
        assert len(json.dumps(post["blocks"], ensure_ascii=False, separators=(",", ":"))) < 12_000
