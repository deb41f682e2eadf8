"""Contexts of the nats CLI as settings: files it wrote itself where it is installed, and files by hand."""

import argparse
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from indexer.config import Settings
from indexer.embedded import NatsServer
from indexer.errors import UsageError
from indexer.metrics import Metrics
from indexer.nats_connection import connected
from indexer.settings_flags import add_settings_flags, effective_settings, load_settings, secrets_of

SECRET = "hunter2"  # noqa: S105 - a made-up one, to see that it is never shown


@pytest.fixture(autouse=True)
def contexts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty home; the folder of its contexts."""
    for name in [name for name in os.environ if name.startswith("NATS_") or name == "XDG_CONFIG_HOME"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    folder = tmp_path / "home" / ".config" / "nats" / "context"
    folder.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def cli(nats_cli: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The real nats CLI; it asks the system for the home, so its contexts are kept out of that by XDG_CONFIG_HOME."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    return nats_cli


def save(folder: Path, context: str, **keys: Any) -> None:
    (folder / f"{context}.json").write_text(json.dumps(keys))


def load(*words: str) -> Settings:
    return load_settings(flags(*words))


def flags(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_settings_flags(parser)
    return parser.parse_args(words)


def refused(*words: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        load(*words)
    assert SECRET not in str(caught.value) + caught.value.hint
    return caught.value


def test_every_key_that_is_understood(contexts: Path) -> None:
    save(
        contexts, "all", name="all", description="d", color_scheme="dark", jetstream_event_prefix="e",
        url="nats://a:1,nats://b:2", user="me", password=SECRET, cert="c.pem", key="k.pem", ca="ca.pem", tls_first=True,
        inbox_prefix="_INBOX.me", nsc="", socks_proxy="", windows_ca_certs_match=None,
    )  # fmt: skip
    got = load("--nats-context", "all")
    assert got.nats_url == "nats://a:1,nats://b:2"
    assert (got.nats_user, got.nats_password.get_secret_value()) == ("me", SECRET)
    assert (got.nats_tls_cert, got.nats_tls_key, got.nats_tls_ca) == (Path("c.pem"), Path("k.pem"), Path("ca.pem"))
    assert (got.nats_tls_first, got.nats_inbox_prefix) == (True, "_INBOX.me")
    save(contexts, "token", token=SECRET)
    got = load("--nats-context", "token")
    assert (got.nats_token.get_secret_value(), got.nats_url) == (SECRET, "nats://127.0.0.1:4222")
    save(contexts, "files", creds="/a.creds", nkey="file:///b.nk")
    got = load("--nats-context", "files")
    assert (got.nats_creds, got.nats_nkey_seed_file) == (Path("/a.creds"), Path("/b.nk"))


def test_flag_over_environment_over_dotenv_over_context(contexts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(contexts, "c", url="nats://context:1", ca="context.pem", inbox_prefix="context", cert="context", key="context")
    Path(".env").write_text(
        "NATS_CONTEXT=c\nNATS_TLS_CA=dotenv.pem\nNATS_INBOX_PREFIX=dotenv\nNATS_URL=nats://dotenv:1\n"
    )
    monkeypatch.setenv("NATS_URL", "nats://environment:1")
    monkeypatch.setenv("NATS_INBOX_PREFIX", "environment")
    words = ("--nats-inbox-prefix", "flag")
    got = load(*words)
    assert (got.nats_inbox_prefix, got.nats_url) == ("flag", "nats://environment:1")
    assert (got.nats_tls_ca, got.nats_tls_cert) == (Path("dotenv.pem"), Path("context"))
    sources = {item.name: item.source for item in effective_settings(flags(*words))}
    assert sources["nats_inbox_prefix"] == "flag"
    assert sources["nats_url"] == "environment"
    assert sources["nats_tls_ca"] == sources["nats_context"] == ".env"
    assert sources["nats_tls_cert"] == "NATS context"
    assert sources["nats_user"] == "default"


def test_the_name_comes_by_flag_environment_or_dotenv(contexts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("flag", "environment", "dotenv"):
        save(contexts, name, url=f"nats://{name}:1")
    Path(".env").write_text("NATS_CONTEXT=dotenv\n")
    assert load().nats_url == "nats://dotenv:1"
    monkeypatch.setenv("NATS_CONTEXT", "environment")
    assert load().nats_url == "nats://environment:1"
    assert load("--nats-context", "flag").nats_url == "nats://flag:1"
    assert load("--nats-context", "").nats_url == "nats://127.0.0.1:4222"


@pytest.mark.parametrize(
    "explicit",
    [
        ("--nats-user", "other"), ("--nats-creds", "x.creds"), ("--nats-nkey-seed-file", "x.nk"), ("--nats-token", "t"),
        ("--nats-url", "nats://other:pass@elsewhere:1"),
    ],
)  # fmt: skip
def test_explicit_credentials_replace_all_of_the_contexts(contexts: Path, explicit: tuple[str, str]) -> None:
    save(contexts, "c", url=f"nats://me:{SECRET}@context:1,nats://b:2", user="me", password=SECRET, ca="ca.pem")
    got = load("--nats-context", "c", *explicit)
    assert SECRET not in got.nats_url + got.nats_password.get_secret_value()
    assert got.nats_user in ("", "other")
    assert got.nats_tls_ca == Path("ca.pem")
    if explicit[0] != "--nats-url":
        assert got.nats_url == "nats://context:1,nats://b:2"


def test_a_password_goes_with_the_contexts_user_and_a_certificate_with_its_own_key(contexts: Path) -> None:
    save(contexts, "c", user="me", password="old", cert="c.pem", key="k.pem")  # noqa: S106 - a made-up one
    got = load("--nats-context", "c", "--nats-password", "new")
    assert (got.nats_user, got.nats_password.get_secret_value()) == ("me", "new")
    got = load("--nats-context", "c", "--nats-tls-cert", "mine.pem")
    assert (got.nats_tls_cert, got.nats_tls_key) == (Path("mine.pem"), None)


def test_home_and_variables_in_paths(contexts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEYS", "/keys")
    save(contexts, "c", creds="~/me.creds", ca="$KEYS/ca.pem", cert="${KEYS}/c.pem", key="$KEYS/c.key")
    got = load("--nats-context", "c")
    assert got.nats_creds == Path.home() / "me.creds"
    assert (got.nats_tls_ca, got.nats_tls_cert) == (Path("/keys/ca.pem"), Path("/keys/c.pem"))
    monkeypatch.delenv("KEYS")
    assert "$KEYS, which is not set" in refused("--nats-context", "c").hint


@pytest.mark.parametrize(
    ("key", "value", "hint"),
    [
        ("jetstream_domain", "hub", "another domain"),
        ("jetstream_api_prefix", "JS.x.API", "another account"),
        ("socks_proxy", "socks5://x", "proxy"),
        ("nsc", "nsc://O/A/U", "nsc generate creds"),
        ("user_jwt", SECRET, ".creds"),
        ("user_seed", SECRET, "nkey"),
        ("windows_cert_store", "user", "does not know"),
        ("new_in_some_year", True, "does not know"),
        ("creds", "nsc://O/A/U", "only files"),
        ("nkey", f"data:;base64,{SECRET}", "--embed"),
        ("ca", "op://vault/x", "only files"),
        ("password", "env://PASSWORD", "NATS_PASSWORD"),
        ("token", "op://vault/x", "NATS_TOKEN"),
    ],
)
def test_what_would_mean_something_else_if_left_out_is_refused(
    contexts: Path, key: str, value: object, hint: str
) -> None:
    save(contexts, "c", url="nats://a:1", **{key: value})
    error = refused("--nats-context", "c")
    assert f"{key} of " in str(error)
    assert hint in error.hint
    assert error.exit_code == 2


def test_a_context_that_is_not_there_says_which_are(contexts: Path) -> None:
    error = refused("--nats-context", "nope")
    assert f"no context nope in {contexts}" in str(error)
    assert "nats context save" in error.hint
    save(contexts, "b")
    save(contexts, "a")
    assert refused("--nats-context", "nope").hint == "there are: a, b"
    for path in ("../a", "/etc/a", "a/b", "..", "a\\b"):
        assert "a name, not a path" in str(refused("--nats-context", path))


@pytest.mark.parametrize("text", [f'{{"password": "{SECRET}"', "[]", SECRET])
def test_a_broken_context_is_named_and_not_shown(contexts: Path, text: str) -> None:
    (contexts / "c.json").write_text(text)
    assert str(contexts / "c.json") in str(refused("--nats-context", "c"))


def test_wrong_values_are_told_without_showing_them(contexts: Path) -> None:
    save(contexts, "c", tls_first=SECRET, inbox_prefix=f"{SECRET}.>")
    error = refused("--nats-context", "c")
    assert "--nats-tls-first (NATS_TLS_FIRST)" in str(error)
    assert "--nats-inbox-prefix (NATS_INBOX_PREFIX)" in str(error)


def test_the_selected_one_is_used_only_when_asked_for(contexts: Path) -> None:
    save(contexts, "prod", url="nats://prod:1")
    assert "no context is selected" in str(refused("--nats-context", "@selected"))
    (contexts.parent / "context.txt").write_text("prod\n")
    assert load().nats_url == "nats://127.0.0.1:4222"
    assert load("--nats-context", "@selected").nats_url == "nats://prod:1"
    (contexts.parent / "context.txt").write_text("../prod")
    assert "a name, not a path" in str(refused("--nats-context", "@selected"))


def test_xdg_config_home_comes_first(contexts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "xdg" / "nats" / "context"
    other.mkdir(parents=True)
    save(contexts, "c", url="nats://home:1")
    save(other, "c", url="nats://xdg:1")
    assert load("--nats-context", "c").nats_url == "nats://home:1"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert load("--nats-context", "c").nats_url == "nats://xdg:1"


def test_secrets_of_a_context_are_masked_everywhere(contexts: Path) -> None:
    save(contexts, "c", url="nats://me:hunter3@a:1,b:2")
    save(contexts, "d", user="me", password=SECRET)
    for name in ("c", "d"):
        words = ("--nats-context", name)
        assert "hunter" not in str([*effective_settings(flags(*words))])
        assert any("hunter" in secret for secret in secrets_of(load(*words)))


def test_contexts_that_the_cli_itself_wrote(cli: str, tmp_path: Path) -> None:
    for name in ("ca.pem", "c.pem", "c.key", "me.creds", "me.nk"):
        (tmp_path / name).write_text("x")

    def written(name: str, *words: str) -> Settings:
        command = [cli, "context", "save", name, *words]
        subprocess.run(command, check=True, capture_output=True, timeout=120, cwd=tmp_path)
        return load("--nats-context", name)

    tls = ("--tlsca", "ca.pem", "--tlscert", "c.pem", "--tlskey", "c.key", "--tlsfirst", "--inbox-prefix", "_INBOX.me")
    got = written("a", "--server", "nats://a:1,nats://b:2", "--user", "me", "--password", SECRET, *tls)
    assert (got.nats_url, got.nats_user) == ("nats://a:1,nats://b:2", "me")
    assert (got.nats_password.get_secret_value(), got.nats_tls_ca) == (SECRET, Path("ca.pem"))
    assert (got.nats_tls_first, got.nats_inbox_prefix) == (True, "_INBOX.me")
    assert written("b", "--user", SECRET).nats_token.get_secret_value() == SECRET  # a user alone is a token there
    assert written("c", "--creds", str(tmp_path / "me.creds")).nats_creds == tmp_path / "me.creds"
    assert written("d", "--nkey", str(tmp_path / "me.nk")).nats_nkey_seed_file == tmp_path / "me.nk"
    for words, key in (
        (("--js-domain", "hub"), "jetstream_domain"),
        (("--js-api-prefix", "x"), "jetstream_api_prefix"),
        (("--socks-proxy", "socks5://x"), "socks_proxy"),
        (("--nkey", str(tmp_path / "me.nk"), "--embed"), "nkey"),
    ):
        with pytest.raises(UsageError, match=f"{key} of "):
            written("e-" + key, *words)
    subprocess.run([cli, "context", "select", "b"], check=True, capture_output=True, timeout=120)
    assert load("--nats-context", "@selected").nats_token.get_secret_value() == SECRET
    listed = subprocess.run([cli, "context", "ls", "--names"], check=True, capture_output=True, text=True, timeout=120)
    assert refused("--nats-context", "nope").hint == f"there are: {', '.join(listed.stdout.split())}"


async def test_a_context_connects(contexts: Path, tmp_path: Path) -> None:
    rights = 'permissions: { subscribe: "_INBOX.me.>" }'
    extra = f'authorization {{ users: [ {{ user: me, password: "{SECRET}", {rights} }} ] }}'
    async with NatsServer(store_dir=tmp_path / "store", extra=extra) as server:
        save(contexts, "c", url=server.url, user="me", password=SECRET, inbox_prefix="_INBOX.me")
        async with connected(load("--nats-context", "c"), Metrics()) as connection:
            assert (await connection.ask("$JS.API.INFO", seconds=30)).subject.startswith("_INBOX.me.")
