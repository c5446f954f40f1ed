import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from tests.golden.digests import DIGESTS, HOSTILE, LINES, LONG, NORMAL, STALLED, deal, group
from tests.support.contents import mail_of
from worker.adapters.smtp.mime import MailContent
from worker.channels.email.content import HTML_BUDGET, HTML_LIMIT
from worker.domain.delivery import READER, Attachment
from worker.domain.digest.model import (
    BridgeView,
    Digest,
    KeyFigure,
    StageSum,
    Standing,
)
from worker.domain.digest.sections import Figure, KeyMeasure
from worker.domain.money import Money
from worker.domain.schedule import Subscription
from worker.domain.snapshot.opportunity import Move
from worker.domain.snapshot.snapshot import Kind
from worker.errors import RenderError
from worker.rendering.page import Cut, Page
from worker.rendering.templates import breaks
from worker.rendering.wording import Wording

ENTRY = Subscription("team", "email", "sales@acme.example", "pipeline", "en_GB", "Europe/Berlin")
CSV = Attachment("deals.csv", "text/csv", b"a,b\n")


def mail(digest: Digest = NORMAL, **overrides: str) -> MailContent:
    paths = {path.replace("__", "/").replace("_j2", ".j2").replace("_", "."): text for path, text in overrides.items()}
    return mail_of(digest, ENTRY, overrides=paths)


class _Seen(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: set[str] = set()
        self.handlers: set[str] = set()
        self.sources: set[str] = set()
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in {"meta", "br", "img", "link", "wbr"}:
            self.open.append(tag)
        for name, value in attrs:
            self.handlers |= {name} if name.startswith("on") else set()
            self.links |= {value or ""} if name == "href" else set()
            self.sources |= {value or ""} if name in {"src", "background"} else set()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_subject_carries_number_movement_and_act_in_its_first_characters() -> None:
    assert mail().subject == "€1,274,500 open, +€76,200 · 5 newly stalled · Weekly pipeline"


@pytest.mark.parametrize("name", sorted(DIGESTS))
def test_a_mail_loads_nothing_and_every_tag_is_closed(name: str) -> None:
    html = mail(DIGESTS[name]).html
    seen = _Seen(html)
    assert seen.sources == set()
    assert not re.search(r"url\(|@import|<link|<script|<img", html)
    assert seen.unbalanced == []
    assert seen.open == []
    assert {"caption", "th"} <= seen.tags
    assert 'lang="en"' in html
    assert "<title>" in html


@pytest.mark.parametrize("name", sorted(DIGESTS))
def test_every_mail_is_within_the_budget(name: str) -> None:
    assert len(mail(DIGESTS[name]).html.encode()) <= HTML_BUDGET


def test_the_usual_mail_is_within_51_kilobytes() -> None:
    assert len(mail().html.encode()) <= 51_000


def test_hostile_names_are_inert_in_html() -> None:
    seen = _Seen(mail(HOSTILE).html)
    assert not seen.tags & {"script", "img"}
    assert seen.handlers == set()
    assert seen.links == set()
    words = "".join(seen.words)
    assert "<script>alert(1)</script> GmbH" in words
    assert "{{ 7*7 }}" in words
    assert not set(words) & {"\u202e", "\u202c", "\x00", "\x1b", "\ud800"}


def test_hostile_names_are_inert_in_text_and_subject() -> None:
    rendered = mail(HOSTILE)
    assert not set(rendered.text) & {"\u202e", "\u202c", "\x00", "\x1b", "\r", "\ud800"}
    assert not re.search(r"^Bcc:", rendered.text, re.MULTILINE)
    assert "\u2068شركة النخيل للتجارة\u2069" in rendered.text
    assert "\n" not in rendered.subject
    assert "\r" not in rendered.subject
    rendered.text.encode()


def test_only_web_addresses_become_links() -> None:
    links = _Seen(mail().html).links
    assert links
    assert all(link.startswith("https://app.close.com/opportunity/oppo_") for link in links)


@pytest.mark.parametrize("name", sorted(DIGESTS))
def test_text_lines_fit_64_columns_and_urls_stand_alone(name: str) -> None:
    for line in mail(DIGESTS[name]).text.splitlines():
        shown = line.replace("\u2068", "").replace("\u2069", "").replace(READER, "")
        assert len(shown) <= 64 or shown.startswith("https://")
        assert not set(line) & {"\u00a0", "\u202f", "\u2060"}


@pytest.mark.parametrize("name", sorted(DIGESTS))
def test_the_reader_is_named_once_in_each_part(name: str) -> None:
    rendered = mail(DIGESTS[name])
    assert rendered.text.count(READER) == rendered.html.count(READER) == 1


def test_what_a_long_digest_leaves_out_is_said_with_its_value() -> None:
    rendered = mail(LONG)
    page = Page(LONG, Wording("en_GB", "Europe/Berlin", 2026), Cut())
    total = sum(d.annual.amount for g in LONG.stalled[0].newly for d in g.deals if d.annual)
    assert page.deals_cut(LONG.stalled[0]).startswith("295\u00a0more")  # of 300
    found = re.search(r"(\d+) more, €([\d,]+), not listed here", " ".join(rendered.text.split()))
    assert found
    listed = [int(n.replace(",", "")) for n in re.findall(r"^ +€([\d,]+)  Prospect", rendered.text, re.MULTILINE)]
    assert int(found[1]) + len(listed) == 300
    assert int(found[2].replace(",", "")) + sum(listed) == total // 100
    assert "112 more not listed here" in " ".join(rendered.text.split())
    assert "Mover 4 €1,004, 35 more" in " ".join(rendered.text.split())


def test_what_was_cut_is_looked_for_in_an_attached_csv() -> None:
    rendered = mail_of(LONG, ENTRY, (CSV,))
    assert "in the attached CSV" in " ".join(rendered.text.split())
    assert "Attached: deals.csv" in rendered.text
    assert rendered.attachments[0].body == CSV.body


def test_key_number_why_act_and_bridge_are_never_cut() -> None:
    text = mail(LONG).text
    assert "€1,600,000,000" in text
    for words in ("Why:", "Act:", "Opening", "Closing"):
        assert words in text


def test_a_gap_in_the_key_part_shows_no_number_of_today() -> None:
    text = mail(DIGESTS["key-gap"]).text
    assert "Not known today" in text
    assert "Last known €1,198,300 on Mon 9 Nov" in text
    assert "1,274,500" not in text
    assert mail(DIGESTS["key-gap"]).subject == "Incomplete: deal list missing · Weekly pipeline"


def test_a_gap_before_the_first_digest_still_says_that_the_number_is_missing() -> None:
    rendered = mail(replace(DIGESTS["key-gap"], keys=(), since=None))
    assert "Not known today" in rendered.text
    assert "Not known today" in rendered.html
    assert "Last known" not in rendered.text


def test_a_digest_of_the_same_day_names_the_time_of_the_last() -> None:
    text = mail(replace(NORMAL, since=NORMAL.slot - timedelta(minutes=15))).text
    assert "since 08:45 CET" in text
    assert "08:45 CET to 09:00 CET" in text


def test_why_speaks_of_the_currency_that_moved() -> None:
    still, moved = NORMAL.keys[0], replace(NORMAL.keys[0], currency="USD")
    still = replace(still, closing=5, opening=5, delta=0)
    bridges = (BridgeView("EUR", 5, 1, 5, 1, ()), replace(NORMAL.bridges[0], currency="USD"))
    text = mail(replace(NORMAL, keys=(still, moved), bridges=bridges)).text
    assert "Why: 6 new deals, +US$208,000" in text


def test_a_report_without_a_list_begins_with_its_first_figure_and_has_no_bridge() -> None:
    digest = replace(NORMAL, key_query=None, keys=(), bridges=(), moves=(), stalled=())
    rendered = mail(replace(digest, measure=KeyMeasure("totals", Figure("count", Kind.INT, 31, 27))))
    assert rendered.subject.replace("\u2060", "") == "Deals 31, +4 · Weekly pipeline"
    assert mail(digest).subject == "Mon 16 Nov · Weekly pipeline"
    assert "Why:" not in rendered.text
    assert "FUNNEL" in rendered.text
    assert "The same figures as in your last digest" in mail(replace(digest, standing=Standing.UNCHANGED)).text


def test_open_deals_without_a_value_are_counted_in_a_first_digest() -> None:
    first = DIGESTS["first"]
    assert "2 open deals have no value" in mail(replace(first, keys=(replace(first.keys[0], unvalued=2),))).text


def test_a_gap_elsewhere_keeps_the_number_and_is_named_in_the_subject() -> None:
    rendered = mail(DIGESTS["other-gap"])
    assert rendered.subject.endswith("Weekly pipeline · 1 part missing")
    assert "€1,274,500" in rendered.text
    assert "Funnel stages: Close accepts no more requests for now" in " ".join(rendered.text.split())


def test_currencies_stand_side_by_side_and_one_bridge_has_one_form() -> None:
    text = mail(DIGESTS["currencies"]).text
    assert "€980,000.50" in text
    assert "+€6,000.50" in text
    assert "US$290,000" in text
    assert "WHY EUR MOVED" in text
    assert "WHY USD MOVED" in text


def test_stages_of_a_first_digest_have_one_form_and_add_up_as_printed() -> None:
    stages = (StageSum("Demo", 1, (Money(10_050, "EUR"),)), StageSum("Call", 1, (Money(20_000, "EUR"),)))
    first = replace(DIGESTS["first"], stages=stages, keys=(KeyFigure("EUR", 2, 30_050),))
    text = mail(first).text
    for amount in ("€100.50", "€200.00", "€300.50"):
        assert amount in text
    assert "\n€300\n" in text


def test_deals_have_one_form_and_act_is_told_in_whole_units() -> None:
    cents = replace(deal("Odd", "Ann", 5, "Demo", None, None), annual=Money(1_250_050, "EUR"))
    groups = (group("Ann", cents, deal("Even", "Ann", 9_000, "Demo", None, None)),)
    totals = (Money(2_150_050, "EUR"),)
    digest = replace(NORMAL, stalled=(replace(STALLED, newly=groups, newly_count=2, newly_totals=totals),))
    text = mail(digest).text
    assert "Act: 2 deals newly stalled, €21,500\n" in text
    assert "Ann, 2 deals, €21,500.50" in text
    assert "€9,000.00  Even" in text


def test_a_projects_template_replaces_the_built_in_one_by_path() -> None:
    assert mail(pipeline__email_subject_j2="{{ digest.name }} for {{ w.language }}").subject == "Weekly pipeline for en"


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("one\n{{ nobody }}", 2),
        ("one\ntwo\n{% if %}", 3),
        ("{{ digest.__class__.__mro__ }}", 1),
        ("\n{{ 1 / 0 }}", 2),
        ("\n\n{{ w.say('no such phrase') }}", 3),
        ("{% include 'pipeline/nowhere.j2' %}", 0),
        ("{% include '../../pyproject.toml' %}", 0),
    ],
)
def test_a_templates_fault_names_template_and_line(source: str, line: int) -> None:
    with pytest.raises(RenderError) as caught:
        mail(pipeline__email_subject_j2=source)
    assert (caught.value.template, caught.value.line) == ("pipeline/email.subject.j2", line)


def test_a_template_cannot_change_what_it_is_given() -> None:
    with pytest.raises(RenderError):
        mail(pipeline__email_subject_j2="{% set _ = digest.keys.append(1) %}")


def test_a_mail_past_the_limit_is_refused() -> None:
    with pytest.raises(RenderError, match="past the limit"):
        mail(pipeline__email_html_j2="x" * (HTML_LIMIT + 1))


def test_an_unknown_locale_is_said() -> None:
    with pytest.raises(RenderError, match="xx_YY"):
        mail_of(NORMAL, replace(ENTRY, locale="xx_YY"))


def test_nobodys_deals_stand_first_and_unvalued_ones_show_a_dash() -> None:
    groups = (
        group("Ann", deal("A", "Ann", 5, "Demo", None, None)),
        group(None, deal("B", None, None, "Demo", None, None)),
    )
    digest = replace(NORMAL, stalled=(replace(STALLED, newly=groups, newly_count=2),))
    text = mail(digest).text
    assert text.index("No owner, 1 deal") < text.index("Ann, 1 deal")
    assert re.search(r"–  B\n", text)


def test_lines_of_the_normal_digest_are_in_the_order_of_the_classes() -> None:
    order = list(Move)
    positions = [order.index(line.move) for line in LINES]
    assert positions == sorted(positions)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("beat.acme.example/pricing", "beat.<wbr>acme.<wbr>example/<wbr>pricing"),
        ("/2026/11/v2", "/<wbr>2026/<wbr>11/<wbr>v2"),
        ("v2.x", "v2.<wbr>x"),
        ("Offen 815.101,12 € (40 Deals)", "Offen 815.101,12 € (40 Deals)"),
        ("Call · no reply · Demo", "Call\u00a0· no reply\u00a0· Demo"),
    ],
)
def test_a_host_and_a_path_may_break_but_a_figure_does_not(text: str, expected: str) -> None:
    assert breaks(text) == expected
