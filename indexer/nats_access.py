"""How we get into NATS, and the words for not getting in. No message here holds a credential."""

import ssl
from pathlib import Path
from typing import Any

import nkeys  # type: ignore[import-untyped]
from nats import errors

from indexer.config import Settings
from indexer.errors import PeerError, UsageError


def credentials(settings: Settings) -> dict[str, Any]:
    """The library's options for what the settings hold. Raises UsageError for files that are missing or wrong."""
    options: dict[str, Any] = {}
    if settings.nats_creds is not None:
        options["user_credentials"] = str(_creds_file(settings.nats_creds))
    if settings.nats_nkey_seed_file is not None:
        options["nkeys_seed"] = str(_seed_file(settings.nats_nkey_seed_file))
    if settings.nats_user:
        options["user"] = settings.nats_user
        options["password"] = settings.nats_password.get_secret_value()
    if token := settings.nats_token.get_secret_value():
        options["token"] = token
    if tls := _tls(settings):
        options["tls"] = tls
    return options


def _creds_file(path: Path) -> Path:
    """The library reads a file without these lines for ever."""
    text = _read(path, "NATS_CREDS")
    if "BEGIN NATS USER JWT" not in text or "BEGIN USER NKEY SEED" not in text:
        raise UsageError(f"NATS_CREDS: {path} is not a .creds file", hint="it holds a user JWT and an NKey seed")
    return path


def _seed_file(path: Path) -> Path:
    text = _read(path, "NATS_NKEY_SEED_FILE")
    try:
        nkeys.from_seed(bytearray(text.strip().encode())).wipe()
    except Exception:  # noqa: BLE001 - the library raises several kinds; the seed must not be in any of them
        raise UsageError(
            f"NATS_NKEY_SEED_FILE: {path} holds no NKey seed", hint="one line that starts with SU"
        ) from None
    return path


def _tls(settings: Settings) -> ssl.SSLContext | None:
    ca, cert, key = settings.nats_tls_ca, settings.nats_tls_cert, settings.nats_tls_key
    if key is not None and cert is None:
        raise UsageError("NATS_TLS_KEY without NATS_TLS_CERT", hint="a client certificate needs both")
    for path, variable in ((ca, "NATS_TLS_CA"), (cert, "NATS_TLS_CERT"), (key, "NATS_TLS_KEY")):
        if path is not None:
            _read(path, variable)
    if ca is None and cert is None:
        return None
    try:
        context = ssl.create_default_context(cafile=ca)
        if cert is not None:
            context.load_cert_chain(cert, key)
    except ssl.SSLError as error:
        raise UsageError(
            f"NATS_TLS_*: {error.reason or error}", hint="PEM files; the key belongs to the certificate"
        ) from None
    return context


def _read(path: Path, variable: str) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise UsageError(f"{variable}: cannot read {path}: {error.strerror}") from None


def is_refusal(error: Exception) -> bool:
    """Whether trying again would give the same answer."""
    return _is_auth(error) or _is_tls(error)


def _is_auth(error: Exception) -> bool:
    return "authorization" in str(error).lower() or "authentication" in str(error).lower()


def _is_tls(error: Exception) -> bool:
    return isinstance(error, (ssl.SSLError, ssl.CertificateError, errors.SecureConnWantedError))


def refusal_of(error: Exception) -> PeerError:
    """The error a person sees when a server answered and will not have us."""
    if _is_auth(error):
        return PeerError(
            "NATS refused our credentials (authorization violation)",
            hint="NATS_CREDS, NATS_NKEY_SEED_FILE, NATS_USER and NATS_PASSWORD, or NATS_TOKEN",
        )
    if isinstance(error, errors.SecureConnWantedError):
        return PeerError(
            "NATS does not offer TLS, and TLS was asked for; nothing was sent to it",
            hint="NATS_TLS_CA, NATS_TLS_CERT and tls:// addresses ask for TLS",
        )
    return PeerError(
        f"no TLS connection to NATS: {sentence(error)}",
        hint="NATS_TLS_CA is the CA that signed the server's certificate; NATS_TLS_CERT and NATS_TLS_KEY are ours",
    )


def sentence(error: Exception) -> str:
    """A client error in words, without the library's own prefix."""
    if isinstance(error, ssl.SSLError):
        return str(getattr(error, "verify_message", "") or error.reason or error)
    return str(error).removeprefix("nats: ").strip("'") or type(error).__name__
