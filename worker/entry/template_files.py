"""A project's templates as files: what there is, what is in force, and starting copies."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from jinja2 import TemplateSyntaxError

from worker import shipped
from worker.adapters.definitions.files import TEMPLATES
from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.languages import SHIPPED as SHIPPED_LANGUAGES
from worker.adapters.definitions.languages import lacking, phrases, starting_words
from worker.documents.templates import LanguageRow, TemplateRow
from worker.domain.known_names import known_names, nearest
from worker.domain.schedule import Bundle
from worker.entry.template_check import forms
from worker.errors import RequestError
from worker.rendering.template_lint import SHIPPED, block_notes, outline
from worker.rendering.template_paths import shipped_paths
from worker.rendering.templates import environment
from worker.rendering.trial import folders

WORDS = "words/"
BEGINNING = "pipeline"
"""The template that a new folder of a project starts from."""


def template_rows(bundle: Bundle) -> Iterator[TemplateRow]:
    env = environment(shipped.folder_of("templates"), bundle.templates)
    for path in sorted({*shipped_paths(), *bundle.templates}):
        name = path.rpartition("/")[2]
        used = tuple(form.name for form in forms() if name in form.files)
        try:
            found = outline(env, path)
            extends, blocks = found.extends, tuple(found.blocks)
        except TemplateSyntaxError:  # `check` says where
            extends, blocks = None, ()
        yield TemplateRow(path, used, path in shipped_paths(), path in bundle.templates, extends, blocks)


def language_rows(bundle: Bundle, registry: Registry) -> Iterator[LanguageRow]:
    english = phrases(registry, (one.type for one in bundle.connections.values()))
    for language in sorted(SHIPPED_LANGUAGES | bundle.languages.keys()):
        own = language in bundle.languages
        lacks = lacking(language, bundle.languages.get(language, {}), english)
        yield LanguageRow(language, language in SHIPPED_LANGUAGES, own, lacks)


def text_in_force(bundle: Bundle, path: str) -> str:
    """Raises RequestError for a template that does not exist."""
    if path in bundle.templates:
        return bundle.templates[path]
    name = path.removeprefix(SHIPPED)
    if name not in shipped_paths():
        known = known_names(path, {*shipped_paths(), *bundle.templates})
        raise RequestError(f"there is no template {path!r}; {known}")
    return (shipped.folder_of("templates") / name).read_text("utf-8")


def starting_copies(bundle: Bundle, registry: Registry, name: str) -> dict[str, str]:
    """Path below templates/ → text. `name`: a template's path, a folder, or a language as words/fr.yaml. A folder that
    Funnelbeat does not have begins as `pipeline`. Raises RequestError.
    """
    if name.startswith(WORDS):
        language = name.removeprefix(WORDS).removesuffix(".yaml")
        try:
            english = phrases(registry, (one.type for one in bundle.connections.values()))
            return {f"{WORDS}{language}.yaml": starting_words(language, english)}
        except ValueError as error:
            raise RequestError(f"words/{language}: {error}") from None
    folder, _, file = name.strip("/").partition("/")
    files = [path.partition("/")[2] for path in shipped_paths() if path.startswith(f"{_parent(folder)}/")]
    chosen = [one for one in files if not file or one == file]
    if not chosen or not folder:
        raise RequestError(f"there is no template {name!r}; expected a folder, or one of {', '.join(shipped_paths())}")
    return {f"{folder}/{one}": _copy(folder, one) for one in chosen}


def new_folder(bundle: Bundle, name: str) -> str:
    """A note for a template that neither Funnelbeat nor the project has yet; "" for one that exists. Nothing uses it
    until a definition names it, so a misspelt name would silently have no effect.
    """
    folder, known = name.strip("/").partition("/")[0], folders({*shipped_paths(), *bundle.templates})
    if name.startswith(WORDS) or folder in known:
        return ""
    use = f"write `template: {folder}` in `digest:` or in an entry of `to:`"
    close = nearest(folder, known - {"shared"})
    meant = f"; did you mean `{close}`? Then remove templates/{folder}" if close else ""
    return f"{folder} is a new template, which begins as `{BEGINNING}`: {use}{meant}."


def all_names() -> list[str]:
    """The folders whose templates channels fill."""
    filled = {file for form in forms() for file in form.files}
    return sorted({path.partition("/")[0] for path in shipped_paths() if path.rpartition("/")[2] in filled})


def write(directory: Path, copies: dict[str, str]) -> list[str]:
    """Writes them below templates/, over what is there. The paths relative to the project."""
    written = []
    for path, text in sorted(copies.items()):
        target = directory / TEMPLATES / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
        written.append(f"{TEMPLATES}/{path}")
    return written


def existing(directory: Path, paths: Iterable[str]) -> list[str]:
    """Those that the project has already, relative to it."""
    return [f"{TEMPLATES}/{path}" for path in sorted(paths) if (directory / TEMPLATES / path).exists()]


def _parent(folder: str) -> str:
    known = {path.partition("/")[0] for path in shipped_paths()}
    return folder if folder in known else BEGINNING


def _copy(folder: str, file: str) -> str:
    """A template that extends the shipped one, with its blocks in comments; the whole text of one without blocks."""
    parent = _parent(folder)
    source = (shipped.folder_of("templates") / parent / file).read_text("utf-8")
    notes = block_notes(source)
    if not notes:
        return source
    extended = f"{SHIPPED}{parent}/{file}" if parent == folder else f"{parent}/{file}"
    blocks = [
        f"{{# {block}: {note}\n{{% block {block} %}}{{{{ super() }}}}{{% endblock %}}\n#}}"
        for block, note in notes.items()
    ]
    return "\n\n".join((HEAD, f'{{% extends "{extended}" %}}', *blocks)) + "\n"


HEAD = """\
{#
This is what Funnelbeat ships, block by block. Take a block out of its comment and write what it prints instead;
`super()` is what Funnelbeat prints there. What a template sees is in docs/reference/page.md.
`funnelbeat templates check` fills it with samples of every kind.
#}"""
