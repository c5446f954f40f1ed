"""A schedule that extends a file, together with everything that it takes from the file."""

from worker.adapters.definitions.load import Loaded
from worker.adapters.definitions.place import Document
from worker.adapters.definitions.written_yaml import written_yaml
from worker.adapters.definitions.yaml_nodes import core
from worker.documents.rules import expanded_document
from worker.domain.schedule import Bundle
from worker.entry import console
from worker.entry.rule_output import show_rules


def explain(loaded: Loaded, bundle: Bundle, wanted: str, *, as_json: bool) -> None:
    """`wanted`: a schedule, a rule, or SCHEDULE/RULE. Raises RequestError if there is none."""
    document = loaded.expanded.get(wanted)
    if document is None:
        show_rules(bundle, wanted, as_json=as_json)
        return
    if as_json:
        console.show_json(expanded_document(_files(document), core(document.value), bundle.schedules[wanted]))
        return
    console.out.print(f"# {', with '.join((document.path, ' and '.join(_files(document))))}", markup=False)
    console.out.print(written_yaml(document.value).rstrip(), markup=False)
    if bundle.schedules[wanted].alerts:
        show_rules(bundle, wanted, as_json=False)


def _files(document: Document) -> list[str]:
    """The files that it extends, in the order of its keys."""
    return [path for path in dict.fromkeys(spot.file for spot in document.spots.values()) if path != document.path]
