"""What every registered type of connection and channel keeps to, whichever it is."""

import re

import pytest

from worker.domain.query import ConnectionType, ParamKind, QuerySpec
from worker.plugins import CHANNEL_TYPES, CONNECTIONS
from worker.ports.channels import ChannelKind

TYPES = [*CONNECTIONS.items(), *CHANNEL_TYPES.items()]
QUERIES = [(kind, name, spec) for kind, of in CONNECTIONS.items() for name, spec in of.queries.items()]
SECRET = re.compile(r"password|token|api_key|secret|webhook_url")
NAMES = re.compile(r"[a-z][A-Za-z0-9_]*")


@pytest.mark.parametrize(("name", "kind"), TYPES)
def test_a_type_is_registered_under_its_own_name(name: str, kind: ConnectionType | ChannelKind) -> None:
    assert kind.type == name


@pytest.mark.parametrize(("name", "kind"), TYPES)
def test_options_are_named_once_and_what_looks_like_a_secret_is_one(
    name: str, kind: ConnectionType | ChannelKind
) -> None:
    names = [option.name for option in kind.options]
    assert len(set(names)) == len(names)
    assert {group for groups in kind.one_of for group in groups} <= set(names)
    assert [o.name for o in kind.options if SECRET.search(o.name) and not o.secret] == []
    assert [o.name for o in kind.options if not o.note] == []


@pytest.mark.parametrize(("kind", "name", "spec"), QUERIES)
def test_a_query_says_what_it_is_and_takes_each_parameter_once(kind: str, name: str, spec: QuerySpec) -> None:
    assert spec.name == name
    assert NAMES.fullmatch(name)
    assert spec.summary
    assert "\n" not in spec.summary
    taken = [param.name for param in spec.params]
    assert len(set(taken)) == len(taken)
    assert [p.name for p in spec.params if p.kind is ParamKind.CHOICE and not p.choices] == []


def normal(name: str, address: str) -> str | None:
    """None where the channel's type refuses it."""
    try:
        return CHANNEL_TYPES[name].address(address)
    except ValueError:
        return None


@pytest.mark.parametrize("name", CHANNEL_TYPES)
def test_a_normalised_address_is_its_own_normal_form(name: str) -> None:
    accepted = [one for one in (normal(name, text) for text in ("Sales@ACME.example", "C0123456789")) if one]
    assert accepted
    assert [normal(name, one) for one in accepted] == accepted


@pytest.mark.parametrize("name", CHANNEL_TYPES)
@pytest.mark.parametrize("address", ["", " ", "a\nb@acme.example", "x" * 2000, "\0", "<script>"])
def test_an_address_that_is_none_is_refused_with_what_to_write(name: str, address: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        CHANNEL_TYPES[name].address(address)
