"""Deploys a project when one of its files is saved, for `up`."""

from collections.abc import Callable, Iterator
from pathlib import Path

from worker.domain.schedule import Bundle
from worker.entry import console
from worker.entry.announce import announce, time_of_day
from worker.entry.plan_output import change_lines
from worker.entry.project_dir import deployable, needs_sandbox, refuse_unset_secrets
from worker.errors import FunnelbeatError, LedgerError, RequestError
from worker.flow.deploy.deploy import Changes
from worker.settings import Settings

Stamps = dict[Path, tuple[int, int]]


class Watcher:
    """Call `look` repeatedly. It deploys saved files without errors. It reports errors once, and the last good
    definitions stay deployed. If Redis is not reachable, each look tries the deployment again.

    `seen`: the stamps from before the files were first read, so that no save is overlooked. `deploy` raises
    FunnelbeatError.
    """

    def __init__(
        self, place: Path, project: str, settings: Settings, deploy: Callable[[Bundle], Changes], seen: Stamps
    ) -> None:
        self._place = place
        self._project = project
        self._settings = settings
        self._deploy = deploy
        self._seen = seen
        self._waits = False

    def look(self) -> None:
        now = stamps(self._place)
        if now == self._seen and not self._waits:
            return
        waited, self._seen, self._waits = self._waits and now == self._seen, now, False
        try:
            print_changes(self._deploy(self._fit()))
        except LedgerError as error:
            self._waits = True
            if not waited:
                complain("Not deployed yet; it is tried again until Redis accepts it.", error)
        except RequestError as error:
            complain("Not deployed; the last good definitions stay deployed.", error)

    def _fit(self) -> Bundle:
        """The bundle of the files. Raises RequestError if `up` must be started again, DefinitionError for errors in the
        files.
        """
        bundle = deployable(self._place)
        if bundle.project != self._project:
            was = f"`project:` was {self._project} and is {bundle.project} now"
            raise RequestError(f"{was}: end `up` and start it again")
        if needs_sandbox(bundle) and not self._settings.sandbox:
            raise RequestError(
                "`type: sandbox` needs a sandbox, which `up` starts only at its beginning: end `up` and start it again"
            )
        refuse_unset_secrets(self._place, bundle)
        return bundle


def print_changes(found: Changes) -> None:
    """Prints what a deployment changed, with the time of day."""
    console.out.print(f"{time_of_day()}  {'Deployed.' if found else 'Nothing changes.'}")
    for line in change_lines(found):
        console.out.print(line, markup=False)


def complain(words: str, error: FunnelbeatError) -> None:
    announce("not_deployed", f"{time_of_day()}  {words}", str(error), trouble=True)


def stamps(place: Path) -> Stamps:
    """The time of the last write and the size of each of the project's own files."""
    folders = ("schedules", "templates", "pieces")
    return dict(_stamped([place / "funnelbeat.yaml", *(file for name in folders for file in _files(place / name))]))


def _files(folder: Path) -> Iterator[Path]:
    """Yields nothing for a folder that is removed meanwhile."""
    try:
        found = [path for path in folder.rglob("*") if path.suffix in {".yaml", ".yml", ".j2"}]
    except FileNotFoundError:
        return
    yield from found


def _stamped(files: list[Path]) -> Iterator[tuple[Path, tuple[int, int]]]:
    """An editor may replace or remove a file at any moment."""
    for file in files:
        try:
            found = file.stat()
        except OSError:
            continue
        yield file, (found.st_mtime_ns, found.st_size)
