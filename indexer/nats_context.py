"""The nats CLI's own contexts as settings, below flags, environment and .env.

A context is a JSON file that `nats context save NAME` writes. What it says that we do not understand is refused where
leaving it out would connect us somewhere else or as somebody else. No message here holds a value of one.
"""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from indexer.errors import UsageError

#: in place of a name: the context that `nats context select` chose
SELECTED = "@selected"
VARIABLE = "NATS_CONTEXT"
_DEFAULT_URL = "nats://127.0.0.1:4222"  # the CLI's, for a context without one
_FILES = {
    "creds": "NATS_CREDS", "nkey": "NATS_NKEY_SEED_FILE", "ca": "NATS_TLS_CA", "cert": "NATS_TLS_CERT",
    "key": "NATS_TLS_KEY",
}  # fmt: skip
_TEXTS = {
    "url": "NATS_URL", "user": "NATS_USER", "password": "NATS_PASSWORD", "token": "NATS_TOKEN",
    "inbox_prefix": "NATS_INBOX_PREFIX",
}  # fmt: skip
#: says nothing about where we connect and as whom: names and colours, and advisories, which we do not read
_WITHOUT_MEANING = frozenset({"name", "description", "color_scheme", "jetstream_event_prefix"})
_REASONS = {
    "jetstream_domain": "streams of another domain are not supported: connect to a server of that domain",
    "jetstream_api_prefix": "streams imported from another account are not supported: connect as a user of that one",
    "socks_proxy": "connecting through a proxy is not supported",
    "nsc": "nsc is not asked: export the user with `nsc generate creds` and name the file as creds",
    "user_jwt": "put the JWT and its seed into a .creds file and name that as creds",
    "user_seed": "put the seed into a file and name that as nkey, or with its JWT as creds",
}
_UNKNOWN = "this program does not know it; give the connection with NATS_URL and its like"
_ELSEWHERE = re.compile(r"(op|nsc|env|data|file):")  # where the CLI looks in place of taking a value as it is
_WHO = frozenset({"NATS_CREDS", "NATS_NKEY_SEED_FILE", "NATS_USER", "NATS_TOKEN"})
_PAIR = frozenset({"NATS_TLS_CERT", "NATS_TLS_KEY"})


class ContextSource(PydanticBaseSettingsSource):
    """What the context named by NATS_CONTEXT says, as far as nothing above it says otherwise.

    Who we are is one thing: explicit credentials of any kind replace all of the context's (a password alone goes with
    its user). So are certificate and key. Raises UsageError.
    """

    def __init__(self, settings_cls: type[BaseSettings], environment: Mapping[str, str]) -> None:
        super().__init__(settings_cls)
        self._environment = environment

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 - the library's signature
        """Not asked: a context is read as a whole."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """The context's settings by their variables, empty without NATS_CONTEXT."""
        explicit = {key.upper(): value for key, value in self.current_state.items() if value not in (None, "")}
        name = str(explicit.get(VARIABLE, ""))
        if not name:
            return {}
        said = read_context(name, self._environment)
        if _WHO & explicit.keys() or "@" in str(explicit.get("NATS_URL", "")):
            said = {key: value for key, value in said.items() if key not in _WHO | {"NATS_PASSWORD"}}
            said["NATS_URL"] = ",".join(map(_without_user, str(said["NATS_URL"]).split(",")))
        if _PAIR & explicit.keys():
            said = {key: value for key, value in said.items() if key not in _PAIR}
        present = {key.upper() for key in self.current_state}
        return {key: value for key, value in said.items() if key not in present}


def read_context(name: str, environment: Mapping[str, str]) -> dict[str, str | bool]:
    """A context's settings by their variables. Raises UsageError that says what is wrong and what there is."""
    folder = _folder(environment)
    path = folder / f"{_checked(name, folder)}.json"
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:
        raise UsageError(f"{VARIABLE}: no context {name} in {folder}", hint=_known(folder)) from None
    except OSError as error:
        raise UsageError(f"{VARIABLE}: cannot read {path}: {error.strerror}") from None
    except ValueError:
        raise UsageError(f"{VARIABLE}: {path} is not JSON", hint="`nats context edit` mends it") from None
    if not isinstance(content, dict):
        raise UsageError(f"{VARIABLE}: {path} is not a context", hint="`nats context save` writes one")
    return dict(_understood(path, content, environment))


def _understood(path: Path, content: Mapping[str, Any], environment: Mapping[str, str]) -> Iterable[tuple[str, Any]]:
    yield "NATS_URL", content.get("url") or _DEFAULT_URL
    for key, value in content.items():
        if not value or key in _WITHOUT_MEANING or key == "url":
            continue
        if key == "tls_first":
            yield "NATS_TLS_FIRST", value
        elif key in _FILES:
            yield _FILES[key], _expanded(path, key, str(value), environment)
        elif key in _TEXTS:
            if key in ("password", "token") and _ELSEWHERE.match(str(value)):
                raise _refused(path, key, f"a reference is not followed: write the {key} itself, or set {_TEXTS[key]}")
            yield _TEXTS[key], str(value)
        else:
            raise _refused(path, key, _REASONS.get(key, _UNKNOWN))


def _expanded(path: Path, key: str, value: str, environment: Mapping[str, str]) -> str:
    """A file's name with ``~`` and ``$VARIABLE`` filled in, as the CLI does it."""
    value = value.removeprefix("file://")
    if _ELSEWHERE.match(value):
        raise _refused(path, key, "only files are read: save the context with a path, and without --embed")

    def variable(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name not in environment:
            raise _refused(path, key, f"it names ${name}, which is not set")
        return environment[name]

    return str(Path(re.sub(r"\$(?:(\w+)|\{(\w+)\})", variable, value)).expanduser())


def _refused(path: Path, key: str, reason: str) -> UsageError:
    return UsageError(f"{VARIABLE}: {key} of {path} cannot be followed", hint=reason)


def _folder(environment: Mapping[str, str]) -> Path:
    root = environment.get("XDG_CONFIG_HOME")
    return (Path(root) if root else Path.home() / ".config") / "nats" / "context"


def _checked(name: str, folder: Path) -> str:
    """The name of a file in ``folder``, never of one elsewhere."""
    if name == SELECTED:
        try:
            name = (folder.parent / "context.txt").read_text().strip()
        except OSError:
            raise UsageError(f"{VARIABLE}: no context is selected", hint=_known(folder)) from None
    if not name or ".." in name or "/" in name or "\\" in name:
        raise UsageError(f"{VARIABLE} is a name, not a path", hint=_known(folder))
    return name


def _known(folder: Path) -> str:
    names = sorted(path.stem for path in folder.glob("*.json"))
    return f"there are: {', '.join(names)}" if names else "there are none: `nats context save NAME` makes one"


def _without_user(server: str) -> str:
    parts = urlsplit(server.strip())
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
