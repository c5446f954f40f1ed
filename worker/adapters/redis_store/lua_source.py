"""The text of the Lua scripts."""

import hashlib
from functools import cache
from importlib import resources

_FOLDER = resources.files(__package__) / "lua"

_MANY = """
local function step()
%s
end
local given, answers = A, {}
for i = 1, #given do
  A, facts = given[i], {}
  local done, answer = pcall(step)
  answers[i] = done and {1, answer} or {0, type(answer) == 'table' and answer.err or answer}
end
return answers
"""
"""Runs a script once for each of several arguments. An error ends the step that it is in, as it would end the script,
and no other.
"""


@cache
def source(name: str) -> tuple[str, str]:
    """A script after the common part, and its SHA-1."""
    return _named(_common() + _own(name))


@cache
def source_of_many(name: str) -> tuple[str, str]:
    """The same script for a list of arguments. It returns a list of pairs: 1 and an answer, or 0 and an error's text.
    The common part, which is most of the time of a short script, runs once.
    """
    return _named(_common() + _MANY % _own(name))


def _own(name: str) -> str:
    return (_FOLDER / f"{name}.lua").read_text("utf-8")


@cache
def _common() -> str:
    return (_FOLDER / "common.lua").read_text("utf-8")


def _named(text: str) -> tuple[str, str]:
    return text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
