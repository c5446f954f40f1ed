"""What a project's template may not do: read the process, or take memory and time without an end.

Every filter, test and global is read from the environment itself: a new one is attacked without a new line here.
"""

import resource
import sys
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from tests.golden.digests import NORMAL
from tests.support.contents import mail_of, posts_of
from worker.channels.email.content import mail_content
from worker.domain.schedule import Connection, Subscription
from worker.errors import RenderError
from worker.ports.channels import RenderRequest
from worker.rendering.templates import JinjaTemplates, environment
from worker.vocabulary import VOCABULARY

TEMPLATES = Path(__file__).parents[2] / "templates"
NAME = "pipeline/email.subject.j2"
OTHERS = {"pipeline/email.html.j2": "<p></p>", "pipeline/email.txt.j2": "text"}
ENTRY = Subscription("team", "email", "sales@acme.example", "pipeline", "en_GB", "Europe/Berlin")
ENV = environment(TEMPLATES, {})

CANARY = "canary-7f3a91"
CONNECTION = Connection("crm", "sandbox", {"api_key": CANARY})
"""Within reach of everything that gets as far as sys.modules."""

INTERNALS = ("<class '", "<module '", "<function ", "<code object", "<frame ", "mappingproxy(", "environ(")
GROWTH = 512 * 1024
"""kB by which the process may grow while one template fails."""

LONGEST = 100_000
"""Characters of a subject here, or of the sentence that refuses it."""

SECONDS = 60.0
"""Of the processor, in which one test's templates end. What else the machine does is no fault of theirs."""

WALK = "{x.__class__.__init__.__globals__[re].enum.sys.modules[os].environ[FUNNELBEAT_CANARY]}"
MODULE = "{x.__class__.__init__.__globals__[re].enum.sys.modules[" + __name__ + "].CONNECTION.options}"
WALKS = (
    WALK,
    MODULE,
    "{x.__class__}",
    "{x._locale}",
    "{x.say.__func__.__globals__}",
    "{x[__class__]}",
    "{0.__class__.__mro__}",
    "{x!r:>{y.__class__}}",
    "%(x)s{x.__class__.__init__.__globals__}",
)
DUNDERS = ("__class__", "__init__.__globals__", "say.__func__.__globals__")


class OneChanging:
    """Templates of a project of which only the subject changes, so that thousands of subjects are tried in seconds: the
    other templates stay compiled.
    """

    def __init__(self) -> None:
        self.sources = dict(OTHERS)
        self.templates = JinjaTemplates(TEMPLATES, self.sources, VOCABULARY)

    def subject(self, source: str) -> str:
        self.sources[NAME] = source
        compiled = self.templates._env.cache
        assert compiled is not None
        for key in [key for key in compiled if key[1] == NAME]:
            del compiled[key]
        return mail_content(RenderRequest(NORMAL, ENTRY), self.templates).subject


CHANGING = OneChanging()


def subject(source: str) -> str:
    """What a template makes, or the sentence that refuses it."""
    try:
        return CHANGING.subject(source)
    except RenderError as error:
        return str(error)


def test_the_subject_that_is_tried_is_the_one_that_was_given() -> None:
    assert [subject(source) for source in ("{{ 1 + 1 }}", "{{ 1 + 2 }}", "{{ 1 + 1 }}")] == ["2", "3", "2"]


@pytest.fixture(autouse=True)
def canary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNNELBEAT_CANARY", CANARY)
    assert sys.modules[__name__].CONNECTION is CONNECTION


@pytest.fixture
def bounded() -> Iterator[None]:
    """Fails a test in which the process grew past the bound, or that took more of the processor than a template may."""
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < GROWTH
    assert time.process_time() - begun < SECONDS


def harmless(source: str) -> None:
    got = subject(source)
    assert len(got) < LONGEST, f"{source}: {len(got)} characters"
    found = [mark for mark in (CANARY, *INTERNALS) if mark in got]
    assert not found, f"{source}: {got[:300]}"


def walks(call: str) -> Iterator[str]:
    """`call` is a filter's or a test's use, with PATTERN and GIVEN open."""
    for text in WALKS[:3]:
        for value in (repr(text), f"({text!r} | escape)", f"[{text!r}]"):
            for given in ("", "(w)", "(x=w)", "({'x': w})"):
                yield call.replace("VALUE", value).replace("GIVEN", given)


def attributes(call: str) -> Iterator[str]:
    for path in DUNDERS:
        for value in ("w", "[w, w]", "{'a': w}", "w.say"):
            for given in (f"({path!r})", f"(attribute={path!r})", f"({path!r}, 'x')", f"('attr', {path!r})"):
                yield call.replace("VALUE", value).replace("GIVEN", given)


HUGE = (
    "(1000000000)",
    "(1000000000, 'x')",
    "(1000000000, 'ceil')",
    "(indent=1000000000)",
    "(width=1000000000)",
    "('x', 1000000000)",
    "([1000000000])",
)


def sizes(call: str) -> Iterator[str]:
    for value in ("'x'", "1", "1.5", "['x']", "'%1000000000d'", "'%.1000000000f'", "{'a': 1}"):
        for given in HUGE:
            yield call.replace("VALUE", value).replace("GIVEN", given)


@pytest.mark.parametrize("name", sorted(ENV.filters))
def test_no_filter_lets_a_template_out_or_grows_without_an_end(name: str, bounded: None) -> None:
    assert bounded is None
    call = "{{ VALUE|" + name + "GIVEN }}"
    listed = "{{ VALUE|" + name + "GIVEN|list }}"
    mapped = "{{ VALUE|map('" + name + "', w, x=w)|list }}"
    for source in chain(walks(call), attributes(call), attributes(listed), walks(mapped), sizes(listed)):
        harmless(source)


@pytest.mark.parametrize("name", sorted(name for name in ENV.tests if name.isidentifier()))
def test_no_test_lets_a_template_out(name: str) -> None:
    selected = "{{ VALUE|select('" + name + "')|list }}"
    for source in chain(walks("{{ VALUE is " + name + "GIVEN }}"), sizes("{{ VALUE is " + name + "GIVEN }}")):
        harmless(source)
    for source in walks(selected):
        harmless(source)


REACHES = ("__class__", "__init__.__globals__", "__call__.__globals__", "__globals__", "_TemplateReference__context")
GLOBALS = sorted({*ENV.globals, "w", "page", "digest", "self", "loop", "caller", "varargs", "reader", "attached"})


@pytest.mark.parametrize("name", GLOBALS)
def test_no_global_lets_a_template_out_or_grows_without_an_end(name: str, bounded: None) -> None:
    assert bounded is None
    for path in (
        "__class__",
        "__init__.__globals__",
        "__call__.__globals__",
        "__globals__",
        "_locale",
        "_TemplateReference__context",
    ):
        for root in (name, f"{name}()", f"{name}('a')", f"{name}({{'a': 1}})"):
            harmless("{{ " + f"{root}.{path}" + " }}")
            harmless("{{ " + root + "".join(f"[{part!r}]" for part in path.split(".")) + " }}")
            harmless("{{ " + root + "".join(f"|attr({part!r})" for part in path.split(".")) + " }}")
    for given in ("10**9", "1000000000", "n=1000000000", "n=1000000000, min=0, max=1, html=false"):
        subject("{{ " + f"{name}({given})" + "|string|length }}")


@pytest.mark.parametrize("text", WALKS)
@pytest.mark.parametrize(
    "way",
    [
        "{{ TEXT.format(w, x=w, y=w) }}",
        "{{ TEXT.format_map({'x': w, 'y': w}) }}",
        "{{ (TEXT|escape).format(w, x=w, y=w) }}",
        "{{ (TEXT|escape).format_map({'x': w, 'y': w}) }}",
        "{{ (TEXT|attr('format'))(w, x=w, y=w) }}",
        "{{ TEXT['format'](w, x=w, y=w) }}",
        "{{ ([TEXT]|map(attribute='format')|first)(w, x=w, y=w) }}",
        "{% set f = TEXT.format %}{{ f(w, x=w, y=w) }}",
        "{{ TEXT % {'x': w} }}",
        "{{ TEXT|format(x=w) }}",
        "{{ TEXT|fill(x=w, y=w) }}",
        "{{ ''.join([TEXT])|fill(x=w, y=w) }}",
        "{% filter fill(x=w, y=w) %}{{ TEXT }}{% endfilter %}",
        "{% macro m(p) %}{{ p|fill(x=w, y=w) }}{% endmacro %}{{ m(TEXT) }}",
        "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}{{ TEXT.format(w, x=w, y=w) }}{% endcall %}",
        "{{ cycler(TEXT).next().format(w, x=w, y=w) }}",
        "{{ joiner(TEXT).sep.format(w, x=w, y=w) }}",
        "{% set ns = namespace(t=TEXT) %}{{ ns.t.format(w, x=w, y=w) }}",
        "{% block b %}{{ TEXT.format(w, x=self) }}{% endblock %}{{ self.b() }}",
        "{{ w.say('since', date=TEXT) }}",
        "{{ w.say(TEXT) }}",
        "{{ w.pattern(TEXT) }}",
        "{{ page.indent(TEXT, 1) }}",
    ],
)
def test_no_pattern_reads_what_lies_behind_a_value(way: str, text: str) -> None:
    harmless(way.replace("TEXT", repr(text)))


@pytest.mark.parametrize(
    "path",
    ["../../pyproject.toml", "/etc/hostname", "/proc/self/environ", "..\\x", "pipeline/../../pyproject.toml", "", "."],
)
@pytest.mark.parametrize(
    "way",
    ["{% include PATH %}", "{% import PATH as x %}{{ x }}", "{% from PATH import x %}", "{% extends PATH %}"],
)
def test_no_file_outside_of_the_templates_is_read(way: str, path: str) -> None:
    with pytest.raises(RenderError):
        mail_of(NORMAL, ENTRY, overrides={NAME: way.replace("PATH", repr(path)), **OTHERS})


def doubled(first: str, grow: str, shown: str) -> str:
    turns = "{% for i in range(60) %}{% set n.t = " + grow + " %}{% endfor %}"
    return "{% set n = namespace(t=" + first + ") %}" + turns + "{{ " + shown + " }}"


ENDLESS = {
    "a range": "{% for i in range(10**9) %}{% endfor %}",
    "loops in loops": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "a loop's test": "{% for a in range(99999) %}{% for b in range(99999) if false %}{% endfor %}{% endfor %}",
    "a recursive loop": "{% for a in range(99999) recursive %}"
    "{% if loop.depth < 3 %}{{ loop(range(99999)) }}{% endif %}{% endfor %}",
    "maps in maps": "{{ ([range(99999)|list] * 9999)|map('map', 'string')|map('list')|map('length')|sum }}",
    "tests in maps": "{{ ([range(99999)|list] * 9999)|map('select', 'odd')|map('list')|map('length')|sum }}",
    "a text repeated": "{{ 'x' * 10**9 }}",
    "a list repeated": "{{ ([1] * 10**10)|length }}",
    "a text doubled": doubled("'x'", "n.t ~ n.t", "n.t|length"),
    "a list doubled": doubled("[1]", "n.t + n.t", "n.t|length"),
    "a power": "{{ 9**(9**9) }}",
    "a power of powers": "{{ (10**4000)**(10**4) > 1 }}",
    "a number squared": doubled("9", "n.t * n.t", "n.t > 1"),
    "a number divided": "{% set n = ('f' * 9000000)|int(0, 16) %}{{ n // (n - 1) }}",
    "a number tested": "{% set n = ('f' * 3000000)|int(0, 16) %}{{ n is divisibleby(n // 3) }}",
    "a number from bytes": "{{ (1).from_bytes(('f' * 999999).encode(), 'big') is odd }}",
    "filters one by one": "{% set t = 'x' * 900000 %}{{ t" + "|title" * 999 + "|length }}",
    "a rounded number": "{{ 1.5|round(10**6, 'ceil') }}",
    "slices": "{{ [1]|slice(10**9)|min }}",
    "lists put together": "{{ ([[1]] * 10**6)|sum(start=[])|length }}",
    "a wrapped text": "{{ ('x' * 10**7)|wordwrap(1)|length }}",
    "an indented text": "{{ page.indent('x' * 10**7, 1)|length }}",
    "a filled text": "{{ ('{a}' * 99999)|fill(a='x' * 99999)|length }}",
    "a replaced text": "{{ ('x' * 99999)|replace('x', 'y' * 99999)|length }}",
    "a cleaned text": "{{ ('\\u200bx' * 10**8)|clean(10**8)|length }}",
    "a width": "{{ '%1000000000d' % 1 }}{{ '{:1000000000}'.format(1) }}",
    "much output": "{% for i in range(99999) %}{{ 'x' * 9999 }}{% endfor %}",
    "digits": "{{ w.percent(0.5, 10**9) }}",
    "an indent": "{{ page.indent('x', 10**9) }}",
    "columns": "{{ ['x']|columns([10**9]) }}",
    "a macro that calls itself": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "a macro that calls itself twice": "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}"
    "{% endmacro %}{{ m(60) }}",
    "a template that includes itself": "{% include 'pipeline/email.subject.j2' %}",
    "a template that extends itself": "{% extends 'pipeline/email.subject.j2' %}",
    "a block in itself": "{% block b %}{{ self.b() }}{% endblock %}",
    "brackets": "{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}",
    "nested loops": "{% for a in [1] %}" * 30 + "{% endfor %}" * 30,
}


@pytest.mark.parametrize("kind", sorted(ENDLESS))
def test_what_never_ends_or_never_fits_is_a_templates_fault(kind: str, bounded: None) -> None:
    assert bounded is None
    with pytest.raises(RenderError) as caught:
        mail_of(NORMAL, ENTRY, overrides={NAME: ENDLESS[kind], **OTHERS})
    assert caught.value.template == NAME
    assert len(caught.value.problem) < 500


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("\n{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "calls itself"),
        ("\n{{ [1] * 10**9 }}", "memory"),
        ("\n{{ 'x' * 10**9 }}", "a text of more than 1000000 characters"),
        ("\n{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "it takes "),
        ("\n{{ 10.0**400 }}", "out of range"),
        ("\n{{ 1 + 'a' }}", "unsupported operand"),
        ("\n{{ [w, w]|sort(attribute='__class__')|list }}", "unsafe"),
        ("\n{{ '{x.__class__}'|fill(x=w) }}", "found the place {x.__class__}, expected one of: {x}"),
        ("\n{{ '{y}'|fill(x=1) }}", "found the place {y}, expected one of: {x}"),
    ],
)
def test_whatever_a_template_raises_names_its_line(source: str, problem: str) -> None:
    with pytest.raises(RenderError) as caught:
        mail_of(NORMAL, ENTRY, overrides={NAME: source, **OTHERS})
    assert (caught.value.template, caught.value.line) == (NAME, 2)
    assert problem in caught.value.problem


def test_posts_nested_too_deeply_are_a_templates_fault() -> None:
    name = "pipeline/slack.json.j2"
    source = {name: "[{\"text\": {{ '[' * 90000 }}{{ ']' * 90000 }}}]"}
    with pytest.raises(RenderError, match="nested"):
        posts_of(NORMAL, ENTRY, overrides=source)


def test_a_post_of_very_many_keys_is_read_in_time(bounded: None) -> None:
    assert bounded is None
    name = "pipeline/slack.json.j2"
    keys = '{% for i in range(99999) %}"{{ i }}":1,{% endfor %}'
    source = {name: '[{"text":"a",' + keys + '"b":2,"b":2}]'}
    with pytest.raises(RenderError, match="occurs twice"):
        posts_of(NORMAL, ENTRY, overrides=source)


@pytest.mark.parametrize(
    "piece",
    ["<div>", "<div></x>", "<div><!--</div>-->", "<div><object></div></object>", "<div><textarea></div></textarea>"],
)
def test_html_nested_too_deeply_is_a_templates_fault(piece: str) -> None:
    name = "pipeline/email.html.j2"
    page = "<html><head></head><body>{% for i in range(20000) %}" + piece + "{% endfor %}"
    with pytest.raises(RenderError, match="nested or not closed") as caught:
        mail_of(NORMAL, ENTRY, overrides={name: page})
    assert caught.value.template == name


def test_html_of_many_elements_side_by_side_is_no_fault() -> None:
    name = "pipeline/email.html.j2"
    piece = "a<br><img src='x'><p>b<ul><li>c<li>d</ul><b>e</b>"
    page = "<html><head></head><body>{% for i in range(1200) %}<div>" + piece + "</div>{% endfor %}</body></html>"
    mail = mail_of(NORMAL, ENTRY, overrides={name: page})
    assert mail.html.count("<br>") == 1_200


def test_memory_is_unbounded_again_after_a_template_failed() -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)
    subject("{{ 'x' * 10**9 }}")
    assert resource.getrlimit(resource.RLIMIT_AS) == before


def test_a_phrase_is_filled_by_name_and_escaped() -> None:
    source = "{{ '{a} & {b}, {'|fill(a='<i>', b='{a}') }}"
    html = "<html><head></head><body><p>" + source + "</p></body></html>"
    mail = mail_of(NORMAL, ENTRY, overrides={"pipeline/email.html.j2": html})
    assert "<p>&lt;i&gt; &amp; {a}, {</p>" in mail.html
