"""The links of one message to one reader."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.fakes import KEY, NOW, READER, TROUBLE, reader_digest, uses
from worker.domain.delivery import Delivery, DeliveryKey, DeliveryState, Envelope, ReaderLinks
from worker.domain.links import PREFERENCES_LAST, Link
from worker.flow.run.comparison import ReaderDigest
from worker.flow.run.envelope import envelope_of

PENDING = Delivery(KEY, DeliveryState.PENDING)
BASE = "https://beat.acme.example"


class Signs:
    """Tokens name the key, the purpose, and when they expire."""

    def __init__(self, key_id: str = "new") -> None:
        self.key_id = key_id

    def sign(self, link: Link, key_id: str) -> str:
        assert link.reader == READER
        days = (link.expires - NOW).days if link.expires is not None else "never"
        return f"{key_id}-{link.purpose.value}-{days}"


def of(digest: ReaderDigest, row: Delivery = PENDING, key_id: str = "new", *, mail: bool = True) -> Envelope:
    connectors: Any = uses(mailbox=lambda *_: mail)
    return envelope_of(uses(connectors=connectors, links=Signs(key_id)), digest, row, NOW)


def with_pages(**bundle: Any) -> ReaderDigest:
    digest = reader_digest(digest=uses())
    return replace(digest, bundle=replace(digest.bundle, web=BASE, **bundle))


def test_a_mail_has_links_to_unsubscribe_and_to_preferences_for_thirty_days() -> None:
    assert PREFERENCES_LAST.days == 30
    links = ReaderLinks(f"{BASE}/u/new-u-never", f"{BASE}/p/new-p-30", "new", "new-u-never")
    assert of(with_pages()) == Envelope(KEY, READER.address, NOW, links)


def test_a_later_try_is_signed_with_the_key_of_the_first() -> None:
    tried = replace(PENDING, attempt=1, date=NOW, link_key="old")
    made = of(with_pages(), tried)
    assert made.links is not None
    assert (made.links.key_id, made.links.unsubscribe) == ("old", f"{BASE}/u/old-u-never")
    assert of(with_pages(), replace(tried, link_key="")).links is None


@pytest.mark.parametrize(
    "made",
    [
        of(reader_digest(digest=uses())),
        of(with_pages(), key_id=""),
        of(with_pages(shared_addresses=(READER.address.upper(),))),
        of(with_pages(), mail=False),
        of(replace(with_pages(), composed=replace(with_pages().composed, digest=TROUBLE))),
    ],
    ids=["no pages", "no key", "a shared address", "no mail", "a notice"],
)
def test_other_messages_have_no_links(made: Envelope) -> None:
    assert made == Envelope(KEY, READER.address, NOW)


def test_what_tells_of_held_digests_links_to_the_page_alone() -> None:
    """No click may end one subscription of several."""
    digest = replace(with_pages(), composed=replace(with_pages().composed, digest=TROUBLE))
    also = replace(PENDING, key=DeliveryKey(KEY.run, f"also/{READER.id}"))
    assert of(digest, also).links == ReaderLinks("", f"{BASE}/p/new-p-30", "new")


def test_a_mail_that_others_get_a_copy_of_names_them_and_has_no_links() -> None:
    """Whoever holds the reader's token could unsubscribe the reader."""
    digest = with_pages()
    made = of(replace(digest, entry=replace(digest.entry, cc=("boss@acme.example", "chief@acme.example"))))
    assert (made.links, made.cc) == (None, ("boss@acme.example", "chief@acme.example"))


def test_a_reader_who_is_the_only_address_in_cc_has_links() -> None:
    """The mail goes to nobody else."""
    digest = with_pages()
    alone = replace(digest, entry=replace(digest.entry, cc=(READER.address.upper(), READER.address)))
    assert of(alone) == of(digest)
    assert of(alone).links is not None
    assert of(replace(digest, entry=replace(digest.entry, cc=(READER.address, "boss@acme.example")))).links is None
