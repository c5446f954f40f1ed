"""One TLS policy for every client: HTTP, SMTP, Redis and the broker.

Certificates and host names are verified. The system's authorities are trusted. SSL_CERT_FILE names a file of
authorities to trust instead, and SSL_CERT_DIR a directory; OpenSSL reads both variables for every client.
"""

import os
import ssl
from functools import cache

import certifi

from worker.errors import SettingsError


@cache
def tls_context() -> ssl.SSLContext:
    """All clients of a process share the context, because making one takes 18 ms. Raises SettingsError as
    `refuse_wrong_authorities`.
    """
    refuse_wrong_authorities()
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if not (paths.cafile or paths.capath):  # a system without its own authorities uses certifi's
        context.load_verify_locations(certifi.where())
    return context


def refuse_wrong_authorities() -> None:
    """OpenSSL skips a file that it cannot read, and then trusts nobody. Raises SettingsError for such a file."""
    file, folder = os.environ.get("SSL_CERT_FILE", ""), os.environ.get("SSL_CERT_DIR", "")
    if file:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=file)
        except OSError:  # ssl.SSLError is one
            raise SettingsError("SSL_CERT_FILE", f"found {file!r}, expected a file of certificates (PEM)") from None
    if folder and not any(os.path.isdir(part) for part in folder.split(os.pathsep)):  # noqa: PTH112
        raise SettingsError("SSL_CERT_DIR", f"found {folder!r}, expected a directory of certificates")
