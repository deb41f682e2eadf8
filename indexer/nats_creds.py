"""A .creds file (user JWT and NKey seed), read afresh for every connection: renewing the file renews the access.

The client library reads one for ever when the JWT is missing, and stops connecting again when the seed is: a file that
is being written must not cost us the connection. No message here holds a credential.
"""

import base64
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import nkeys  # type: ignore[import-untyped]
from nats import errors

_JWT = re.compile(r"-+BEGIN NATS USER JWT-+\s+([\w.-]+)\s+-+END NATS USER JWT-+")
_SEED = re.compile(r"-+BEGIN USER NKEY SEED-+\s+(SU[A-Z2-7]+)\s+-+END USER NKEY SEED-+")


class CredsFile:
    """One .creds file as the library's two callbacks."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._jwt = ""

    def check(self) -> None:
        """Raises ValueError for a file that is none, OSError for one that cannot be read."""
        self._read()

    def sign(self, nonce: str) -> bytes:
        """The signature the server asks for. Raises nats.errors.Error, which makes the client try again."""
        try:
            self._jwt, seed = self._read()
            return base64.b64encode(_sign(seed, nonce.encode()))
        except (ValueError, OSError) as error:
            reason = f"cannot be read: {error.strerror}" if isinstance(error, OSError) else error
            raise errors.Error(f"NATS_CREDS: {self._path} {reason}") from None

    def jwt(self) -> bytes:
        """The JWT of the file that signed: asked after it."""
        return self._jwt.encode()

    @property
    def expired(self) -> str:
        """A sentence when the JWT is too old, else empty."""
        try:
            claims = json.loads(base64.urlsafe_b64decode(self._read()[0].split(".")[1] + "=="))
            expires = int(claims.get("exp", 0))
        except (ValueError, OSError, IndexError, AttributeError, TypeError):
            return ""
        if not expires or datetime.now(UTC).timestamp() < expires:
            return ""
        when = datetime.fromtimestamp(expires, UTC)
        return f"the JWT in {self._path} expired at {when:%Y-%m-%d %H:%M:%S} UTC"

    def _read(self) -> tuple[str, str]:
        text = self._path.read_text()
        jwt, seed = _JWT.search(text), _SEED.search(text)
        if jwt is None or seed is None:
            raise ValueError("is not a .creds file")
        _sign(seed[1], b"")
        return jwt[1], seed[1]


def check_seed(text: str) -> None:
    """Raises ValueError, without the seed in it, for what is no NKey seed."""
    _sign(text, b"")


def _sign(seed: str, data: bytes) -> bytes:
    try:
        pair = nkeys.from_seed(bytearray(seed.encode()))
        signature = bytes(pair.sign(data))
        pair.wipe()
    except Exception:  # noqa: BLE001 - the library raises several kinds; the seed must not be in any of them
        raise ValueError("holds no NKey seed") from None
    return signature
