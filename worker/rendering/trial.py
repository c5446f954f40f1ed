"""Renders templates with samples of every kind of message, to find their faults before a message is sent."""

from collections.abc import Iterable, Iterator, Mapping

from worker.domain.alert.notification import Notification
from worker.domain.delivery import Attachment
from worker.domain.digest.model import Digest
from worker.domain.notice import Notice
from worker.domain.schedule import Subscription
from worker.errors import RenderError
from worker.ports.channels import MessageForm, RenderRequest, Templates
from worker.rendering import samples
from worker.rendering.template_lint import TemplateFault

NOTICE = "notice"
"""The folder of notices to the operator."""

ALERT = "alert"
"""The folder of alerts."""

LOCALES = ("en_GB", "de_DE")
ZONE = "Europe/Berlin"
_CSV = Attachment("deals.csv", "text/csv", b"deal,owner\n")


def trial(
    templates: Templates, tried: Iterable[tuple[str, MessageForm]], locales: Iterable[str] = LOCALES
) -> list[TemplateFault]:
    """`tried`: folders, each with a form of message that a channel needs from it. Every sample is rendered in every
    locale, and in the first locale also with an attached file.
    """
    shown: dict[tuple[str, int, str], list[str]] = {}
    for folder, form in tried:
        for at, locale in enumerate(locales):
            entry = Subscription("trial", form.name, None, folder, locale, ZONE)
            for name, error in _errors(templates, form, entry, (_CSV,) if at == 0 else ()):
                names = shown.setdefault((error.template, error.line, error.problem), [])
                names += [] if name in names else [name]
    return sorted(TemplateFault(*fault, tuple(names)) for fault, names in shown.items())


def _errors(
    templates: Templates, form: MessageForm, entry: Subscription, files: tuple[Attachment, ...]
) -> Iterator[tuple[str, RenderError]]:
    for name, sample in _samples(entry.template).items():
        try:
            form.make(RenderRequest(sample, entry, files), templates)
        except RenderError as error:
            yield name, error


def _samples(folder: str) -> Mapping[str, Digest | Notice | Notification]:
    if folder == NOTICE:
        return samples.notices()
    return samples.alerts() if folder == ALERT else samples.digests()


def tried(
    own: Iterable[str], shipped: Iterable[str], forms: Iterable[MessageForm], used: Iterable[tuple[str, MessageForm]]
) -> list[tuple[str, MessageForm]]:
    """Folders and forms for which the project has templates of its own. `own`, `shipped`: paths below templates/.
    `used`: the folders that schedules use; a missing one is a fault.
    """
    mine, there = {*own}, {*own, *shipped}
    common = any(path.startswith("shared/") for path in mine)
    found = []
    for folder in sorted(folders(there)):
        for form in forms:
            files = {f"{folder}/{file}" for file in form.files}
            if files & there and (files & mine or (common and not files.isdisjoint(shipped))):
                found.append((folder, form))
    return found + [pair for pair in absent(used, there) if pair not in found]


def folders(paths: Iterable[str]) -> frozenset[str]:
    """The folders of templates: the possible values of an entry's `template`."""
    return frozenset(path.partition("/")[0] for path in paths if "/" in path)


def absent(used: Iterable[tuple[str, MessageForm]], there: Iterable[str]) -> list[tuple[str, MessageForm]]:
    """The used folders and forms that have no template."""
    paths = {*there}
    known = folders(paths)
    return [
        (folder, form)
        for folder, form in used
        if folder not in known or (not form.optional and not any(f"{folder}/{file}" in paths for file in form.files))
    ]
