"""Which copies a server is still asked for, over the connections that one message takes."""

from collections.abc import Sequence

from worker.adapters.smtp.failure import MailFailure, RefusedCopies


class CopiesLeft:
    """`copies`: in the order in which the server is asked for them. `failed`: whether a connection has ended."""

    def __init__(self, copies: Sequence[str]) -> None:
        self.copies = tuple(copies)
        self.failed = False
        self._refused: dict[str, MailFailure] = {}
        self._asked_again = False
        self._silent = False

    def and_refused(self, refused: RefusedCopies) -> RefusedCopies:
        """All that were refused, `refused` by the last connection."""
        return (*self._refused.items(), *refused)

    def may_go_on(self, failure: MailFailure) -> bool:
        """Whether another connection may take the message: it was surely not sent, and the copies are to blame, or may
        be. Then `copies` are those to ask for. Each connection after the second has at least one copy less.

        A server that ends the connection when it is asked for a copy may only be going down, so it is once asked again
        for all. One that gives no reply about a copy is not asked for that copy again, because each silence takes time
        that the reader's mail has to wait. After a second silence only those are left that it has accepted.
        """
        if failure.unclear or not (failure.hung_up or failure.silent):
            return False
        if not failure.refused and not failure.copy:
            return False
        blamed = dict(failure.refused)
        if failure.copy and failure.silent:
            blamed |= self._unanswered(failure)
        elif not blamed and self._asked_again:
            blamed = {failure.copy: failure}
        self.failed, self._asked_again = True, self._asked_again or not blamed
        self._refused |= blamed
        self.copies = tuple(one for one in self.copies if one not in self._refused)
        return True

    def _unanswered(self, failure: MailFailure) -> dict[str, MailFailure]:
        behind = self.copies[self.copies.index(failure.copy) + 1 :] if self._silent else ()
        self._silent = True
        return {failure.copy: failure, **dict.fromkeys(behind, MailFailure("rcpt", _LEFT_OUT, silent=True))}


_LEFT_OUT = "left out, because the server gave no reply about two other copies"
