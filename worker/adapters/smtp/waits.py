"""How long a mail server is waited for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds. `reply`: for a reply, `copy` for one about a copy: two such waits leave enough time for the reader's
    mail. `opening`: until a server has asked for the message, over all connections. After that it is surely not sent; a
    worker gives up after 48, and could then not know that (worker/flow/run/hand_over.py). `message`: for the reply
    after the message's final dot. RFC 5321, 4.5.3.2.6 gives the server ten minutes. A worker gives up earlier, when the
    delivery's lease ends.
    """

    reply: float = 30.0
    copy: float = 15.0
    opening: float = 40.0
    message: float = 600.0
