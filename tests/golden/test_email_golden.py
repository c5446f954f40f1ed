"""Every hand-built digest, in both languages, against the files beside this one. `GOLDEN=write` writes them anew."""

import os
from pathlib import Path

import pytest

from tests.golden.digests import DIGESTS
from tests.support.contents import mail_of
from worker.adapters.smtp.mime import MailContent
from worker.domain.schedule import Subscription

FILES = Path(__file__).parent / "email"


def rendered(name: str, locale: str) -> MailContent:
    entry = Subscription("team", "email", "sales@acme.example", "pipeline", locale, "Europe/Berlin")
    return mail_of(DIGESTS[name], entry)


@pytest.mark.parametrize("locale", ["en_GB", "de_DE"])
@pytest.mark.parametrize("name", sorted(DIGESTS))
def test_a_mail_is_what_it_was(name: str, locale: str) -> None:
    mail = rendered(name, locale)
    for suffix, got in (("subject", mail.subject + "\n"), ("txt", mail.text), ("html", mail.html + "\n")):
        path = FILES / f"{name}.{locale}.{suffix}"
        if os.environ.get("GOLDEN") == "write":
            FILES.mkdir(exist_ok=True)
            path.write_text(got, "utf-8")
        assert got == path.read_text("utf-8"), f"{path.name} differs; GOLDEN=write accepts it"


def test_every_golden_file_belongs_to_a_digest() -> None:
    assert {path.name.split(".")[0] for path in FILES.iterdir()} == set(DIGESTS)
