import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.adapters.definitions.place import Document
from worker.adapters.definitions.yaml_nodes import DEEPEST, LARGEST, MOST_COPIED, Plain, core, parse


def read(text: str) -> Document:
    document, complaints = parse(text.encode(), "x.yaml")
    assert complaints == ()
    assert document is not None
    return document


def refusal(data: str | bytes) -> tuple[int, int, str, str]:
    _, complaints = parse(data.encode() if isinstance(data, str) else data, "x.yaml")
    (complaint,) = complaints
    return complaint.line, complaint.column, complaint.found, complaint.expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("no", "no"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("08", 8),
        ("0777", 777),
        ("0o17", 15),
        ("0x1F", 31),
        ("1:30", "1:30"),
        ("190:20:30", "190:20:30"),
        ("1_000", "1_000"),
        ("2026-11-23", "2026-11-23"),
        ("-12", -12),
        ("1.5e3", 1500.0),
        ("1e999", "1e999"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("~", None),
        ("null", None),
        ("'true'", "true"),
        ('"12"', "12"),
        ("!!str 12", "12"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
    ],
)
def test_a_value_is_what_yaml_1_2_core_says(text: str, value: object) -> None:
    resolved = core(read(f"a: {text}\n").value["a"])
    assert resolved == value
    assert type(resolved) is type(value)


def test_text_without_quotes_keeps_every_sign_of_it_until_somebody_asks_for_a_number() -> None:
    value = read("id: 0815\nother: 1_000\nthird: 1e3\n").value
    assert value == {"id": "0815", "other": "1_000", "third": "1e3"}
    assert isinstance(value["id"], Plain)


def test_every_key_and_value_has_its_line_and_column() -> None:
    document = read("# first\nnäme: Wöchentlich\nwhen: {cron: x,   every: y}\nlist:\n  - a\n  - b: c\n")
    assert document.spots[("näme",)].key == (2, 1)
    assert document.spots[("näme",)].value == (2, 7)
    assert document.spots[("when", "every")].key == (3, 19)
    assert document.spots[("when", "every")].value == (3, 26)
    assert document.spots[("list", 0)].value == (5, 5)
    assert document.spots[("list", 1, "b")].value == (6, 8)
    assert document.at(("list", 1, "missing", "below")) == (6, 5)


def test_an_alias_is_a_copy_with_places_of_its_own_path() -> None:
    document = read("a: &x {k: v}\nb: *x\n")
    assert document.value == {"a": {"k": "v"}, "b": {"k": "v"}}
    assert document.at(("b",)) == (2, 4)
    assert document.at(("b", "k")) == (1, 11)


@pytest.mark.parametrize(
    ("text", "place", "found"),
    [
        ("a: 1\nb: 2\na: 3\n", (3, 1), "`a` for the second time (first in line 1)"),
        ("a:\n\t- b\n", (2, 1), "a tab"),
        ("a: |\n x\n\ty: 3\n", (3, 1), "a tab"),
        ("a: *b\n", (1, 4), "which nothing above is named"),
        ("a: * * *\n", (1, 4), "starts with `*`"),
        ("a: @daily\n", (1, 4), "starts with `@`"),
        ("a: &x [*x]\n", (1, 8), "inside of what it names"),
        ("a: !!python/name:os.system x\n", (1, 4), "the tag"),
        ("a: !!float 1\n", (1, 4), "the tag"),
        ("a: b: c\n", (1, 5), "second colon"),
        ("a: [1\n", (1, 4), "`[` that is not closed"),
        ("a: 'x\n", (1, 4), "not closed"),
        ("a: b\nfoo\nc: d\n", (2, 1), "key was due"),
        ('a: "\\q"\n', (1, 5), "backslash"),
        ("a: 1\n--- \nb: 2\n", (2, 1), "second document"),
        ("? [a]\n: b\n", (1, 3), "key that is not plain text"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", (3, 3), "merge key"),
        ("a: b\nc: d\x07e\n", (2, 5), "U+0007"),
    ],
)
def test_what_is_not_yaml_for_us_is_said_in_one_sentence(text: str, place: tuple[int, int], found: str) -> None:
    line, column, said, _ = refusal(text)
    assert (line, column) == place
    assert found in said


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"\xef\xbb\xbfa: b\n", "byte order mark"),
        ("a: b\n".encode("utf-16"), "byte order mark"),
        (b"a: b\nb: \xe4\n", "not UTF-8"),
        (b"#" * (LARGEST + 1), "more than 1 MB"),
        (b"[" * (DEEPEST + 5), "levels inside each other"),
        (b"[" * 500_000, "levels inside each other"),
        (b"{a: " * 900, "levels inside each other"),
    ],
)
def test_hostile_bytes_are_refused_with_one_sentence(data: bytes, found: str) -> None:
    assert found in refusal(data)[2]


def test_the_place_of_bytes_that_are_not_utf_8_is_told() -> None:
    assert refusal(b"a: b\nb: \xe4\n")[:2] == (2, 4)


def test_a_billion_laughs_are_stopped_at_the_first_thousands() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert MOST_COPIED < 10**6
    assert "multiply" in refusal("\n".join(lines))[2]


def test_an_empty_file_is_no_fault_of_yaml() -> None:
    for text in ("", "# only a comment\n", "---\n", "~\n"):
        assert read(text).value is None


_LEAVES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=8)
_TREES = st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_LEAVES, inner, max_size=3))
_STYLES = st.sampled_from([True, False])


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(_LEAVES, _TREES, max_size=4), _STYLES)
def test_what_is_written_in_quotes_is_read_back_with_a_place_for_everything(
    tree: dict[str, object], flow: bool
) -> None:
    text = yaml.safe_dump(tree, default_style='"', default_flow_style=flow, allow_unicode=True)
    document = read(text)
    assert document.value == tree
    lines = text.split("\n")
    for spot in document.spots.values():
        line, column = spot.value
        assert 1 <= line <= len(lines)
        assert 1 <= column <= len(lines[line - 1]) + 1


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | st.text("abc:-[]{}*&!|>'\"%@`#,? \n\t~<0", max_size=40).map(str.encode))
def test_no_bytes_at_all_raise_anything(data: bytes) -> None:
    document, complaints = parse(data, "x.yaml")
    assert (document is None) <= bool(complaints)


def test_the_reader_in_python_and_the_one_in_c_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: {b: [1, 'x', ~], c: *y}\n".replace("*y", "&y z") + "d: *y\nä: |\n  block\n"
    by_c = read(text)
    monkeypatch.setattr("worker.adapters.definitions.yaml_nodes._LOADER", yaml.SafeLoader)
    by_python = read(text)
    assert by_c == by_python
    assert "levels" in refusal("[" * 60)[2]


def test_a_key_that_comes_again_inside_of_any_value_keeps_the_first() -> None:
    document, complaints = parse(b"a: []\nb: {c: 1, c: {d: 2, d: 3}}\na: {x: y}\n", "x.yaml")
    assert document is not None
    assert document.value == {"a": [], "b": {"c": "1"}}
    assert [(c.line, c.column) for c in complaints] == [(2, 11), (2, 21), (3, 1)]
    assert all(document.get(path) is not None for path in document.spots if path and path[0] != -1)
