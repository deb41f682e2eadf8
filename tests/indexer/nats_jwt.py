"""An operator with its accounts and users, as JWTs: what `nsc` keeps, made in the test."""

import base64
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nkeys  # type: ignore[import-untyped]
import orjson
from nacl.signing import SigningKey

_HEADER = {"typ": "JWT", "alg": "ed25519-nkey"}
_UNLIMITED = {"subs": -1, "data": -1, "payload": -1, "conn": -1, "imports": -1, "exports": -1, "leaf": -1}
_JETSTREAM = {"mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1}


@dataclass(frozen=True, slots=True)
class Key:
    """A seed and its public key."""

    seed: str
    public: str


def new_key(kind: int) -> Key:
    seed = nkeys.encode_seed(bytes(SigningKey.generate()), kind)
    return Key(seed.decode(), nkeys.from_seed(bytearray(seed)).public_key.decode())


def jwt(issuer: Key, subject: str, claims: dict[str, Any], **times: int) -> str:
    """A NATS JWT of version 2; ``times`` are iat and exp, Unix seconds."""
    body = {"iss": issuer.public, "sub": subject, "iat": 1, "jti": "x", "nats": {"version": 2} | claims} | times
    parts = [base64.urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=") for part in (_HEADER, body)]
    signed = b".".join(parts)
    signature = nkeys.from_seed(bytearray(issuer.seed.encode())).sign(signed)
    return b".".join((signed, base64.urlsafe_b64encode(signature).rstrip(b"="))).decode()


@dataclass(slots=True)
class Operator:
    """One operator with a system account and one account with JetStream."""

    key: Key = field(default_factory=lambda: new_key(nkeys.PREFIX_BYTE_OPERATOR))
    system: Key = field(default_factory=lambda: new_key(nkeys.PREFIX_BYTE_ACCOUNT))
    account: Key = field(default_factory=lambda: new_key(nkeys.PREFIX_BYTE_ACCOUNT))

    def account_jwt(self, **claims: Any) -> str:
        claims = {"type": "account", "limits": _UNLIMITED | _JETSTREAM} | claims
        return jwt(self.key, self.account.public, claims, iat=int(time.time()))

    def conf(self, *, full: Path | None = None) -> str:
        """Configuration of a server with the memory resolver, or with the full one that keeps JWTs in a folder."""
        claims = {"type": "operator", "system_account": self.system.public}
        system = jwt(self.key, self.system.public, {"type": "account", "limits": _UNLIMITED})
        resolver = "MEMORY" if full is None else f'{{ type: full, dir: "{full}" }}'
        preload = f"{{ {self.account.public}: {self.account_jwt()}, {self.system.public}: {system} }}"
        operator = jwt(self.key, self.key.public, claims)
        return f"operator: {operator}\nresolver: {resolver}\nresolver_preload: {preload}\n"

    def user(self, path: Path, key: Key, *, system: bool = False, claims: Any = None, **times: int) -> Path:
        """Write a .creds file as `nsc generate creds` does, in one step."""
        claims = {"type": "user", "subs": -1, "data": -1, "payload": -1} | (claims or {})
        token = jwt(self.system if system else self.account, key.public, claims, **times)
        text = (
            f"-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n"
            "************************* IMPORTANT *************************\n\n"
            f"-----BEGIN USER NKEY SEED-----\n{key.seed}\n------END USER NKEY SEED------\n"
        )
        new = path.with_suffix(".new")
        new.write_text(text)
        return new.replace(path)


def new_user() -> Key:
    return new_key(nkeys.PREFIX_BYTE_USER)
