"""init: a first project, on the sandbox, or for the person's own service.

A key that is typed here is used once, to list what the connection holds, and for the test message. The project gets a
reference to an environment variable, never the key itself.
"""

import json
import os
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from worker.documents.project import project_document
from worker.entry import console
from worker.entry.command_hints import command_for
from worker.entry.init_answers import Given, answered, one_of
from worker.entry.init_receiver import Receiver, locality, own_channels, receiver_of
from worker.entry.init_service import choose, connect, offered_services
from worker.entry.new_project import EXAMPLE, NewProject, own_project, refuse_overwriting, sandbox_project, write_new
from worker.entry.options import Json
from worker.entry.send_test_command import send_sample
from worker.errors import FunnelbeatError, RequestError
from worker.plugins import SANDBOX
from worker.ports.init_forms import CHOSEN, InitForm
from worker.ports.kinds import SourceKind

_OF_A_SERVICE = {"key_env": "--key-env", "chosen": "--pipeline", "channel": "--channel"}
"""Fields of Given that say nothing to a project on the sandbox, with their options. `options` of Given are others."""


def init(  # noqa: PLR0913, PLR0917 - each is an option of the command line
    target: Annotated[Path, typer.Argument(metavar="DIR")],
    service: Annotated[str | None, typer.Option("--service", help="The service, or sandbox.")] = None,
    base_url: Annotated[str | None, typer.Option("--base-url", help="The service's address or company.")] = None,
    username: Annotated[str | None, typer.Option("--username", help="The account at the service.")] = None,
    key_env: Annotated[
        str | None, typer.Option("--key-env", metavar="NAME", help="The environment variable with the service's key.")
    ] = None,
    pipeline: Annotated[
        str | None, typer.Option("--pipeline", "--website", metavar="ID", help="What the first schedule is about.")
    ] = None,
    zone: Annotated[str | None, typer.Option("--zone", help="A time zone (default: this machine's).")] = None,
    locale: Annotated[str | None, typer.Option("--locale", help="A locale (default: this machine's).")] = None,
    channel: Annotated[str | None, typer.Option("--channel", help="How digests are sent (default: sandbox).")] = None,
    address: Annotated[str | None, typer.Option("--address", help="Who gets the first digest.")] = None,
    as_json: Json = False,
) -> None:
    """Write a new project. On a terminal it asks which service to use; the sandbox needs no account."""
    with console.guarded(as_json=as_json):
        refuse_overwriting(target)
        written = {"base_url": base_url, "username": username}
        options = {name: value for name, value in written.items() if value is not None}
        asks = not as_json and at_a_terminal()
        given = Given(asks, service, options, key_env, pipeline, zone, locale, channel, address)
        offered = offered_services()
        check = one_of((SANDBOX, *offered))
        words = f"Which service ({', '.join((SANDBOX, *offered))})"
        chosen = answered(service, "--service", SANDBOX, check, words, asks=asks)
        if chosen in offered:
            _write_own(target, given, *offered[chosen], as_json=as_json)
        else:
            _write_sandbox(target, given, as_json=as_json)


def at_a_terminal() -> bool:
    """Whether a person can answer questions."""
    return console.can_ask() and console.out.is_terminal


def _write_sandbox(target: Path, given: Given, *, as_json: bool) -> None:
    """Nothing is asked: the machine says the zone and the locale, and no message leaves it."""
    own = [f"--{name.replace('_', '-')}" for name in given.options]
    own += [option for name, option in _OF_A_SERVICE.items() if getattr(given, name) is not None]
    if own:
        out = f"leave {'it' if len(own) == 1 else 'them'} out, or name your service with --service"
        raise RequestError(f"{', '.join(own)}: not for a project on the sandbox; {out}")
    quiet = replace(given, asks=False)
    kind = own_channels()[EXAMPLE.channel]
    address = answered(given.address, "--address", EXAMPLE.address, kind.address, "", asks=False)
    place = replace(locality(quiet), address=address)
    _write(target, sandbox_project(target.resolve().name, place), "weekly-pipeline", as_json=as_json)


def _write_own(target: Path, given: Given, kind: SourceKind, form: InitForm, *, as_json: bool) -> None:
    """Asks everything before anything is written. If an answer does not come, nothing has been written."""
    refuse_overwriting(target, [schedule.id for schedule in kind.first_schedules])
    access, held = connect(given, kind, form)
    chosen = choose(kind.type, held, given)
    receiver = receiver_of(given)
    identity = chosen if chosen.isascii() and chosen.isdecimal() else json.dumps(chosen)
    new = own_project(
        target.resolve().name,
        kind.type,
        access.written(kind.type),
        {one.id: one.text.replace(CHOSEN, identity) for one in kind.first_schedules},
        (*access.variables.values(), *receiver.secrets),
        receiver.channel,
        receiver.place,
    )
    _write(target, new, kind.first_schedules[0].id, as_json=as_json)
    if given.asks and receiver.channel is not None:
        _offer_test(target, receiver)


def _write(target: Path, new: NewProject, first: str, *, as_json: bool) -> None:
    kept = write_new(target, new)
    following = command_for(target)
    if as_json:
        console.show_json(project_document(str(target), f"{following} preview {first}"))
        return
    for sentence in kept:
        console.out.print(sentence, markup=False)
    unset = (variable for variable in new.variables if not os.environ.get(variable))
    exports = "".join(f"  export {variable}=…   # the key is not kept\n" for variable in unset)
    place = f"Times are in {new.place.zone}, messages in {new.place.locale}."
    console.out.print(
        f"Wrote {target}. {place} Next:\n{exports}"
        f"  {following} preview {first} --open   # the digest as it is now\n"
        f"  {following} up   # deploy on save, and send when it is time",
        markup=False,
    )


def _offer_test(target: Path, receiver: Receiver) -> None:
    """A failure is reported and changes nothing: the project is written, and `send-test` can try the channel again."""
    name, address = receiver.place.channel, receiver.place.address
    if not typer.confirm(f"Send a test message to {address} now?", default=True):
        return
    os.environ.update(receiver.secrets)  # of this process alone, which ends here
    try:
        receipt = send_sample(target.resolve(), name, address)
    except FunnelbeatError as error:
        again = f"{command_for(target)} send-test {name} {shlex.quote(address)}"
        console.err.print(f"The test message was not sent: {error}\nTry again with: {again}", markup=False)
        raise typer.Exit(console.status_of(error)) from None
    console.out.print(f"Sent a test message to {address}: {receipt}", markup=False)


COMMANDS: dict[str, Any] = {"init": init}
