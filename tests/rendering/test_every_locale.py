"""A digest can be made in every locale that a definition may name."""

import pytest
from babel import localedata
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.golden.digests import DIGESTS
from tests.golden.test_email_golden import rendered as mail
from tests.support.slack_golden import rendered as posts
from worker.adapters.definitions.times import locale


def accepted() -> list[str]:
    found = []
    for name in sorted(localedata.locale_identifiers()):
        try:
            found.append(locale(name))
        except ValueError:
            continue
    return found


@given(st.sampled_from(accepted()), st.sampled_from(sorted(DIGESTS)))
@settings(max_examples=25, deadline=None)
def test_a_digest_renders_in_every_locale_that_check_accepts(name: str, digest: str) -> None:
    made = mail(digest, name)
    assert made.subject
    for line in made.text.splitlines():
        assert line.count("\u2068") == line.count("\u2069")
    assert posts(DIGESTS[digest], name).posts


@pytest.mark.parametrize("name", ["ar_EG", "fa_IR", "he_IL", "ja_JP", "th_TH", "my_MM", "hi_IN", "de_CH", "dz_BT"])
def test_other_scripts_and_digits_are_among_them(name: str) -> None:
    assert name in accepted()
    assert mail("normal", name).text
