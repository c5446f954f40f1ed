"""What every registered type of connection and channel keeps to, whichever it is."""

import re
from pathlib import Path

import pytest

from worker.adapters.definitions.load import load
from worker.app import registry
from worker.plugins import CHANNEL_TYPES, CONNECTIONS, SOURCES, STAND_INS
from worker.ports.channels import ChannelKind
from worker.ports.init_forms import CHOSEN, InitForm
from worker.ports.kinds import ParamKind, QuerySpec, SourceKind
from worker.rendering import words_de, words_en

TYPES = [*CONNECTIONS.items(), *CHANNEL_TYPES.items()]
QUERIES = [(kind, name, spec) for kind, of in CONNECTIONS.items() for name, spec in of.queries.items()]
SECRET = re.compile(r"password|token|api_key|secret|webhook_url")
NAMES = re.compile(r"[a-z][A-Za-z0-9_]*")


@pytest.mark.parametrize(("name", "kind"), TYPES)
def test_a_type_is_registered_under_its_own_name(name: str, kind: SourceKind | ChannelKind) -> None:
    assert kind.type == name


@pytest.mark.parametrize(("name", "kind"), TYPES)
def test_options_are_named_once_and_what_looks_like_a_secret_is_one(name: str, kind: SourceKind | ChannelKind) -> None:
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


FORMS = [(kind, kind.ask_for_init) for kind in SOURCES if kind.ask_for_init is not None]


@pytest.mark.parametrize(("kind", "form"), FORMS, ids=lambda one: getattr(one, "type", ""))
def test_init_asks_for_options_that_there_are_and_chooses_from_what_can_be_listed(
    kind: SourceKind, form: InitForm
) -> None:
    options = {option.name: option for option in kind.options}
    assert {name for one in form.fields for name in (one.option, one.address) if name} <= set(options)
    assert [one.option for one in form.fields if bool(one.variable) != options[one.option].secret] == []
    assert form.choose in kind.catalogue


AN_ID = {"pipedrive": "7"}
"""What a catalogue offers, where ids have a form of their own."""


@pytest.mark.parametrize("kind", [kind for kind, _ in FORMS], ids=lambda kind: kind.type)
def test_the_first_schedules_of_a_service_load_without_a_complaint(kind: SourceKind, tmp_path: Path) -> None:
    (tmp_path / "schedules").mkdir()
    for schedule in kind.first_schedules:
        text = schedule.text.replace(CHOSEN, AN_ID.get(kind.type, "7b0f3a52-6c1d-4e8a-9f24-5d3c1e0a7b91"))
        (tmp_path / "schedules" / f"{schedule.id}.yaml").write_text(text, "utf-8")
    stand_in = next(name for name, of in STAND_INS.items() if of is kind)
    connection, channels = f"{kind.type}: {{type: {stand_in}}}", "{email: {type: sandbox}}"
    project = f"project: acme\nconnections: {{{connection}}}\nchannels: {channels}\n"
    (tmp_path / "funnelbeat.yaml").write_text(project, "utf-8")
    loaded = load(tmp_path, registry())
    assert (loaded.complaints, loaded.warnings) == ((), ())
    assert loaded.bundle is not None
    assert len(loaded.bundle.schedules) == len(kind.first_schedules) > 0


@pytest.mark.parametrize(("kind", "name", "spec"), QUERIES)
def test_a_list_of_opportunities_is_a_list_and_what_a_funnel_counts_has_a_word(
    kind: str, name: str, spec: QuerySpec
) -> None:
    assert spec.lists or not spec.lists_opportunities
    if spec.counts:
        ours = {"en": words_en.WORDS, "de": words_de.WORDS}
        assert [one for one in ours if f"{spec.counts}_head" not in {**ours[one], **CONNECTIONS[kind].words[one]}] == []


def normal(name: str, address: str) -> str | None:
    """None where the channel's type refuses it."""
    try:
        return CHANNEL_TYPES[name].address(address)
    except ValueError:
        return None


@pytest.mark.parametrize("name", [name for name, kind in CHANNEL_TYPES.items() if kind.needs_address({})])
def test_a_normalised_address_is_its_own_normal_form(name: str) -> None:
    accepted = [one for one in (normal(name, text) for text in ("Sales@ACME.example", "C0123456789")) if one]
    assert accepted
    assert [normal(name, one) for one in accepted] == accepted


@pytest.mark.parametrize("name", CHANNEL_TYPES)
@pytest.mark.parametrize("address", ["", " ", "a\nb@acme.example", "x" * 2000, "\0", "<script>"])
def test_an_address_that_is_none_is_refused_with_what_to_write(name: str, address: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        CHANNEL_TYPES[name].address(address)
