"""The part of `init` about the reader of the first digest: zone, locale, channel and address."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from worker.domain.time.zones import ZoneError, written_zone
from worker.entry.init_answers import Given, answered, fill, one_of
from worker.entry.machine import machine_locale, machine_zone
from worker.entry.new_project import EXAMPLE, OwnChannel, Place
from worker.locales import locale_named
from worker.plugins import CHANNELS, SANDBOX
from worker.ports.channels import ChannelKind


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where messages go. `channel`: None for the sandbox's channels. `secrets`: by environment variable."""

    place: Place
    channel: OwnChannel | None = None
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


def locality(given: Given) -> Place:
    zone = answered(given.zone, "--zone", machine_zone(), _zone, "Time zone", asks=given.asks)
    locale = answered(given.locale, "--locale", machine_locale(), _locale, "Language and country", asks=given.asks)
    return Place(zone=zone, locale=locale)


def _zone(text: str) -> str:
    try:
        written_zone(text.strip())
    except ZoneError as error:
        raise ValueError(str(error)) from None
    return text.strip()


def _locale(text: str) -> str:
    return str(locale_named(text.strip()))


def own_channels() -> dict[str, ChannelKind]:
    """The channels that `init` can set up, by type."""
    return {kind.type: kind for kind in CHANNELS if kind.ask_for_init is not None}


def receiver_of(given: Given) -> Receiver:
    """The zone, the locale, the channel and the address of the first digest."""
    place, offered = locality(given), own_channels()
    names = (SANDBOX, *offered)
    words = f"How are digests sent ({', '.join(names)})"
    name = answered(given.channel, "--channel", SANDBOX, one_of(names), words, asks=given.asks)
    kind = offered.get(name)
    form = kind.ask_for_init if kind is not None else None
    if kind is None or form is None:
        check, default = offered[EXAMPLE.channel].address, EXAMPLE.address
        address = answered(given.address, "--address", default, check, "Who gets the digest", asks=given.asks)
        return Receiver(replace(place, address=address))
    access = fill(form, replace(given, options={}, key_env=None), name)
    address = answered(given.address, "--address", None, kind.address, "Who gets the digest", asks=given.asks)
    operator = address if name == EXAMPLE.channel else EXAMPLE.operator
    secrets = {access.variables[option]: value for option, value in access.secrets.items()}
    found = replace(place, channel=name, address=address, operator=operator)
    return Receiver(found, OwnChannel(name, access.written(name)), secrets)
