"""Every hand-built notice, as mail and as post, in both languages, against the files beside this one. `GOLDEN=write`
writes them anew.
"""

import os
from pathlib import Path

import pytest

from tests.golden.notices import NOTICES
from tests.support.contents import mail_of, posts_of
from tests.support.slack_golden import printed
from worker.channels.slack.limits import checked
from worker.domain.schedule import Subscription

FILES = Path(__file__).parent / "notice"


def entry(locale: str) -> Subscription:
    return Subscription("operator", "email", "ops@acme.example", "notice", locale, "Europe/Berlin")


def same(name: str, got: str) -> None:
    path = FILES / name
    if os.environ.get("GOLDEN") == "write":
        FILES.mkdir(exist_ok=True)
        path.write_text(got, "utf-8")
    assert got == path.read_text("utf-8"), f"{path.name} differs; GOLDEN=write accepts it"


@pytest.mark.parametrize("locale", ["en_GB", "de_DE"])
@pytest.mark.parametrize("name", sorted(NOTICES))
def test_a_notice_is_what_it_was(name: str, locale: str) -> None:
    mail, posts = mail_of(NOTICES[name], entry(locale)), posts_of(NOTICES[name], entry(locale))
    same(f"{name}.{locale}.subject", mail.subject + "\n")
    same(f"{name}.{locale}.txt", mail.text)
    same(f"{name}.{locale}.html", mail.html + "\n")
    same(f"{name}.{locale}.slack.json", printed(checked(posts)))


@pytest.mark.parametrize("name", sorted(NOTICES))
def test_only_what_is_wrong_stands_in_the_colours_of_a_warning(name: str) -> None:
    warned = "background-color:#FFF3D1" in mail_of(NOTICES[name], entry("en_GB")).html
    assert warned is not name.startswith(("over-", "data-back", "held"))


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en_GB", "12 slots: Mon 16 Nov, 06:00 CET – 08:45 CET"),
        ("de_DE", "12 Termine: Mo. 16. Nov., 06:00 MEZ – 08:45 MEZ"),
    ],
)
def test_missed_slots_stand_in_the_readers_zone_and_language(locale: str, words: str) -> None:
    assert words in " ".join(mail_of(NOTICES["slots-missed"], entry(locale)).text.split())


def test_every_golden_file_belongs_to_a_notice() -> None:
    assert {path.name.split(".")[0] for path in FILES.iterdir()} == set(NOTICES)
