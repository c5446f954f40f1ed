"""Directories of the host in which channels write: which of them a definition from the network may name."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.place import Sheet
from worker.domain.schedule import ChannelSpec

FILES_DIR = "FUNNELBEAT_FILES_DIR"
"""Directories with `:` between, below which a draft may let a channel write."""


@dataclass(frozen=True, slots=True)
class ChannelDirectories:
    """Those of `directories` and everything below them. `deployed`: the directories of deployed channels."""

    directories: tuple[Path, ...] = ()
    deployed: frozenset[str] = frozenset()

    def admit(self, text: str) -> bool:
        """Decided by the text alone, before the disk is touched. `..` behind a link leads elsewhere for the kernel."""
        if text in self.deployed:
            return True
        path = Path(os.path.normpath(text))
        inside = any(one == path or one in path.parents for one in self.directories)
        return inside and path.is_absolute() and ".." not in Path(text).parts

    def __str__(self) -> str:
        named = ", ".join(map(str, self.directories))
        return f"one below {named}" if named else "one that a deployed channel has"


def directories_of(channels: Mapping[str, ChannelSpec], kinds: Registry) -> Iterator[tuple[str, str, str]]:
    """The channel's name, the option and its text, for each option that names a directory of the host."""
    for name, spec in channels.items():
        kind = kinds.channels.get(spec.type)
        for option in kind.options if kind is not None else ():
            if option.directory and option.name in spec.options:
                yield name, option.name, spec.options[option.name]


def check_directories(
    sheet: Sheet, channels: Mapping[str, ChannelSpec], kinds: Registry, allowed: ChannelDirectories
) -> None:
    for name, option, text in directories_of(channels, kinds):
        if not allowed.admit(text):
            other = f"{FILES_DIR} of the process `web` names {'other' if allowed.directories else 'no'} directories"
            expected = f"{allowed}, because this is a draft; {other}"
            sheet.complain(("channels", name, option), "a directory that a draft may not write to", expected)
