"""What a template wrote is looked at before it is sent: HTML whose elements are closed, JSON, and no empty part."""

import pytest

from tests.golden.digests import NORMAL
from tests.support.contents import mail_of, posts_of
from worker.domain.schedule import Subscription
from worker.errors import RenderError
from worker.rendering.html_nesting import html_fault

ENTRY = Subscription("team", "email", "sales@acme.example", "pipeline", "en_GB", "Europe/Berlin")
HTML, TEXT, SUBJECT, POSTS = (f"pipeline/{n}.j2" for n in ("email.html", "email.txt", "email.subject", "slack.json"))
EXTENDS = '{{% extends "shipped/{}" %}}'


def refused(path: str, source: str) -> RenderError:
    with pytest.raises(RenderError) as caught:
        (posts_of if path == POSTS else mail_of)(NORMAL, ENTRY, overrides={path: source})
    return caught.value


@pytest.mark.parametrize(
    ("html", "problem"),
    [
        ("<div><b>x</div>", "<b> is not closed before </div>"),
        ("<div>x", "<div> is never closed"),
        ("x</div>", "</div> closes nothing that is open"),
        ("<style>p{}", "<style> is never closed"),
    ],
)
def test_an_element_that_is_not_closed_is_found(html: str, problem: str) -> None:
    fault = html_fault(html)
    assert fault is not None
    assert fault.problem == problem
    assert html[fault.offset] == "<"


@pytest.mark.parametrize(
    "html",
    [
        "<p>one<p>two",
        "<table><tr><td>a<td>b<tr><td>c</table>",
        "<ul><li>a<li>b</ul>",
        "a<br>b<img src=x><hr/>",
        "<!--[if mso]><table><tr><td><![endif]--><b>x</b>",
        "<svg><path d='M0 0'/></svg>",
        "<style>a<b{}</style><title>a < b</title>",
    ],
)
def test_what_html_lets_an_author_leave_out_is_no_fault(html: str) -> None:
    assert html_fault(html) is None


def test_an_open_element_is_named_with_the_template_and_the_line_that_wrote_it() -> None:
    source = (
        EXTENDS.format(HTML) + "\n\n{% block header %}\n<p>{{ digest.name }}</p>\n<div><b>x</div>\n{% endblock %}\n"
    )
    found = refused(HTML, source)
    assert (found.template, found.line) == (HTML, 5)
    assert found.problem == "its output is not whole HTML: <b> is not closed before </div>"


def test_an_open_element_of_an_included_template_is_named_there() -> None:
    found = refused("shared/email-header.html.j2", "<p>one</p>\n{{ digest.name }}\n<i>")
    assert (found.template, found.line) == ("shared/email-header.html.j2", 3)


def test_json_that_is_none_is_shown_where_it_is_wrong() -> None:
    source = '{% extends "shipped/pipeline/slack.json.j2" %}\n{% block header %}{{ super() }},,{% endblock %}'
    found = refused(POSTS, source)
    assert found.template.endswith(POSTS)
    assert found.line
    assert found.problem.startswith("its output is not JSON: Expecting value, near ")


@pytest.mark.parametrize(("path", "source"), [(TEXT, "{# nothing #}"), (SUBJECT, " "), (HTML, "\n")])
def test_an_empty_part_is_refused(path: str, source: str) -> None:
    assert (refused(path, source).template, refused(path, source).line) == (path, 0)
    assert "its output is empty" in refused(path, source).problem


def test_a_block_is_replaced_and_the_rest_stays() -> None:
    source = '{% extends "shipped/pipeline/email.txt.j2" %}{% block footer %}Ask {{ super()|trim }}{% endblock %}'
    shipped, own = mail_of(NORMAL, ENTRY).text, mail_of(NORMAL, ENTRY, overrides={TEXT: source}).text
    assert [line.removeprefix("Ask ") for line in own.split("\n")] == [
        line.lstrip() if "Compared with" in line else line for line in shipped.split("\n")
    ]
    assert "\nAsk " in own
