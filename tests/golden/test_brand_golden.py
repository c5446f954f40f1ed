"""A digest, an alert and a notice with a brand, against the files in `brand`. `GOLDEN=write` writes them anew."""

import os
from functools import cache
from pathlib import Path

import pytest

from tests.golden.alerts import ALERTS
from tests.golden.brands import BRAND, HOSTILE
from tests.golden.digests import DIGESTS
from tests.golden.notices import NOTICES
from tests.support.contents import TEMPLATES
from tests.support.slack_golden import printed
from worker.adapters.smtp.mime import MailContent
from worker.channels.email.content import mail_content
from worker.channels.slack.content import SlackContent, SlackMessages
from worker.channels.slack.limits import check
from worker.domain.alert.notification import Notification
from worker.domain.brand import Brand
from worker.domain.digest.model import Digest
from worker.domain.notice import Notice
from worker.domain.schedule import Subscription
from worker.ports.channels import RenderRequest
from worker.rendering.html_nesting import html_fault
from worker.rendering.templates import JinjaTemplates
from worker.rendering.text_table import TEXT_WIDTH, width
from worker.vocabulary import VOCABULARY

FILES = Path(__file__).parent / "brand"
MESSAGES: dict[str, tuple[str, Digest | Notification | Notice]] = {
    "digest": ("pipeline", DIGESTS["normal"]),
    "alert": ("alert", ALERTS["one"]),
    "notice": ("notice", NOTICES[min(NOTICES)]),
}


@cache
def branded(brand: Brand) -> JinjaTemplates:
    return JinjaTemplates(TEMPLATES, vocabulary=VOCABULARY, brand=brand)


def request(name: str, locale: str) -> RenderRequest:
    family, content = MESSAGES[name]
    return RenderRequest(content, Subscription("team", "email", None, family, locale, "Europe/Berlin"))


def mail(name: str, locale: str, brand: Brand = BRAND) -> MailContent:
    return mail_content(request(name, locale), branded(brand))


def posts(name: str, locale: str, brand: Brand = BRAND) -> SlackContent:
    return SlackMessages(answers=False).content(request(name, locale), branded(brand))


@pytest.mark.parametrize("locale", ["en_GB", "de_DE"])
@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_with_a_brand_is_what_it_was(name: str, locale: str) -> None:
    made = mail(name, locale)
    forms = {"txt": made.text, "html": f"{made.html}\n", "slack.json": printed(posts(name, locale).posts)}
    for suffix, got in forms.items():
        path = FILES / f"{name}.{locale}.{suffix}"
        if os.environ.get("GOLDEN") == "write":
            FILES.mkdir(exist_ok=True)
            path.write_text(got, "utf-8")
        assert got == path.read_text("utf-8"), f"{path.name} differs; GOLDEN=write accepts it"


@pytest.mark.parametrize(("locale", "word"), [("en_GB", "Imprint"), ("de_DE", "Impressum")])
@pytest.mark.parametrize("name", MESSAGES)
def test_every_form_shows_name_footer_and_imprint(name: str, locale: str, word: str) -> None:
    made = mail(name, locale)
    shown = made.html.replace("&amp;", "&")
    for text in ("Acme Sales", "Figures are internal.", "HRB 12345 B", "https://acme.example/imprint", word):
        assert text in shown
        assert text in made.text
        assert text in printed(posts(name, locale).posts)
    assert max(width(line) for line in made.text.splitlines()) <= TEXT_WIDTH


def test_colours_stand_in_the_elements_and_for_the_night_in_the_head() -> None:
    html = mail("alert", "en_GB").html
    head = html.partition("</head>")[0]
    assert html.count("background-color:#7A1F3D") == 2, "the name's ground and the button"
    assert "background-color:#1B5FC1" not in html
    assert head.count("#F2A7BE!important") == head.count("#2B0A16!important") == 2


@pytest.mark.parametrize("name", MESSAGES)
def test_what_a_brand_says_is_text_and_nothing_else(name: str) -> None:
    made = mail(name, "en_GB", HOSTILE)
    assert html_fault(made.html) is None
    assert "<script" not in made.html
    assert "&lt;b&gt;A &amp; B&lt;/b&gt; {{ 7 * 7 }}" in made.html
    assert "\u202e" not in made.html + made.text
    said = printed(posts(name, "en_GB", HOSTILE).posts)
    assert "<!channel>" not in said
    assert "mrkdwn" not in said


@pytest.mark.parametrize("brand", [BRAND, HOSTILE])
@pytest.mark.parametrize("name", MESSAGES)
def test_a_post_keeps_the_limits_of_slack(name: str, brand: Brand) -> None:
    for post in posts(name, "en_GB", brand).posts:
        assert check(post) == ()


def test_a_name_without_colours_stands_on_the_messages_own_ground() -> None:
    html = mail("digest", "en_GB", Brand("Acme")).html
    assert "Acme</bdi></td></tr>" in html
    assert ".bd{color:#E9ECF0!important}" in html


def test_a_project_replaces_the_row_with_the_name() -> None:
    own = {"pipeline/email.html.j2": '{% extends "shipped/pipeline/email.html.j2" %}{% block brand %}{% endblock %}'}
    html = mail_content(request("digest", "en_GB"), JinjaTemplates(TEMPLATES, own, VOCABULARY, brand=BRAND)).html
    assert "Acme Sales" not in html
    assert "HRB 12345 B" in html
