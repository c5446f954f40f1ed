"""Tries a project's own templates: what its schedules use, and what it replaces, with samples of every message."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from functools import cache

from jinja2 import TemplateSyntaxError

from worker import shipped
from worker.domain.known_names import known_names
from worker.domain.schedule import Bundle
from worker.errors import Complaint
from worker.plugins import channel_kind, channels
from worker.ports.channels import MessageForm
from worker.rendering.template_lint import TemplateFault, lint, outline
from worker.rendering.template_paths import shipped_paths
from worker.rendering.templates import JinjaTemplates, environment
from worker.rendering.trial import LOCALES, folders, trial, tried
from worker.rendering.wording import SHIPPED
from worker.vocabulary import vocabulary

NO_DIGEST = frozenset({"alert", "notice", "shared"})
"""Folders of templates that no entry of `to:` names."""

SHOWN = 4
"""Samples or schedules that one complaint names."""


@cache
def forms() -> tuple[MessageForm, ...]:
    """The messages that the channels of this process make from templates, each once."""
    return tuple({form.files: form for kind in channels().values() for form in kind.forms}.values())


def template_faults(bundle: Bundle) -> list[TemplateFault]:
    """Of the templates that the project replaces or adds, and of those that its schedules use; and of its languages."""
    folder, used = shipped.folder_of("templates"), _used(bundle)
    pairs = tried(bundle.templates, shipped_paths(), forms(), used)
    templates = JinjaTemplates(folder, bundle.templates, vocabulary(), bundle.languages, bundle.brand)
    found = lint(environment(folder, bundle.templates), bundle.templates)
    found += trial(templates, pairs, (*LOCALES, *(one for one in sorted(bundle.languages) if one not in SHIPPED)))
    if bundle.languages:
        others = [pair for pair in tried(shipped_paths(), (), forms(), ()) if pair not in pairs]
        found += trial(templates, others, sorted(bundle.languages))
    known = {(fault.template, fault.line) for fault in found if not fault.samples}
    return [fault for fault in found if not fault.samples or (fault.template, fault.line) not in known]


def template_complaints(bundle: Bundle) -> dict[Complaint, tuple[str, ...]]:
    """Each with the names of all samples that show it."""
    known = folders({*shipped_paths(), *bundle.templates})
    missing = {template for template, _ in _uses(bundle) if template not in known}
    absent = {_no_template(bundle, template, known - NO_DIGEST): () for template in sorted(missing)}
    others = (fault for fault in template_faults(bundle) if fault.template.partition("/")[0] not in missing)
    return {**absent, **{complaint_of(fault): fault.samples for fault in others}}


def _no_template(bundle: Bundle, template: str, known: AbstractSet[str]) -> Complaint:
    """Of a template that has no file: one complaint, not one for each file and sample."""
    users = [one.id for one in bundle.schedules.values() if any(entry.template == template for entry in one.to)]
    more = f" and {len(users) - SHOWN} more" if len(users) > SHOWN else ""
    found = f"there is no template {template!r}, which is named by {', '.join(users[:SHOWN])}{more}"
    return Complaint(f"templates/{template}", 1, 1, found, known_names(template, known))


def complaint_of(fault: TemplateFault) -> Complaint:
    """The fault as a complaint about a file. A fault without a line stands at the first."""
    names = ", ".join(fault.samples[:SHOWN])
    more = f" and {len(fault.samples) - SHOWN} more" if len(fault.samples) > SHOWN else ""
    expected = f"seen with the samples {names}{more}" if names else fault.expected or "correct it"
    return Complaint(f"templates/{fault.template}", max(fault.line, 1), 1, fault.problem, expected)


def unused(bundle: Bundle) -> tuple[Complaint, ...]:
    """Warns of the project's own templates that no channel fills and that no other template names."""
    if not bundle.templates:
        return ()
    env = environment(shipped.folder_of("templates"), bundle.templates)
    named: set[str] = set()
    for path in (*shipped_paths(), *bundle.templates):
        try:
            named |= {name for name, _ in outline(env, path).names}
        except TemplateSyntaxError:
            continue
    filled = {file for form in forms() for file in form.files}
    lost = [path for path in sorted(bundle.templates) if path not in named and path.rpartition("/")[2] not in filled]
    advice = "give it another name, or remove it"
    return tuple(Complaint(f"templates/{path}", 1, 1, "a template that nothing uses", advice) for path in lost)


def _used(bundle: Bundle) -> list[tuple[str, MessageForm]]:
    return list(dict.fromkeys(_uses(bundle)))


def _uses(bundle: Bundle) -> Iterator[tuple[str, MessageForm]]:
    for schedule in bundle.schedules.values():
        for entry in schedule.to:
            for form in channel_kind(bundle.channels[entry.channel].type).forms[:1]:
                yield entry.template, form
