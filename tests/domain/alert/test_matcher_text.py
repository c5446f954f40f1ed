"""Matchers as amtool writes them."""

import pytest

from worker.domain.alert.matcher_text import parse_matcher, written
from worker.domain.alert.silence import Matcher
from worker.errors import RequestError


@pytest.mark.parametrize(
    ("text", "matcher"),
    [
        ("rule=big", Matcher("rule", "=", "big")),
        ('owner="Ann Lee"', Matcher("owner", "=", "Ann Lee")),
        ('owner = "say \\"hi\\""', Matcher("owner", "=", 'say "hi"')),
        ('name=~"(a|b) \\)+"', Matcher("name", "=~", "(a|b) \\)+")),
        ("team!=north", Matcher("team", "!=", "north")),
        ('team=~"north|south"', Matcher("team", "=~", "north|south")),
        ("stage!~Won.*", Matcher("stage", "!~", "Won.*")),
        ("owner=", Matcher("owner", "=", "")),
        ('path="a\\\\b"', Matcher("path", "=", "a\\b")),
    ],
)
def test_a_matcher_is_read_and_written_again(text: str, matcher: Matcher) -> None:
    assert parse_matcher(text) == matcher
    assert parse_matcher(written(matcher)) == matcher


@pytest.mark.parametrize(
    "text", ["", "rule", "=big", "1a=b", "a b=c", "rule=~(", "rule!~[", "rule=~(a+)+b", "rule=~(a|a){2,}"]
)
def test_what_is_no_matcher_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match=r"matcher|regular expression"):
        parse_matcher(text)
