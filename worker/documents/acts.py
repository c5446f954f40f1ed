"""Every action of a person or a program: the scope that a token needs for it, and the interfaces that offer it.

The names are those of the audit list, which calls a deployment of an earlier bundle `rollback`. Actions on a directory
or on a mail server's files are only on the command line.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from worker.domain.access import Door, TokenScope

CLI, API, CONSOLE, CHAT, LINK = Door.CLI, Door.API, Door.CONSOLE, Door.CHAT, Door.LINK


@dataclass(frozen=True, slots=True)
class OfferedAct:
    scope: TokenScope
    doors: frozenset[Door]


def _offered(scope: TokenScope, *doors: Door) -> OfferedAct:
    return OfferedAct(scope, frozenset(doors))


ACTS: Mapping[str, OfferedAct] = {
    "run": _offered(TokenScope.MANAGE, CLI),
    "test": _offered(TokenScope.TRIGGER, CLI, API),
    "trigger": _offered(TokenScope.TRIGGER, CLI, API, CONSOLE, CHAT),
    "pause": _offered(TokenScope.MANAGE, CLI, API, CONSOLE),
    "resume": _offered(TokenScope.MANAGE, CLI, API, CONSOLE),
    "cancel": _offered(TokenScope.MANAGE, CLI, API, CONSOLE),
    "retry": _offered(TokenScope.MANAGE, CLI, API, CONSOLE),
    "deliveries settle": _offered(TokenScope.MANAGE, CLI, API, CONSOLE),
    "alerts ack": _offered(TokenScope.MANAGE, CLI, API, CONSOLE, CHAT, LINK),
    "alerts unack": _offered(TokenScope.MANAGE, CLI, API, CONSOLE),
    "alerts snooze": _offered(TokenScope.MANAGE, CLI, API, CONSOLE, CHAT, LINK),
    "alerts silence": _offered(TokenScope.MANAGE, CLI, API, CONSOLE),
    "alerts expire": _offered(TokenScope.MANAGE, CLI, API, CONSOLE),
    "forget": _offered(TokenScope.MANAGE, CLI, API),
    "subscriptions add": _offered(TokenScope.SUBSCRIBE, CLI, API, CONSOLE, CHAT),
    "subscriptions pause": _offered(TokenScope.SUBSCRIBE, CLI, API, CONSOLE, CHAT),
    "subscriptions resume": _offered(TokenScope.SUBSCRIBE, CLI, API, CONSOLE, CHAT),
    "subscriptions remove": _offered(TokenScope.SUBSCRIBE, CLI, API, CONSOLE, CHAT),
    "deploy": _offered(TokenScope.MANAGE, CLI, API, CONSOLE),
    "baselines reset": _offered(TokenScope.MANAGE, CLI, API),
    "tokens add": _offered(TokenScope.MANAGE, CLI, API),
    "tokens revoke": _offered(TokenScope.MANAGE, CLI, API),
    "bounces": _offered(TokenScope.MANAGE, CLI),
    "webhooks retry": _offered(TokenScope.MANAGE, CLI),
    "source create": _offered(TokenScope.MANAGE, CLI),
    "source update": _offered(TokenScope.MANAGE, CLI),
    "source delete": _offered(TokenScope.MANAGE, CLI),
    "source webhooks add": _offered(TokenScope.MANAGE, CLI),
    "source webhooks remove": _offered(TokenScope.MANAGE, CLI),
}
