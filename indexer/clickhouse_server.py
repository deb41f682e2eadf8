"""A ClickHouse server over HTTP: how it is connected to, and its errors as sentences and hints.

Nothing here shows a password or the address with its parameters: what a peer or a library says is cut to its reason.
"""

import math
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from indexer.clickhouse_library import library
from indexer.config import Settings
from indexer.errors import UsageError

#: ClickHouse's numbers: no such database; user or password; rights, a session that only reads
UNKNOWN_DATABASE = 81
_WHO = frozenset({192, 193, 194, 516})
_RIGHTS = frozenset({164, 497})
#: too much at once, starting or stopping, a replica without its keeper: it passes by itself
BUSY = frozenset({202, 203, 209, 210, 225, 236, 242, 252, 279, 319, 745, 999})
_CODE = re.compile(r"(Received ClickHouse exception, code: \d+, server response: )?Code: \d+\. DB::Exception: ")
_TRAILER = re.compile(r"\s*\(version [^()]*(\([^()]*\))?[^()]*\)\s*|\s*\(for url .*\)", re.DOTALL)
#: a query ends itself at its limit, and is waited for a little longer to hear of it
_LATE_SECONDS = 5
_PLACE = re.compile(r"HTTPS?Connection(Pool)?\(.*?\): ")


def checked_url(url: str) -> str:
    """``url`` if it can be a server's. Raises UsageError."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or not _has_port(parts):
        raise UsageError(
            "CLICKHOUSE_URL is neither http(s)://host:port/database nor chdb:///directory",
            hint="8123 is the usual port, 8443 with TLS; write / ? # @ of a password as %2F %3F %23 %40",
        )
    if parts.query or "/" in parts.path.strip("/"):
        raise UsageError(
            "CLICKHOUSE_URL has more behind its host than a database",
            hint="http(s)://user:password@host:port/database; a private CA: CLICKHOUSE_TLS_CA",
        )
    return url


def database_of(url: str) -> str:
    """The database a server's address names."""
    return unquote(urlsplit(url).path.strip("/")) or "default"


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def connected(url: str, settings: Settings, limits: Mapping[str, int | str]) -> Any:
    """A client of the server, its sessions within ``limits`` as far as this user may set them, and reading only with
    ``readonly`` among them. Raises the client's errors, UsageError for a CA file that cannot be read.
    """  # noqa: D205 - one sentence
    own_limit = int(limits.get("max_execution_time", 0))
    tls_ca = settings.clickhouse_tls_ca
    if tls_ca is not None and not tls_ca.is_file():
        raise UsageError(f"there is no {tls_ca}", hint="CLICKHOUSE_TLS_CA names a CA certificate, in PEM")
    client = library(engine=False).get_client(
        dsn=url,
        interface=urlsplit(url).scheme,  # it goes by the port otherwise, and sends a password in the clear
        ca_cert=None if tls_ca is None else str(tls_ca),
        autogenerate_session_id=False,
        connect_timeout=math.ceil(settings.clickhouse_connect_seconds),
        send_receive_timeout=math.ceil(max(settings.clickhouse_seconds, own_limit + _LATE_SECONDS if own_limit else 0)),
    )
    for name, value in limits.items():
        there = client.server_settings.get(name)
        if there is None or not there.readonly or (name, there.value) == ("readonly", "0"):
            client.set_client_setting(name, value)
        elif name == "limit":  # the user's profile reads only, and lets no setting be changed
            client.query_limit = int(value)
    return client


def sentence(error: Exception) -> str:
    """What it says without its number, its version, and the address it was asked at."""
    cause = error.__cause__
    if cause is not None and type(cause).__module__.startswith("urllib3"):
        reason = getattr(cause, "reason", None) or cause
        text = " ".join(_PLACE.sub("", str(part)) for part in reason.args)
    else:
        text = _TRAILER.sub("", _CODE.sub("", str(error)))
    return (text.strip().splitlines() or ["no reason given"])[0][:500]


def hint_of(code: int | None) -> str:
    """What to do next about an error of its own; empty when that is for the caller to say."""
    if code in _WHO:
        return "CLICKHOUSE_URL has user and password: http://user:password@host:port/database"
    if code == UNKNOWN_DATABASE:
        return "`indexer clickhouse migrate` makes it and its tables; CLICKHOUSE_URL names another"
    if code in _RIGHTS:
        return "deploy/clickhouse/README.md has what each user needs to be granted"
    return ""


def _has_port(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:
        return False
