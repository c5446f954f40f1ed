from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.adapters.definitions.conftest import Load
from tests.adapters.definitions.example import PROJECT, WEEKLY
from worker.adapters.definitions.secrets import references, resolve, unescaped
from worker.errors import RequestError


def test_references_are_replaced_within_one_value_and_escapes_are_not(tmp_path: Path) -> None:
    (tmp_path / "token.txt").write_text("from-file\n")
    options = {
        "a": "${KEY}",
        "b": "x-${KEY}-${file:token.txt}-y",
        "c": "$${KEY}",
        "d": "p$ssw0rd$",
        "e": f"${{file:{tmp_path / 'token.txt'}}}",
    }
    assert resolve(options, {"KEY": "va$${lue"}, tmp_path) == {
        "a": "va$${lue",
        "b": "x-va$${lue-from-file-y",
        "c": "${KEY}",
        "d": "p$ssw0rd$",
        "e": "from-file",
    }


def test_a_variable_that_is_not_set_is_named_with_the_option_that_wants_it(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"`api_key` needs the environment variable SHELF_KEY, which is not set"):
        resolve({"base_url": "x", "api_key": "${SHELF_KEY}"}, {"SHELF_KEY": ""}, tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"\xff", "not UTF-8"),
        (b"x" * 70_000, "too large"),
    ],
)
def test_a_secret_file_that_cannot_serve_is_named(content: bytes | None, said: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    with pytest.raises(RequestError, match=said) as raised:
        resolve({"token": "${file:key}"}, {}, tmp_path)
    assert "the file key" in str(raised.value)


def test_a_variable_that_is_no_text_is_named(tmp_path: Path) -> None:
    """Python has a half surrogate pair for each byte of the environment that is not UTF-8, and nothing can send it."""
    with pytest.raises(RequestError, match="`key` needs the environment variable KEY, which is not UTF-8") as caught:
        resolve({"key": "${KEY}"}, {"KEY": b"se\xffcret".decode("utf-8", "surrogateescape")}, tmp_path)
    assert "cret" not in str(caught.value)


def test_a_directory_is_no_secret(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="not a plain file"):
        resolve({"token": "${file:.}"}, {}, tmp_path)


@pytest.mark.parametrize(
    "text", ["${", "${KEY", "${}", "${A B}", "${1A}", "${file:}", "${env:KEY}", "x${A-b}", "$${A}${"]
)
def test_a_malformed_reference_is_refused_without_being_repeated(text: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^(close the reference|write `\$\{NAME\}`)"):
        references(text)
    with pytest.raises(RequestError, match="`key`"):
        resolve({"key": text}, {"KEY": "x"}, tmp_path)


@given(st.text())
def test_whatever_is_escaped_comes_back_as_it_was(text: str) -> None:
    plain = text.replace("$", "")
    escaped = f"{plain}$${{{plain}"
    assert references(escaped) == ()
    assert unescaped(escaped) == f"{plain}${{{plain}"
    assert resolve({"a": escaped}, {}, Path()) == {"a": f"{plain}${{{plain}"}


def test_the_bundle_keeps_references_and_never_values(loading: Load) -> None:
    loaded = loading()
    assert loaded.bundle is not None
    assert loaded.bundle.connections["shop"].options == {"api_key": "${SHELF_KEY}"}
    assert "k-1" not in repr(loaded)
    assert "hooks.chat.example" not in repr(loaded)


def test_secrets_are_listed_with_their_place_and_whether_they_are_set(loading: Load) -> None:
    listed = [(s.kind, s.name, s.holder, s.place, s.set) for s in loading({"hook.txt": None}, MAIL_PASSWORD="").secrets]
    assert listed == [
        ("environment", "SHELF_KEY", "connections.shop.api_key", "funnelbeat.yaml:3:32", True),
        ("environment", "MAIL_PASSWORD", "channels.email.password", "funnelbeat.yaml:8:15", False),
        ("file", "hook.txt", "channels.room.webhook_url", "funnelbeat.yaml:10:35", False),
    ]


def test_a_secret_in_the_file_is_a_warning_that_does_not_repeat_it(loading: Load) -> None:
    loaded = loading({"funnelbeat.yaml": PROJECT.replace("${SHELF_KEY}", "sk_12345")})
    assert loaded.bundle is not None
    (warning,) = loaded.warnings
    assert str(warning).startswith("funnelbeat.yaml:3:32: `api_key` with the secret itself; ")
    assert "sk_12345" not in str(warning)


def test_an_escaped_dollar_is_plain_text_in_a_schedule(loading: Load) -> None:
    text = WEEKLY.replace("name: Weekly", 'name: "costs $${x}"')
    loaded = loading({"schedules/weekly.yaml": text})
    assert loaded.bundle is not None
    assert loaded.bundle.schedules["weekly"].name == "costs ${x}"
