"""What `init` knows: from its options, from the environment, or from a person who answers.

Without a person, everything that has no default must be an option.
"""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import typer

from worker.entry import console
from worker.errors import RequestError
from worker.ports.init_forms import InitField, InitForm


@dataclass(frozen=True, slots=True)
class Given:
    """The options of `init`. `options`: answers to a form's fields, by the name of the field. `asks`: whether a person
    can be asked for the rest.
    """

    asks: bool
    service: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    key_env: str | None = None
    chosen: str | None = None
    zone: str | None = None
    locale: str | None = None
    channel: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class ServiceAccess:
    """Options by name. `plain`: they are written to the project. `secrets`: the project gets a reference to the
    environment variable in `variables` instead, never the value.
    """

    plain: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def resolved(self) -> dict[str, str]:
        return {**self.plain, **self.secrets}

    def written(self, kind: str) -> str:
        """One line of YAML. A JSON string is also a YAML string."""
        plain = {name: value.replace("${", "$${") for name, value in self.plain.items()}
        references = {name: f"${{{variable}}}" for name, variable in self.variables.items()}
        options = {"type": kind, **plain, **references}
        return ", ".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in options.items())


def fill(form: InitForm, given: Given, holder: str) -> ServiceAccess:
    """Every answer to a form. `holder`: the service or channel, for messages. Raises RequestError if an answer is
    missing and nobody can be asked.
    """
    plain: dict[str, str] = {}
    secrets: dict[str, str] = {}
    variables: dict[str, str] = {}
    for one in form.fields:
        if not one.asked(plain):
            continue
        if one.variable:
            variables[one.option] = given.key_env or one.variable
            secrets[one.option] = _secret(one, variables[one.option], given, holder)
            continue
        answer = _text(one, given, holder)
        if answer != one.default:
            plain[one.address if one.address and "://" in answer else one.option] = answer
    return ServiceAccess(plain, secrets, variables)


def _secret(one: InitField, variable: str, given: Given, holder: str) -> str:
    """The value of the environment variable if it is set. Then nobody has to type it."""
    if value := os.environ.get(variable):
        if given.asks:
            console.out.print(f"{variable} is set, and used.", markup=False)
        return value
    if not given.asks:
        raise RequestError(f"{holder} needs {variable}, which is not set; --key-env names another variable")
    return str(typer.prompt(f"{one.words} (hidden; used now, and kept nowhere)", hide_input=True)).strip()


def _text(one: InitField, given: Given, holder: str) -> str:
    for name in (one.option, one.address):
        if name in given.options:
            return given.options[name]
    if given.asks:
        return str(typer.prompt(one.words, default=one.default)).strip()
    if one.default is None:
        raise RequestError(f"{holder} needs `{one.option}` ({one.words}): give it as an option of init")
    return one.default


def answered(
    given: str | None, option: str, default: str | None, check: Callable[[str], str], words: str, *, asks: bool
) -> str:
    """One answer. `check` returns its normal form or raises ValueError with what is expected. Asks again for an answer
    that is wrong. Raises RequestError for an option that is wrong, or missing where it has no default.
    """
    if given is None and asks:
        return str(typer.prompt(words, default=default, value_proc=lambda text: _checked(check, text)))
    if given is None and default is None:
        raise RequestError(f"{option} is missing: {words}")
    try:
        return check(given if given is not None else str(default))
    except ValueError as error:
        raise RequestError(f"{option}: {error}") from None


def _checked(check: Callable[[str], str], text: str) -> str:
    try:
        return check(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def one_of(names: Iterable[str]) -> Callable[[str], str]:
    """A check for `answered`: the answer is one of the names, in any case of letters."""
    known = tuple(names)

    def check(text: str) -> str:
        name = text.strip().lower()
        if name not in known:
            raise ValueError(f"found {text!r}, expected one of {', '.join(known)}")
        return name

    return check
