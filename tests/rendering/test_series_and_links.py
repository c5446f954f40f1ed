"""What a reader with a preferences page sees, and the subject of a series."""

import pytest

from tests.golden.digests import DIGESTS
from tests.support.contents import mail_of, templates
from tests.support.slack_golden import printed
from worker.channels.email.content import mail_content
from worker.channels.slack.content import SlackMessages
from worker.domain.delivery import READER_LINK
from worker.domain.schedule import Subscription, Thread
from worker.ports.channels import RenderRequest

ENTRY = Subscription("team", "email", "sales@acme.example", "pipeline", "en_GB", "Europe/Berlin")


@pytest.mark.parametrize(
    ("locale", "words"),
    [("en_GB", "Change, pause or stop this digest"), ("de_DE", "Bericht ändern, pausieren oder beenden")],
)
def test_the_last_line_of_a_linked_mail_leads_to_the_readers_page(locale: str, words: str) -> None:
    entry = Subscription("team", "email", "sales@acme.example", "pipeline", locale, "Europe/Berlin")
    plain, linked = mail_of(DIGESTS["normal"], entry), mail_of(DIGESTS["normal"], entry, linked=True)
    assert words not in plain.text + plain.html
    assert READER_LINK not in plain.text + plain.html
    assert linked.text.splitlines()[-1] == READER_LINK
    assert words in linked.text.splitlines()[-2]
    assert f'href="{READER_LINK}"' in linked.html
    assert (linked.subject, plain.subject) == (plain.subject, linked.subject)


def test_a_series_has_one_subject_and_its_figures_begin_the_preheader() -> None:
    series = Subscription(
        "team", "email", "sales@acme.example", "pipeline", "en_GB", "Europe/Berlin", thread=Thread.SERIES
    )
    for name in ("normal", "first", "nothing-moved"):
        run, whole = mail_of(DIGESTS[name], ENTRY), mail_of(DIGESTS[name], series)
        assert whole.subject == "Weekly pipeline"
        figures = run.subject.split(" · ")[0]
        assert figures in whole.html.split("</div>")[0].split("<div")[1]


@pytest.mark.parametrize("name", sorted(DIGESTS))
def test_a_digest_with_a_page_of_its_run_links_to_it_in_every_form(name: str) -> None:
    page, file = "https://beat.acme.example/console/run/week@1", "https://beat.acme.example/console/moves.csv/week@1"
    request = RenderRequest(DIGESTS[name], ENTRY, run_page=page, moves_file=file)
    mail = mail_content(request, templates(None))
    assert f"\nOpen this run:\n{page}\n" in mail.text
    assert f"\nAll moves as CSV:\n{file}\n" in mail.text
    assert f'href="{page}"' in mail.html
    assert f'href="{file}"' in mail.html
    posts = printed(SlackMessages(answers=False).content(request, templates(None)).posts)
    assert f'"url": "{page}", "text": "Open this run"' in posts
