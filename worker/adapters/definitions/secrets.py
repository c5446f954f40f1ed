"""References to secrets: `${NAME}` is a variable of the environment, `${file:PATH}` a file's content, `$${` a plain
`${`. Definitions and bundles hold the reference. Each process resolves it when it opens the connection.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from worker.errors import RequestError
from worker.sanitize import replace_surrogates

_TOKEN = re.compile(r"\$\$\{|\$\{([^}]*)(\}?)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LARGEST = 65_536

SECRETS_DIR = "FUNNELBEAT_SECRETS_DIR"
"""Directories with `:` between, below which a draft may name files."""


@dataclass(frozen=True, slots=True)
class Reference:
    """`kind` is environment or file. `name` is the variable or the path."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"${{{'file:' if self.kind == 'file' else ''}{self.name}}}"


@dataclass(frozen=True, slots=True)
class SecretReference:
    """A reference that the project uses. `holder`: the option ("connections.close.api_key"). `place`: file:line:column.
    `set`: this process can resolve it.
    """

    kind: str
    name: str
    holder: str
    place: str
    set: bool


@dataclass(frozen=True, slots=True)
class SecretFiles:
    """Which files a definition may name that came through the network: those below `directories`. `base`: for relative
    paths.
    """

    base: Path
    directories: tuple[Path, ...]

    def admit(self, reference: Reference) -> bool:
        """Decided by the text alone, so that a refusal does not reveal whether the file exists."""
        path = Path(os.path.normpath(self.base / reference.name))
        return reference.kind != "file" or any(one in path.parents for one in self.directories)

    def __str__(self) -> str:
        return ", ".join(map(str, self.directories))


def references(text: str) -> tuple[Reference, ...]:
    """All references in one value. Raises ValueError, with what to write, for a malformed one."""
    return tuple(part for part in _parts(text) if isinstance(part, Reference))


def unescaped(text: str) -> str:
    """A value that is no secret, with `$${` replaced by `${`. Raises ValueError if it holds a reference."""
    if any(m[0] != "$${" for m in _TOKEN.finditer(text)):
        raise ValueError("write the value itself; only secret options take references, and `$${` is a plain `${`")
    return text.replace("$${", "${")


def available(reference: Reference, environ: Mapping[str, str], base: Path) -> bool:
    """Whether this process can resolve `reference` now. `base`: the project directory, for relative paths."""
    try:
        _value(reference, environ, base)
    except RequestError:
        return False
    return True


def resolve(options: Mapping[str, str], environ: Mapping[str, str], base: Path) -> dict[str, str]:
    """Options with every reference replaced. Raises RequestError that names the option and the missing variable or
    file, never a value.
    """
    return {option: _resolved(option, text, environ, base) for option, text in options.items()}


def _resolved(option: str, text: str, environ: Mapping[str, str], base: Path) -> str:
    try:
        parts = _parts(text)
    except ValueError as error:
        raise RequestError(f"`{option}`: {error}") from None
    try:
        return "".join(_value(p, environ, base) if isinstance(p, Reference) else p for p in parts)
    except RequestError as error:
        raise RequestError(f"`{option}` needs {error}") from None


@lru_cache(maxsize=256)
def _parts(text: str) -> tuple[str | Reference, ...]:
    """Kept, because the options of a channel are read for every message, and their secrets each time anew."""
    parts: list[str | Reference] = []
    end = 0
    for match in _TOKEN.finditer(text):
        parts.append(text[end : match.start()])
        parts.append("${" if match[0] == "$${" else _reference(match[1], closed=bool(match[2])))
        end = match.end()
    return (*parts, text[end:])


def _reference(inside: str, *, closed: bool) -> Reference:
    """Quotes nothing of the reference, because it may be the secret itself."""
    if not closed:
        raise ValueError("close the reference with `}`; a plain `${` is written `$${`")
    kind, colon, path = inside.partition(":")
    if colon and kind == "file" and path.strip() and "\0" not in path:
        return Reference("file", path.strip())
    if not colon and _NAME.fullmatch(inside):
        return Reference("environment", inside)
    raise ValueError("write `${NAME}` (letters, digits, _) or `${file:PATH}`; a plain `${` is written `$${`")


def _value(reference: Reference, environ: Mapping[str, str], base: Path) -> str:
    if reference.kind == "environment":
        value = environ.get(reference.name, "")
        if not value:
            raise RequestError(f"the environment variable {reference.name}, which is not set")
        if replace_surrogates(value) != value:
            raise RequestError(f"the environment variable {reference.name}, which is not UTF-8")
        return value
    return _content(reference.name, base)


def _content(name: str, base: Path) -> str:
    """The text of a secret file, without the final line end that editors and `docker secret` add."""
    path = Path(os.path.normpath(base / name))  # the path that `SecretFiles.admit` judged: a link is not followed by ..
    try:
        if path.exists() and not path.is_file():
            raise RequestError(f"the file {name}, which is not a plain file")
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        text = data.decode().rstrip("\r\n")
    except OSError as error:
        raise RequestError(f"the file {name}, which cannot be read ({error.strerror or 'no such file'})") from None
    except UnicodeDecodeError:
        raise RequestError(f"the file {name}, which is not UTF-8") from None
    if not text or len(data) > _LARGEST:
        raise RequestError(f"the file {name}, which is {'too large for a secret' if text else 'empty'}")
    return text
