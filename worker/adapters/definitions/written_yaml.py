"""A definition as YAML, with the quotes that it needs."""

from typing import Any

import yaml

from worker.adapters.definitions.yaml_nodes import Plain

WIDTH = 120


class _Dumper(yaml.SafeDumper):
    """Indents the items of lists, as people write them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002  # PyYAML's name
        super().increase_indent(flow, indentless=False)


def _plain(dumper: yaml.SafeDumper, text: Plain) -> yaml.ScalarNode:
    """Unquoted text stays unquoted: its key decides what it means."""
    tag = dumper.resolve(yaml.ScalarNode, str(text), (True, False))  # type: ignore[no-untyped-call]
    return dumper.represent_scalar(tag, str(text))


_Dumper.add_representer(Plain, _plain)


def written_yaml(value: Any) -> str:
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)
    return text
