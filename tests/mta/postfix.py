"""A Postfix of its own on loopback, with its own files, which a test starts and ends. Nothing in /etc/postfix is used.

Five doors: `submission` (STARTTLS and login), `smtps` (the same, TLS from the first byte), `open` (no TLS, takes mail
for its own domains only), `small` (the same, takes 2,000 octets) and `gateway` (no TLS, takes mail for LATER and hands
it to `open`, so that Postfix itself writes the bounces). Postfix and Dovecot begin as root and give their rights up
themselves.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from pathlib import Path

from tests.machines.guarded_redis import free_port
from tests.machines.site import running, until
from tests.mta.verdicts import Verdicts

DOMAIN = "initech.example"
LATER = "later.example"
"""Accepted by the gateway at once, and refused by the server behind it."""
SENDER = "reports@acme.example"
USER, PASSWORD = "bot@acme.example", "correct horse"
SIZE_LIMIT = 200_000
DOVECOT = "/usr/sbin/dovecot"
START = 30.0
"""Seconds that a server may take to come up."""
OWNER = 5000
"""The user who owns the mailboxes; nobody has the number."""

_MAIN = f"""
compatibility_level = 3.6
queue_directory = {{place}}/queue
data_directory = {{place}}/data
maillog_file = {{place}}/postfix.log
maillog_file_prefixes = {{place}}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
myhostname = mx.{DOMAIN}
mydestination =
virtual_mailbox_domains = {DOMAIN}, acme.example
virtual_mailbox_base = {{place}}/mail
virtual_mailbox_maps = texthash:{{place}}/mailboxes
virtual_minimum_uid = {OWNER}
virtual_uid_maps = static:{OWNER}
virtual_gid_maps = static:{OWNER}
relay_domains = {LATER}
transport_maps = inline:{{{{{LATER}=smtp:[127.0.0.1]:{{open}}}}}}
smtp_host_lookup = native
message_size_limit = {SIZE_LIMIT}
smtpd_tls_cert_file = {{place}}/server.pem
smtpd_tls_key_file = {{place}}/server.key
smtpd_tls_auth_only = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {{place}}/dovecot/auth
smtpd_helo_required = yes
smtpd_helo_restrictions = reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:{{policy}}
smtpd_milters = inet:127.0.0.1:{{milter}}
smtpd_restriction_classes = blocked_host, hidden_host, unknown_sender, bad_sender
blocked_host = check_client_access static:{{{{554 5.7.1 Access denied}}}}
hidden_host = check_client_access static:{{{{450 4.7.1 cannot find your hostname}}}}
unknown_sender = check_sender_access static:{{{{450 4.1.8 Domain not found}}}}
bad_sender = check_sender_access static:{{{{550 5.1.8 Domain not found}}}}
smtpd_soft_error_limit = 1000
smtpd_hard_error_limit = 1000
smtpd_client_connection_rate_limit = 0
"""
_LOGIN = "-o smtpd_sasl_auth_enable=yes -o smtpd_client_restrictions=permit_sasl_authenticated,reject"
_MASTER = f"""
127.0.0.1:{{submission}} inet n - n - - smtpd -o smtpd_tls_security_level=encrypt {_LOGIN}
127.0.0.1:{{smtps}} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes {_LOGIN}
127.0.0.1:{{open}} inet n - n - - smtpd -o relay_domains= -o virtual_mailbox_domains={DOMAIN},acme.example,{LATER}
127.0.0.1:{{gateway}} inet n - n - - smtpd -o smtpd_recipient_restrictions= -o smtpd_milters=
127.0.0.1:{{small}} inet n - n - - smtpd -o message_size_limit=2000
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp -o smtp_helo_name=gateway.{DOMAIN} -o smtp_tls_security_level=none
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
_DOVECOT = """
base_dir = {place}/dovecot
log_path = {place}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{place}/server.pem
ssl_key = <{place}/server.key
mail_location = maildir:{place}/mail/reports
first_valid_uid = 5000
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
auth_mechanisms = plain login
passdb {{
  driver = passwd-file
  args = {place}/users
}}
userdb {{
  driver = static
  args = uid=5000 gid=5000 home=/nowhere
}}
service auth {{
  unix_listener auth {{
    mode = 0666
  }}
}}
"""
DOORS = ("submission", "smtps", "open", "gateway", "small", "imaps")


@dataclass(frozen=True)
class Postfix:
    """`ports`: by door. `ca`: the file of the authority that signed the certificate for localhost."""

    place: Path
    ports: dict[str, int]
    verdicts: Verdicts

    @property
    def ca(self) -> Path:
        return self.place / "ca.pem"

    def mails(self, name: str) -> list[bytes]:
        """What lies in a mailbox, oldest first, as Postfix wrote it."""
        found = (self.place / "mail" / name / "new").glob("*")
        return [path.read_bytes() for path in sorted(found, key=lambda path: path.stat().st_mtime_ns)]

    def waiting(self) -> int:
        """Messages in the queue."""
        folders = ("incoming", "active", "deferred", "maildrop")
        return sum(path.is_file() for name in folders for path in (self.place / "queue" / name).rglob("*"))

    def delivered(self) -> None:
        """Waits until the queue is empty: everything lies in a mailbox, or a bounce does."""
        until(lambda: self.waiting() == 0 or None, f"the queue is not empty\n{self.log()}", START)

    def log(self) -> str:
        path = self.place / "postfix.log"
        return path.read_text("utf-8", "replace")[-6000:] if path.exists() else ""

    def empty(self) -> None:
        """Before a test: no mail, also none that the test before left on its way, no verdict, nothing counted."""
        self.delivered()
        shutil.rmtree(self.place / "mail")
        _owned(self.place / "mail")
        self.verdicts.forget()


def sent_of(mail: bytes) -> bytes:
    """A mail as its sender wrote it: without the headers that servers put in front, and with CRLF."""
    lines, own = mail.splitlines(keepends=True), 0
    added = (b"Return-Path:", b"X-Original-To:", b"Delivered-To:", b"Received:")
    while lines[own].startswith((*added, b" ", b"\t")):
        own += 1
    return b"".join(lines[own:]).replace(b"\n", b"\r\n")


def subject_of(mail: bytes) -> str:
    return str(BytesHeaderParser().parsebytes(mail)["Subject"])


@contextmanager
def _dovecot(place: Path, port: int) -> Iterator[None]:
    """Its login service, and IMAP over TLS for the mailbox of bounces, which USER may read."""
    (place / "dovecot").mkdir()
    config = place / "dovecot.conf"
    config.write_text(_DOVECOT.format(place=place, imaps=port), encoding="utf-8")
    (place / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n", encoding="utf-8")
    with running([DOVECOT, "-F", "-c", str(config)], os.environ, place / "dovecot.out"):
        until(lambda: (place / "dovecot" / "auth").exists() or None, "Dovecot did not come up", START)
        yield


@contextmanager
def postfix(readers: Iterable[str]) -> Iterator[Postfix]:
    """Runs while the block does. `readers`: local parts that have a mailbox in DOMAIN; nobody else has."""
    with tempfile.TemporaryDirectory(prefix="funnelbeat-mta-") as name, Verdicts() as verdicts:
        place = Path(name)
        place.chmod(0o755)  # Postfix's processes are not root
        ports = {door: free_port() for door in DOORS}
        _written(place, ports | verdicts.ports, readers)
        _certificates(place)
        with _dovecot(place, ports["imaps"]):
            _call("postfix", "-c", str(place / "etc"), "start")
            try:
                yield Postfix(place, ports, verdicts)
            finally:
                _call("postfix", "-c", str(place / "etc"), "stop")


def _written(place: Path, ports: dict[str, int], readers: Iterable[str]) -> None:
    for folder in ("etc", "queue", "data"):
        (place / folder).mkdir()
    shutil.chown(place / "data", "postfix")
    _owned(place / "mail")
    given = {"place": place, **ports}
    (place / "etc" / "main.cf").write_text(_MAIN.format(**given), encoding="utf-8")
    (place / "etc" / "master.cf").write_text(_MASTER.format(**given), encoding="utf-8")
    boxes = [f"{name}@{DOMAIN} {name}/" for name in readers]
    text = "\n".join([*boxes, f"{SENDER} reports/", "ops@acme.example ops/", ""])
    (place / "mailboxes").write_text(text, encoding="utf-8")


def _owned(folder: Path) -> None:
    folder.mkdir()
    os.chown(folder, OWNER, OWNER)


def _certificates(place: Path) -> None:
    """An authority, and a certificate for localhost that it signed. It is not valid for 127.0.0.1."""
    new = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2")
    authority = ("-CA", str(place / "ca.pem"), "-CAkey", str(place / "ca.key"))
    _call(*new, "-subj", "/CN=test authority", "-keyout", str(place / "ca.key"), "-out", str(place / "ca.pem"))
    names = ("-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE")
    files = ("-keyout", str(place / "server.key"), "-out", str(place / "server.pem"))
    _call(*new, "-subj", "/CN=localhost", *names, *authority, *files)


def _call(*command: str) -> None:
    """Its output goes to a file: a daemon that it leaves behind would keep a pipe open."""
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, check=False, timeout=60)
        output.seek(0)
        assert done.returncode == 0, f"{command}: {output.read().decode(errors='replace')}"
