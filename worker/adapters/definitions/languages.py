"""A project's own languages: templates/words/fr.yaml contains our phrases in French. Missing phrases are in English."""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from worker.adapters.definitions.files import WORDS, word_files
from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.place import Findings, Sheet
from worker.adapters.definitions.place import Path as Path_
from worker.adapters.definitions.words import advice, listed, shape
from worker.adapters.definitions.yaml_nodes import parse
from worker.errors import Complaint
from worker.locales import locale_named, plural_forms

SHIPPED = frozenset({"en", "de"})
"""Complete languages: a project's file for one of them changes single phrases."""

WORDS_OF = f"{WORDS.rpartition('/')[2]}/"
"""Before a language: what `templates init` writes for it."""

FORMS = ("zero", "one", "two", "few", "many", "other")
_ADVICE = "Take a line out of its comment and translate it; {places} stay."
_PLACE = re.compile(r"\{([^{}]*)\}")


def languages(directory: Path, kinds: Registry, types: Iterable[str], findings: Findings) -> dict[str, dict[str, str]]:
    """Language → key → text. `types`: those of the project's connections. Warns of phrases that a language lacks."""
    found = {}
    for source in word_files(directory, findings):
        language = source.path.removeprefix(f"{WORDS}/").rpartition(".")[0]
        try:
            forms = plural_forms(language)
        except ValueError:
            findings.refuse_file(source.path, f"the language `{language}`", "name the file by CLDR's code, as fr.yaml")
            continue
        document, complaints = parse(source.data, source.path)
        findings.complaints.extend(complaints)
        if document is None:
            continue
        sheet = Sheet(document, findings)
        found[language] = _texts(sheet, phrases(kinds, kinds.connections), forms)
        lacks = lacking(language, found[language], phrases(kinds, types))
        if lacks:
            words = f"no words for {len(lacks)} keys: {listed(lacks, 'and')}"
            expected = "add them; English is used until then (`funnelbeat templates check --json` names all)"
            findings.warnings.append(Complaint(source.path, 1, 1, words, expected))
    return found


def warn_without_words(sheets: Iterable[Sheet], own: Collection[str]) -> None:
    """Warns of each language in which messages are asked for and which has no words, once, where it is first named.
    `own`: languages of the project.
    """
    known = {*SHIPPED, *own}
    for sheet in sheets:
        for path in sheet.document.spots:
            written = sheet.document.get(path)
            if not _asks_for_language(path) or not isinstance(written, str):
                continue
            try:
                language = locale_named(written).language
            except ValueError:  # a complaint says so
                continue
            if language not in known:
                known.add(language)
                found = f"`locale: {written}`, and no words of the language `{language}`: messages are in English, "
                found += f"with numbers and dates of {written}"
                expected = (
                    f"translate what `funnelbeat templates init {WORDS_OF}{language}` writes, or write a locale of "
                )
                sheet.warn(path, found, f"{expected}{listed(sorted(known - {language}))}")


def _asks_for_language(path: Path_) -> bool:
    """Whether it is a `locale` of ours, and no parameter or label of that name."""
    return path[-1:] == ("locale",) and (path[0] in {"defaults", "digest", "to", "people"} or "notify" in path)


def phrases(kinds: Registry, types: Iterable[str]) -> dict[str, str]:
    """Key → English text of everything that digests may say about connections of these types."""
    services = [kinds.connections[name].words.get("en", {}) for name in sorted({*types} & kinds.connections.keys())]
    told = {key: text for words in services for key, text in words.items()}
    return {**kinds.words, **{key: text for key, text in told.items() if key not in kinds.words}}


def lacking(language: str, texts: Mapping[str, str], english: Iterable[str]) -> tuple[str, ...]:
    """Keys that a language must have and has not, sorted. A counted phrase has a key for each plural form."""
    if language in SHIPPED:
        return ()
    return tuple(sorted(expected_keys(english, plural_forms(language)) - texts.keys()))


def starting_words(language: str, english: Mapping[str, str]) -> str:
    """A file for a language with every key that it needs in a comment, beside the English text. Raises ValueError for
    an unknown language.
    """
    order = {key: at for at, key in enumerate(english)}
    keys = sorted(
        expected_keys(english, plural_forms(language)),
        key=lambda key: (
            (order.get(f"{stem(key)}.other", order.get(key, 0)), FORMS.index(key.rpartition(".")[2]))
            if stem(key)
            else (order[key], 0)
        ),
    )
    lines = [f"# {key}: {json.dumps(_english(key, english), ensure_ascii=False)}" for key in keys]
    return "\n".join((f"# Our phrases in the language {language}. {_ADVICE}", *lines)) + "\n"


def _english(key: str, english: Mapping[str, str]) -> str:
    """The text of a key, and for a plural form that English does not have, that of `other`."""
    return english[key] if key in english else english[f"{stem(key)}.other"]


def expected_keys(english: Iterable[str], forms: Iterable[str]) -> set[str]:
    """The keys of a language with these plural forms."""
    keys = set(english)
    counted = {key.removesuffix(".other") for key in keys if key.endswith(".other")}
    return {key for key in keys if stem(key) not in counted} | {f"{one}.{form}" for one in counted for form in forms}


def stem(key: str) -> str:
    """A counted phrase without its plural form; "" for any other key."""
    before, _, form = key.rpartition(".")
    return before if form in FORMS else ""


def _texts(sheet: Sheet, english: Mapping[str, str], forms: tuple[str, ...]) -> dict[str, str]:
    """Those that are sound. A pattern has no other places than the English one, since nothing else is filled in."""
    value = {} if sheet.document.value is None else sheet.document.value
    if not isinstance(value, dict):
        sheet.complain((), f"{shape(value)} where phrases are due", "write `key: text` on each line")
        return {}
    expected, texts = expected_keys(english, forms), dict[str, str]()
    for key, text in value.items():
        if not isinstance(text, str):
            sheet.complain((key,), f"`{key}` with {shape(text)}", "write a text")
        elif key not in expected:
            sheet.complain((key,), f"`{key}`, which is no phrase", advice(key, expected), key=True)
        else:
            known = set(_PLACE.findall(_english(key, english)))
            strange = sorted(set(_PLACE.findall(text)) - known)
            if strange:
                places = listed((f"{{{name}}}" for name in sorted(known)), "and") or "none"
                sheet.complain((key,), f"`{key}` with the place {{{strange[0]}}}", f"its places are: {places}")
            texts[str(key)] = str(text)
    return texts
