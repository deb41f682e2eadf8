"""How we get into NATS, and the words for not getting in. No message here holds a credential."""

import ssl
from pathlib import Path
from typing import Any

from nats import errors

from indexer.config import Settings
from indexer.errors import PeerError, UsageError
from indexer.nats_creds import CredsFile, check_seed


def credentials(settings: Settings) -> dict[str, Any]:
    """The library's options for what the settings hold. Raises UsageError for what is missing, wrong or too much."""
    _refuse_two_of_us(settings)
    options: dict[str, Any] = {"inbox_prefix": settings.nats_inbox_prefix}
    if settings.nats_creds is not None:
        creds = _creds(settings.nats_creds)
        options |= {"signature_cb": creds.sign, "user_jwt_cb": creds.jwt}
    if settings.nats_nkey_seed_file is not None:
        options["nkeys_seed_str"] = _seed(settings.nats_nkey_seed_file)
    if settings.nats_user:
        options["user"] = settings.nats_user
        options["password"] = settings.nats_password.get_secret_value()
    if token := settings.nats_token.get_secret_value():
        options["token"] = token
    if tls := _tls(settings):
        options["tls"] = tls
    if settings.nats_tls_first:
        options["tls_handshake_first"] = True
    return options


def _refuse_two_of_us(settings: Settings) -> None:
    """One of several credentials would be sent, and which one is the library's choice."""
    given = {
        "NATS_CREDS": settings.nats_creds is not None,
        "NATS_NKEY_SEED_FILE": settings.nats_nkey_seed_file is not None,
        "NATS_USER": bool(settings.nats_user),
        "NATS_TOKEN": bool(settings.nats_token.get_secret_value()),
    }
    names = [name for name, is_given in given.items() if is_given]
    if len(names) > 1:
        raise UsageError(f"{' and '.join(names)} are both set: which of them are we?", hint="leave one of them")
    if settings.nats_password.get_secret_value() and not settings.nats_user:
        raise UsageError("NATS_PASSWORD without NATS_USER", hint="set both, or neither")


def _creds(path: Path) -> CredsFile:
    _read(path, "NATS_CREDS")
    creds = CredsFile(path.expanduser())
    try:
        creds.check()
    except ValueError as error:
        raise UsageError(f"NATS_CREDS: {path} {error}", hint="it holds a user JWT and an NKey seed") from None
    return creds


def _seed(path: Path) -> str:
    text = _read(path, "NATS_NKEY_SEED_FILE").strip()
    try:
        check_seed(text)
    except ValueError as error:
        raise UsageError(f"NATS_NKEY_SEED_FILE: {path} {error}", hint="one line that starts with SU") from None
    return text


def _tls(settings: Settings) -> ssl.SSLContext | None:
    files = (settings.nats_tls_ca, settings.nats_tls_cert, settings.nats_tls_key)
    ca, cert, key = (None if path is None else path.expanduser() for path in files)
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
        return path.expanduser().read_text()
    except OSError as error:
        raise UsageError(f"{variable}: cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{variable}: {path} is not text", hint="PEM, .creds and NKey files are") from None


def is_refusal(error: Exception) -> bool:
    """Whether trying again would give the same answer."""
    return _is_auth(error) or _is_tls(error)


def _is_auth(error: Exception) -> bool:
    return "authorization" in str(error).lower() or "authentication" in str(error).lower()


def _is_tls(error: Exception) -> bool:
    return isinstance(error, (ssl.SSLError, ssl.CertificateError, errors.SecureConnWantedError))


def refusal_of(error: Exception, settings: Settings) -> PeerError:
    """The error a person sees when a server answered and will not have us."""
    if _is_auth(error):
        expired = "" if settings.nats_creds is None else CredsFile(settings.nats_creds.expanduser()).expired
        if expired:
            return PeerError(
                f"NATS refused our credentials: {expired}",
                hint="renew the file NATS_CREDS names; it is read again for every connection",
            )
        return PeerError(
            f"NATS refused our credentials ({sentence(error)})",
            hint="NATS_CREDS, NATS_NKEY_SEED_FILE, NATS_USER and NATS_PASSWORD, or NATS_TOKEN",
        )
    if isinstance(error, errors.SecureConnWantedError):
        return PeerError(
            "NATS does not offer TLS, and TLS was asked for; nothing was sent to it",
            hint="NATS_TLS_CA, NATS_TLS_CERT, NATS_TLS_FIRST and tls:// addresses ask for TLS",
        )
    return PeerError(f"no TLS connection to NATS: {sentence(error)}", hint=_tls_hint(sentence(error).lower()))


def _tls_hint(reason: str) -> str:
    if "mismatch" in reason or "not valid for" in reason:
        return "NATS_URL has to say a name that stands in the server's certificate"
    if "expired" in reason and "alert" not in reason:
        return "the server's certificate has to be renewed, or this machine's clock is wrong"
    if "alert" in reason:
        return "the server will not have our certificate: NATS_TLS_CERT and NATS_TLS_KEY, signed by the CA it trusts"
    return "NATS_TLS_CA is the CA that signed the server's certificate; NATS_TLS_CERT and NATS_TLS_KEY are ours"


def sentence(error: Exception) -> str:
    """A client error in words, without the library's own prefix."""
    if isinstance(error, ssl.SSLError):
        return str(getattr(error, "verify_message", "") or error.reason or error)
    return str(error).removeprefix("nats: ").strip("'") or type(error).__name__
