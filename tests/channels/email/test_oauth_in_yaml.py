"""`oauth` below an email channel, as funnelbeat.yaml has it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from worker.adapters.definitions.load import Loaded, load
from worker.adapters.definitions.schema import schema
from worker.app import registry
from worker.connectors import OpenConnectors
from worker.domain.schedule import Bundle
from worker.ports.tokens import Tokens

PROJECT = """\
project: acme
channels:
  mail:
    type: email
    url: "{URL}"
    from: reports@acme.example
    oauth: {OAUTH}
"""
URL = "smtp://reports%40acme.example@smtp.office365.com:587"
TOKEN_URL = "https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token"  # an address
MICROSOFT = (
    f'{{token_url: "{TOKEN_URL}", client_id: app-1, client_secret: "${{SECRET}}", '
    "scope: https://outlook.office365.com/.default}"
)
GOOGLE = (
    '{token_url: "https://oauth2.googleapis.com/token", client_id: app-2, client_secret: "${SECRET}", '
    'refresh_token: "${REFRESH}"}'
)
SECRETS = {"SECRET": "s3cret", "REFRESH": "1//r0", "PASSWORD": "p4ssword"}


def loaded(place: Path, oauth: str, url: str = URL, more: str = "") -> Loaded:
    (place / "schedules").mkdir()
    text = PROJECT.replace("{OAUTH}", oauth).replace("{URL}", url) + more
    (place / "funnelbeat.yaml").write_text(text, encoding="utf-8")
    return load(place, registry(), SECRETS)


@pytest.mark.parametrize("oauth", [MICROSOFT, GOOGLE])
def test_both_grants_are_taken_and_their_secrets_stay_references(tmp_path: Path, oauth: str) -> None:
    found = loaded(tmp_path, oauth)
    assert found.complaints == ()
    assert [str(one) for one in found.warnings if "funnelbeat.yaml" in str(one)] == []
    assert found.bundle is not None
    assert found.bundle.channels["mail"].options["oauth.client_secret"] == "${SECRET}"  # a reference
    assert "channels.mail.oauth.client_secret" in {secret.holder for secret in found.secrets}


@pytest.mark.parametrize(("oauth", "place", "words"), [
    ("yes please", "7:12", "`oauth` with text; write keys below it"),
    ("{}", "7:12", "`oauth` with nothing; write keys below it"),
    (MICROSOFT.replace("scope:", "scopes:"), "7:", "`scopes`, which `oauth` does not have; did you mean `scope`?"),
    (MICROSOFT.replace("client_id: app-1, ", ""), "7:5", "`oauth` without `client_id`; write `client_id` too"),
    ('{client_id: a, client_secret: "${SECRET}"}', "7:5", "`oauth` without `token_url`; write `token_url` too"),
    (MICROSOFT.replace('client_secret: "${SECRET}", ', ""), "7:5", "`oauth` with nothing that a token is given for"),
    (MICROSOFT.replace("https://login", "http://login"), "7:13", "a URL that cannot be used; found http:// to another"),
    (MICROSOFT.replace("https://login", "ftp://login"), "7:13", "a URL that cannot be used; found a URL without https"),
    (MICROSOFT.replace("https://login", "https://me:pw@login"), "7:13", "a URL that cannot be used; found credentials"),
    (MICROSOFT.replace("app-1", "[1]"), "7:", "`client_id` with a list; write text"),
    (MICROSOFT.replace("app-1", "'${SECRET}'"), "7:", "`client_id` with a reference, and this is no secret option"),
])  # fmt: skip
def test_each_fault_is_one_sentence_at_its_place(tmp_path: Path, oauth: str, place: str, words: str) -> None:
    told = [str(one) for one in loaded(tmp_path, oauth).complaints]
    assert len(told) == 1, told
    assert told[0].startswith(f"funnelbeat.yaml:{place}"), told
    assert words in told[0]


@pytest.mark.parametrize("http", ["http://127.0.0.1:8080/token", "http://localhost/token", "http://[::1]:1/token"])
def test_this_machine_may_be_asked_without_tls(tmp_path: Path, http: str) -> None:
    assert loaded(tmp_path, MICROSOFT.replace(TOKEN_URL, http)).complaints == ()


def test_a_password_beside_it_and_a_missing_user_are_said(tmp_path: Path) -> None:
    found = loaded(tmp_path, MICROSOFT, "smtp://smtp.office365.com:587", '    password: "${PASSWORD}"\n')
    user, password = map(str, found.complaints)
    assert user.startswith("funnelbeat.yaml:5:5: `oauth` and a URL without a user; write the mailbox's user too: ")
    assert password == "funnelbeat.yaml:8:5: `password` beside `oauth`; keep one of them"


def test_a_secret_that_stands_in_the_file_is_a_warning(tmp_path: Path) -> None:
    found = loaded(tmp_path, MICROSOFT.replace("${SECRET}", "hunter2"))
    assert "`client_secret` with the secret itself" in str(found.warnings)
    assert "hunter2" not in str(found.warnings)


def test_editors_know_the_keys() -> None:
    assert all(f'"{name}"' in str(schema(registry())).replace("'", '"') for name in ("token_url", "refresh_token"))


class Stores:
    """Remembers which accounts stores were asked for."""

    def __init__(self) -> None:
        self.accounts: list[str] = []

    def __call__(self, account: str) -> "Stores":
        self.accounts.append(account)
        return self

    async def load(self) -> Tokens | None: ...

    async def begin(self) -> str:
        return "taken"

    async def save(self, tokens: Tokens, turn: str) -> bool:  # nothing is kept
        return turn == "taken"

    async def leave(self, turn: str) -> None: ...


async def accounts_of(place: Path, bundle: Bundle, environ: Mapping[str, str], patch: pytest.MonkeyPatch) -> list[str]:
    """Of the store that mails use, and of the one that the mailbox uses."""
    for name, value in environ.items():
        patch.setenv(name, value)
    stores = Stores()
    connectors = OpenConnectors({}, place, tokens=stores)
    connectors.channel(bundle, "mail", "a@acme.example")
    box = connectors.bounce_mailbox(bundle, "mail")
    assert box is not None
    await box.aclose()
    await connectors.aclose()
    return stores.accounts


async def test_tokens_are_kept_by_all_that_they_depend_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {}
    changes = {
        "same": {},
        "secret": {"SECRET": "another"},
        "refresh": {"REFRESH": "1//another"},
    }
    texts = {"same": GOOGLE, "secret": GOOGLE, "refresh": GOOGLE, "client": GOOGLE.replace("app-2", "app-3")}
    texts["scope"] = GOOGLE.replace("refresh_token:", "scope: https://mail.google.com/, refresh_token:")
    for name, oauth in texts.items():
        (tmp_path / name).mkdir()
        bundle = loaded(tmp_path / name, oauth, more='    bounces: {mailbox: "imaps://b@mail.example/INBOX"}\n').bundle
        assert bundle is not None
        environ = {**SECRETS, **changes.get(name, {})}
        sends, reads = await accounts_of(tmp_path, bundle, environ, monkeypatch)
        assert sends == reads, "mails and mailbox share a grant"
        found[name] = sends
    assert len(set(found.values())) == len(texts)
    (tmp_path / "url").mkdir()
    more = '    bounces: {mailbox: "imaps://c@mail.example/INBOX"}\n'
    other = loaded(tmp_path / "url", GOOGLE, "smtp://sales@smtp.example:587", more).bundle
    assert other is not None
    assert set(await accounts_of(tmp_path, other, SECRETS, monkeypatch)) == {found["same"]}, "one grant, one store"
    assert not any(secret in "".join(found.values()) for secret in SECRETS.values())
