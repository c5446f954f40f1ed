from dataclasses import replace
from datetime import timedelta

import pytest

from tests.golden.digests import NORMAL
from tests.support.contents import mail_of, posts_of
from worker.domain.digest.model import SourceLine
from worker.domain.schedule import Subscription
from worker.rendering.page.query_names import QueryNames
from worker.rendering.page.sources import SourceRows
from worker.rendering.wording import Wording
from worker.vocabulary import VOCABULARY

EN = Wording("en_GB", "UTC", 2026, VOCABULARY.words)


@pytest.mark.parametrize(
    ("source", "label"),
    [
        ("close", "Close, Deals"),
        ("sandbox", "Close, Deals"),
        ("sandbox-umami", "Umami, Deals"),
        ("other", "Other, Deals"),
    ],
)
def test_a_stand_in_goes_by_the_name_of_its_service(source: str, label: str) -> None:
    line = SourceLine("open-deals", source, "opportunities", 1, 1, None)
    digest = replace(NORMAL, sources=(line,))
    assert SourceRows(digest, EN, QueryNames(digest, EN), VOCABULARY).source_label(line) == label


@pytest.mark.parametrize(("locale", "words"), [("en_GB", "may have arrived"), ("de_DE", "vielleicht angekommen")])
def test_a_digest_says_in_words_that_it_may_repeat_an_older_one(locale: str, words: str) -> None:
    w = Wording(locale, "UTC", 2026, VOCABULARY.words)
    unclear = replace(NORMAL, may_repeat=NORMAL.slot - timedelta(days=14))
    names = QueryNames(NORMAL, w)
    assert words in SourceRows(unclear, w, names, VOCABULARY).compared
    assert words not in SourceRows(NORMAL, w, names, VOCABULARY).compared


def test_it_says_so_in_mail_text_and_post() -> None:
    entry = Subscription("team", "email", "sales@acme.example", "pipeline", "en_GB", "UTC")
    unclear = replace(NORMAL, may_repeat=NORMAL.slot - timedelta(days=14))
    mail, posts = mail_of(unclear, entry), posts_of(unclear, entry)
    for text in (mail.html, " ".join(mail.text.split()), str(posts.posts)):
        assert "may have arrived. If so, this one repeats it." in text


@pytest.mark.parametrize(("locale", "words"), [("en_GB", "Only the deals meant for you"), ("de_DE", "nur die Deals")])
def test_a_reader_of_some_deals_is_told_so_in_mail_text_and_post(locale: str, words: str) -> None:
    """A sum of own deals must not be read as the team's."""
    entry = Subscription("team", "email", "sales@acme.example", "pipeline", locale, "UTC")
    some = replace(NORMAL, narrowed=True)
    mail, posts = mail_of(some, entry), posts_of(some, entry)
    for text in (mail.html, " ".join(mail.text.split()), str(posts.posts)):
        assert words in text
    assert words not in mail_of(NORMAL, entry).html
