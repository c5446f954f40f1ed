"""Checks `params:` of a report's item against the parameters of its query."""

import re
from typing import Any

from worker.adapters.definitions.place import Path, Sheet
from worker.adapters.definitions.times import instant
from worker.adapters.definitions.windows import span
from worker.adapters.definitions.words import advice, described, listed, shape
from worker.adapters.definitions.yaml_nodes import core
from worker.domain.known_names import nearest
from worker.domain.time.window import is_window_name
from worker.ports.kinds import Param, ParamKind, QuerySpec
from worker.ports.rules import ReadParams


class _Unfit(ValueError):
    """The parameter does not accept the value. The text says what to write."""


_RANGE_NAME = re.compile(r"(?!compared_).*_(relative|datetime)_range")


def is_range(param: Param) -> bool:
    """Whether `param` sets the period of a windowed query. A comparison's range does not."""
    named = param.spans or _RANGE_NAME.fullmatch(param.name) is not None
    return named or (param.kind is ParamKind.RANGE and not param.name.startswith("compared_"))


def checked(sheet: Sheet, path: Path, given: dict[str, Any], spec: QuerySpec, zone: str) -> ReadParams:
    """The parameters as plain JSON values. Those with a complaint are unread."""
    known = {param.name: param for param in spec.params}
    values: dict[str, Any] = {}
    meant: set[str | None] = set()
    for name, value in given.items():
        if name not in known:
            found = f"`{name}`, which `{spec.name}` does not take"
            sheet.complain((*path, name), found, advice(name, known), key=True)
            meant.add(nearest(name, known))
            continue
        before = sheet.count
        try:
            read = _value(sheet, (*path, name), known[name], value, zone)
        except ValueError as error:
            sheet.complain((*path, name), f"`{name}` with {described(value)}", str(error))
            continue
        if sheet.count == before:
            values[name] = read
    for param in spec.params:
        if param.required and param.name not in given and param.name not in meant:
            found = f"`{spec.name}` without its parameter `{param.name}`"
            sheet.complain(path, found, f"write `{param.name}: …` below `params:`", key=True)
    wanted = {name for name in known if name in given or name in meant or known[name].required}
    return ReadParams(values, wanted - values.keys())


def _value(sheet: Sheet, path: Path, param: Param, value: Any, zone: str) -> Any:
    if value is None:
        raise _Unfit("write a value, or leave the key out")
    match param.kind:
        case ParamKind.CHOICES:
            return _choices(param, value)
        case ParamKind.RANGE:
            return _range(sheet, path, value, zone)
        case ParamKind.OBJECT:
            return _object(value)
        case ParamKind.LIST:
            return _list(value)
        case ParamKind.INT | ParamKind.BOOL:
            return _typed(param.kind, value)
    return _single(param, value, zone)


def _single(param: Param, value: Any, zone: str) -> str:
    text = _text(value)
    if param.kind is ParamKind.CHOICE and text not in param.choices:
        raise _Unfit(advice(text, param.choices))
    if param.kind is ParamKind.INSTANT and not is_window_name(text):
        try:
            instant(text, zone)
        except ValueError as error:
            raise _Unfit(f"{error}, or a window's name such as last-week") from None
    return text


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Unfit("write one text" if shape(value) == "a list" else "write text")
    if not value.strip():
        raise _Unfit("write a value, or leave the key out")
    return str(value)


def _choices(param: Param, value: Any) -> list[str]:
    """Reads a list or comma-separated text, and keeps its order."""
    given = value if isinstance(value, list) else _text(value).split(",")
    texts = [_text(v).strip() for v in given]
    wrong = [t for t in texts if param.choices and t not in param.choices]
    if wrong:
        raise _Unfit(f"instead of `{wrong[0]}`: {advice(wrong[0], param.choices)}")
    if len(set(texts)) < len(texts):
        raise _Unfit(f"write {listed(sorted(set(texts)), 'and')} once each")
    return texts


def _range(sheet: Sheet, path: Path, value: Any, zone: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise _Unfit("write {start: 2026-01-01, end: 2026-02-01}")
    span(sheet, path, value, zone)
    return {str(name): str(moment) for name, moment in value.items()}


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Unfit("write keys below it (`key: value`)")
    plain: dict[str, Any] = core(value)
    return plain


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _Unfit("write a list (`[first, second]`, or `- first` below it)")
    plain: list[Any] = core(value)
    return plain


def _typed(kind: ParamKind, value: Any) -> int | bool:
    resolved = core(value)
    if kind is ParamKind.BOOL:
        if not isinstance(resolved, bool):
            raise _Unfit("write true or false")
        return resolved
    if isinstance(resolved, bool) or not isinstance(resolved, int):
        raise _Unfit("write a whole number")
    return resolved
