"""The address on the envelope is the one that was written, or there is a complaint."""

import pytest

from worker.adapters.smtp.addresses import ascii_address, mailbox


@pytest.mark.parametrize(
    ("written", "sent_to"),
    [
        ("ada@faß.de", "ada@xn--fa-hia.de"),
        ("ada@straße.example", "ada@xn--strae-oqa.example"),
        ("info@ναυτιλίας.example", "info@xn--kxadb4akj4bli.example"),
        ("jörg@bücher.example", "jörg@xn--bcher-kva.example"),
        ("Sales@ACME.Example", "Sales@acme.example"),
        ("ops@localhost", "ops@localhost"),
        ("ops@mail.local", "ops@mail.local"),
        ("o'neil&co@acme.example", "o'neil&co@acme.example"),
    ],
)
def test_mail_goes_to_the_domain_that_was_written(written: str, sent_to: str) -> None:
    assert ascii_address(written) == sent_to
    assert ascii_address(sent_to) == sent_to


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("sa\u200bles@acme.example", "ZERO WIDTH SPACE"),
        ("sales\u202e@acme.example", "RIGHT-TO-LEFT OVERRIDE"),
        ("“sales@acme.example”", "U\\+201D"),
        ("a..b@acme.example", "two periods"),
        (".a@acme.example", "start with a period"),
        ("a@acme..example", "two periods"),
        ("a@-acme.example", "hyphen"),
        ("a@acme.example.", "end with a period"),
        ("a@ac_me.example", "'_'"),
        ("x" * 65 + "@acme.example", "too long before"),
        ("a@" + "x" * 64 + ".example", "too many"),
    ],
)
def test_an_address_that_no_server_takes_is_refused_and_the_sentence_says_why(written: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"found the address .*{why}"):
        ascii_address(written)


@pytest.mark.parametrize(
    ("written", "name", "address"),
    [
        ("Pipeline <r@acme.example>", "Pipeline", "r@acme.example"),
        ("r@acme.example", "", "r@acme.example"),
        ("<r@acme.example>", "", "r@acme.example"),
        ("Sales @ Acme <r@acme.example>", "Sales @ Acme", "r@acme.example"),
        ("sales@acme.example via Funnelbeat <r@acme.example>", "sales@acme.example via Funnelbeat", "r@acme.example"),
        ("Reports: Sales <r@acme.example>", "Reports: Sales", "r@acme.example"),
        ('"Doe, \\"Jane\\"" <r@acme.example>', 'Doe, "Jane"', "r@acme.example"),
        ("a@b.example <c@d.example>", "a@b.example", "c@d.example"),
        ("Ventes <été@acme.example>", "Ventes", "été@acme.example"),
    ],
)
def test_the_sender_is_the_address_between_the_angle_brackets(written: str, name: str, address: str) -> None:
    assert mailbox(written) == (name, address)


@pytest.mark.parametrize(
    "written",
    [
        "Pipeline <r@acme.example>, Two <x@y.example>",
        "Doe, Jane <r@acme.example>",
        "Reports: r@acme.example, x@y.example;",
        "Pipeline <r@acme.example> (the bot)",
        'Say "hello <r@acme.example>',
        "Pipeline <>",
        "Pipeline",
        "",
    ],
)
def test_what_is_not_exactly_one_mailbox_is_no_sender(written: str) -> None:
    with pytest.raises(ValueError, match=r"found the (sender|address)"):
        mailbox(written)
