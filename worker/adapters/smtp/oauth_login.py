"""Logs in to a mail server with an access token (RFC 4954, RFC 7628)."""

import base64

from aiosmtplib import SMTP, SMTPAuthenticationError, SMTPException

from worker.adapters.oauth_answer import TokenFailure, TokenFault
from worker.adapters.oauth_tokens import OAuthTokens
from worker.adapters.sasl_oauth import lacking, oauth_login, reason_of, token_of, unpacked
from worker.adapters.smtp.failure import MailFailure

LONGEST_LINE = 512
"""Bytes of a command with its end (RFC 5321, 4.5.3.1.4). A longer response is sent once the server has asked for it."""

REFUSED = 535
"""The code for credentials that are not valid (RFC 4954, 6)."""


async def access_token(tokens: OAuthTokens, refused: str = "") -> str:
    """Raises MailFailure: for a definition that has to change as for a wrong password, else one that may pass."""
    try:
        return await token_of(tokens, refused)
    except TokenFailure as failure:
        code = REFUSED if failure.fault is TokenFault.REFUSED else 0
        raise MailFailure("auth", failure.problem, code=code, silent=failure.silent) from None


async def log_in_with(smtp: SMTP, user: str, token: str, host: str, port: int) -> None:
    """Raises SMTPException."""
    if smtp.is_ehlo_or_helo_needed:
        await smtp.ehlo()
    offered = {name.upper() for name in smtp.server_auth_methods}
    login = oauth_login(offered, user, token, host, port)
    if login is None:
        raise SMTPException(lacking(offered))
    mechanism, response = login.mechanism.encode(), base64.b64encode(login.response)
    if len(b"AUTH %b %b\r\n" % (mechanism, response)) <= LONGEST_LINE:
        answer = await smtp.execute_command(b"AUTH", mechanism, response)
    else:
        answer = await smtp.execute_command(b"AUTH", mechanism)
        if answer.code == 334:
            answer = await smtp.execute_command(response)
    why = ""
    if answer.code == 334:
        why = reason_of(unpacked(answer.message))
        answer = await smtp.execute_command(base64.b64encode(login.dismissal))
    if answer.code != 235:
        raise SMTPAuthenticationError(answer.code, f"{answer.message}{why}")
