"""What `init` asks for a connection or a channel, and the schedules that it writes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InitField:
    """One question of `init`. The answer becomes the value of `option`. `default`: the value for an empty answer; it is
    not written to the project. `variable`: the environment variable of a secret; the secret is typed hidden and never
    written. `address`: an answer that holds "://" becomes the value of this option instead. `asked`: whether to ask,
    given the options that were answered so far.
    """

    option: str
    words: str
    default: str | None = None
    variable: str = ""
    address: str = ""
    asked: Callable[[Mapping[str, str]], bool] = lambda _answered: True


@dataclass(frozen=True, slots=True)
class InitForm:
    """What `init` asks for a connection or a channel, in this order. `choose`: a name of a connection's catalogue. The
    person chooses one of its entries for the first schedules. The table needs a column `name`.
    """

    fields: tuple[InitField, ...]
    choose: str = ""


CHOSEN = "CHOSEN"
"""Stands in a first schedule for the chosen id."""


@dataclass(frozen=True, slots=True)
class FirstSchedule:
    """A schedule that `init` writes. `text`: its YAML, in which the connection has the name of its type. It is written
    for timezone Europe/Berlin and `channel: email, address: sales@acme.example`, which `init` replaces.
    """

    id: str
    text: str
