"""Turns a project's files into a bundle, or into all complaints in one pass."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from worker.adapters.definitions import files
from worker.adapters.definitions.channel_directories import ChannelDirectories, check_directories
from worker.adapters.definitions.extends import extended
from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.languages import languages, warn_without_words
from worker.adapters.definitions.mistaken_secrets import warn_of_mistaken
from worker.adapters.definitions.outgoing import secret_texts
from worker.adapters.definitions.place import Document, Findings, Sheet
from worker.adapters.definitions.place import Path as Path_
from worker.adapters.definitions.project import Project, project
from worker.adapters.definitions.schedules import check_allowed, check_renames, schedule, warn_of_ends
from worker.adapters.definitions.secrets import (
    SECRETS_DIR,
    SecretFiles,
    SecretReference,
    available,
    references,
    unescaped,
)
from worker.adapters.definitions.target_names import TARGET
from worker.adapters.definitions.targets import for_sole_reader, operator_of, sole_reader, targeted
from worker.adapters.definitions.yaml_nodes import parse
from worker.domain.schedule import Bundle, ChannelSpec, Connection, Schedule
from worker.domain.subscription import allowed_by_default
from worker.errors import Complaint


@dataclass(frozen=True, slots=True)
class Loaded:
    """`bundle` is None exactly if there are complaints. Complaints and warnings are sorted by file, line, column.
    `expanded`: by id, schedules that extend a file, with all that they take from it.
    """

    bundle: Bundle | None
    complaints: tuple[Complaint, ...]
    warnings: tuple[Complaint, ...]
    secrets: tuple[SecretReference, ...]
    expanded: Mapping[str, Document] = field(default_factory=dict)


def load(
    directory: Path,
    kinds: Registry,
    environ: Mapping[str, str] | None = None,
    now: datetime | None = None,
    secret_files: SecretFiles | None = None,
    directories: ChannelDirectories | None = None,
) -> Loaded:
    """Reads funnelbeat.yaml, schedules/ and templates/. `environ` (default: this process's) only shows which secrets
    are set; their values are not kept. `now`: warns of schedules that have ended before it. `secret_files`: the only
    files that may be named; `directories`: the only ones in which channels may write; None: any. Raises nothing: every
    error becomes a complaint.
    """
    findings = Findings()
    given = os.environ if environ is None else environ
    target = given.get(TARGET, "")
    source = files.project_file(directory, findings)
    written = _sheet(source, findings) if source else None
    sheet = targeted(written, target, kinds) if written else None
    made = project(sheet, kinds) if sheet else Project()
    secrets = tuple(_secrets(sheet, made, given, directory, secret_files)) if sheet else ()
    if sheet and secret_files is None:
        warn_of_mistaken(sheet, made, kinds, given, directory)
    if sheet and directories is not None:
        check_directories(sheet, made.channels, kinds, directories)
    if sheet:
        _refuse_stray_references(sheet, skip=("connections", "channels", "heartbeat_url", "webhooks"))
    expanded, sheets = dict[str, Document](), dict[str, Sheet]()
    schedules = _schedules(directory, made, kinds, findings, expanded, sheets, now)
    alone = sole_reader(written, target, made, kinds) if written else None
    if alone is not None:
        schedules = for_sole_reader(schedules, alone)
        made = replace(made, defaults=replace(made.defaults, operator=(operator_of(alone),)))
    templates = files.templates(directory, findings)
    own_words = languages(directory, kinds, (one.type for one in made.connections.values()), findings)
    warn_without_words([*([sheet] if sheet else []), *sheets.values()], own_words)
    bundle = Bundle(
        made.name,
        made.defaults,
        made.connections,
        made.channels,
        schedules,
        templates,
        made.people,
        own_words,
        allow=made.rules.allow or allowed_by_default(schedules, made.people, made.channels),
        allow_written=bool(made.rules.allow),
        shared_addresses=made.rules.shared_addresses,
        web=made.rules.web,
        console=made.rules.console,
        heartbeat=made.outgoing.heartbeat,
        webhooks=made.outgoing.webhooks,
        brand=made.brand,
    )
    complaints = tuple(sorted(set(findings.complaints)))
    # Without the project's file, its channels are unknown, and what was left out for that is no mistake of a schedule.
    warnings = tuple(sorted(set(findings.warnings))) if sheet else ()
    return Loaded(None if complaints else bundle, complaints, warnings, secrets, expanded)


def _sheet(source: files.DefinitionFile, findings: Findings) -> Sheet | None:
    document, complaints = parse(source.data, source.path)
    findings.complaints.extend(complaints)
    if document is None:
        return None
    if document.value is None:
        findings.refuse_file(source.path, "an empty file", "write its keys, or remove it")
        return None
    return Sheet(document, findings)


def _schedules(
    directory: Path,
    made: Project,
    kinds: Registry,
    findings: Findings,
    expanded: dict[str, Document],
    sheets: dict[str, Sheet],
    now: datetime | None,
) -> dict[str, Schedule]:
    """Fills `expanded`, see Loaded, and `sheets`, by id."""
    first: dict[str, str] = {}
    schedules: dict[str, Schedule] = {}
    for source in files.schedule_files(directory, findings):
        schedule_id = source.path.removeprefix(f"{files.SCHEDULES}/").rpartition(".")[0]
        if not files.ID.fullmatch(schedule_id):
            expected = "name the file with a-z, 0-9, - and _ only: its path is the schedule's id"
            findings.refuse_file(source.path, f"the id `{schedule_id}`", expected)
        if schedule_id in first:
            findings.refuse_file(source.path, f"the same id as {first[schedule_id]}", "rename or remove one of the two")
        first.setdefault(schedule_id, source.path)
        written = _sheet(source, findings)
        sheet = extended(directory, written) if written is not None else None
        if sheet is None:
            continue
        if written is not sheet:
            expanded[schedule_id] = sheet.document
        _refuse_stray_references(sheet, skip=())
        sheets.setdefault(schedule_id, sheet)
        one = schedule(_unescaped(sheet), schedule_id, made, kinds)
        if one is not None:
            schedules[schedule_id] = one
    check_renames(schedules, sheets)
    if now is not None:
        warn_of_ends(schedules, sheets, now)
    check_allowed(schedules, sheets, made.rules.allow)
    if not first and (directory / files.SCHEDULES).is_dir():
        findings.warnings.append(
            Complaint(files.SCHEDULES, 1, 1, "no schedule", "write one: a file whose name ends in .yaml")
        )
    return schedules


def _secrets(
    sheet: Sheet, made: Project, environ: Mapping[str, str], directory: Path, files_: SecretFiles | None
) -> Iterator[SecretReference]:
    holders: tuple[tuple[str, Mapping[str, Connection] | Mapping[str, ChannelSpec]], ...] = (
        ("connections", made.connections),
        ("channels", made.channels),
    )
    for section, holder in holders:
        for name, spec in holder.items():
            for option, text in spec.options.items():
                path = (section, name, *option.split("."))
                yield from _references(sheet, path, f"{section}.{name}.{option}", text, environ, directory, files_)
    for place, text in secret_texts(made.outgoing):
        yield from _references(sheet, place, ".".join(map(str, place)), text, environ, directory, files_)


def _references(
    sheet: Sheet,
    path: Path_,
    holder: str,
    text: str,
    environ: Mapping[str, str],
    directory: Path,
    files_: SecretFiles | None,
) -> Iterator[SecretReference]:
    line, column = sheet.document.at(path)
    for found in references(text):
        if files_ is not None and not files_.admit(found):
            other = f"{SECRETS_DIR} of the process `web` names other directories"
            sheet.complain(path, "a file elsewhere", f"one below {files_}, because this is a draft; {other}")
            continue
        place = f"{sheet.document.path}:{line}:{column}"
        base = directory if files_ is None else files_.base
        yield SecretReference(found.kind, found.name, holder, place, available(found, environ, base))


def _refuse_stray_references(sheet: Sheet, skip: tuple[str, ...]) -> None:
    """Complains of references outside the options of connections and channels."""
    for path in sheet.document.spots:
        value = sheet.document.get(path)
        if not isinstance(value, str) or (path and path[0] in skip):
            continue
        try:
            unescaped(value)
        except ValueError as error:
            sheet.complain(path, "a reference, and this is no secret option", str(error))


def _unescaped(sheet: Sheet) -> Sheet:
    """Replaces `$${` by `${` where no reference may be. Complaints keep their positions."""
    document = sheet.document
    return Sheet(Document(document.path, _plain_dollars(document.value), document.spots), sheet.findings)


def _plain_dollars(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain_dollars(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain_dollars(inner) for inner in value]
    if isinstance(value, str) and "$${" in value:
        return type(value)(value.replace("$${", "${"))
    return value
