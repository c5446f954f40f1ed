"""One transaction command by command, as aiosmtplib does it, for servers that do not offer PIPELINING."""

from collections.abc import Callable, Iterable

from aiosmtplib import SMTP, SMTPException, SMTPRecipientRefused, SMTPResponseException

from worker.adapters.smtp.failure import MailFailure, failure_of
from worker.adapters.smtp.transaction import Mail, SentMail, mail_options, not_writable
from worker.adapters.smtp.waits import Waits
from worker.redact import redact


class CommandsInTurn:
    """Implements transaction.MailConnection."""

    def __init__(self, smtp: SMTP, secrets: Iterable[str], waits: Waits) -> None:
        self._smtp = smtp
        self._secrets = tuple(secrets)
        self._waits = waits

    async def transaction(self, mail: Mail, begun: Callable[[], None]) -> SentMail:
        options, encoding = mail_options(self._smtp, mail), mail.encoding
        recipient, *copies = mail.recipients
        phase, asked, refused = "mail", "", list[tuple[str, MailFailure]]()
        try:
            await self._smtp.mail(mail.sender, options=options, encoding=encoding)
            phase = "rcpt"
            await self._smtp.rcpt(recipient, encoding=encoding)
            for asked in copies:
                if why := await self._refusal(asked, encoding):
                    refused.append((asked, why))
            asked = ""
            if refused:
                await self._still_there()
            phase = "data"
            begun()
            said = (await self._smtp.data(mail.message, timeout=self._waits.message)).message
            return SentMail(redact(said, self._secrets), tuple(refused))
        except (SMTPException, OSError) as error:
            raise failure_of(phase, error, self._secrets, refused, copy=asked) from None
        except UnicodeError as error:  # from MAIL or RCPT
            raise not_writable(phase) from error

    async def _refusal(self, copy: str, encoding: str) -> MailFailure | None:
        """The server's refusal of one more recipient; None if it accepts it. Raises for a connection that ends."""
        try:
            await self._smtp.rcpt(copy, encoding=encoding, timeout=min(self._waits.reply, self._waits.copy))
        except SMTPRecipientRefused as error:
            if error.code == 421:
                raise
            return failure_of("rcpt", error, self._secrets)
        return None

    async def _still_there(self) -> None:
        """Sends a command to a server that refused somebody. If the server ends the connection because of that, it does
        so here, where the message is certainly not accepted, and not within DATA.
        """
        answer = await self._smtp.execute_command(b"NOOP")
        if answer.code == 421:
            raise SMTPResponseException(answer.code, answer.message)

    async def reset(self) -> bool:
        try:
            await self._smtp.rset()
        except (SMTPException, OSError):
            return False
        return True

    async def noop(self) -> str:
        return (await self._smtp.noop()).message

    async def quit(self) -> None:
        await self._smtp.quit(timeout=1.0)

    def close(self) -> None:
        self._smtp.close()
