"""The endpoints of a service that a source uses, as data for docs/reference/endpoints.md."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EndpointParams:
    """Parameters of an endpoint that one test covers.

    `test`: a pytest node id, in which `{}` stands for the parameter's name. `written`: how a definition or a command
    sets the parameter; empty for a parameter below `params:` with the service's own name.
    """

    names: tuple[str, ...]
    test: str
    written: str = ""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint, and what uses it.

    `documented`: its name in the service's documentation. `sent`: the path in use, if it differs. `use`: the
    name of the query; with `command`, the words after `funnelbeat source NAME`, of which the first is a kind of the
    catalogue. `test`: a pytest node id.
    """

    documented: str
    use: str
    test: str
    sent: str = ""
    params: tuple[EndpointParams, ...] = ()
    command: bool = False

    def rows(self) -> Iterator[tuple[str, str, str, str]]:
        """(endpoint, parameter, how it is used, test). The parameter is empty in the first row."""
        use = f"`funnelbeat source NAME {self.use}`" if self.command else f"`query: {self.use}`"
        yield self.documented, "", f"{use}; sent as {self.sent}" if self.sent else use, self.test
        for group in self.params:
            for name in group.names:
                yield self.documented, name, group.written or "under `params:`", group.test.replace("{}", name)
