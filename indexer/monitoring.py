"""The monitoring port of a nats-server: what its /varz says and the API does not."""

import asyncio
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from indexer.endpoints import redact
from indexer.errors import PeerError, UsageError

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_HINT = "NATS_MONITORING_URL is the server's monitoring port: `http: 8222` in its configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerState:
    """One server's store and how often it is put to disk; ``disk_free_bytes`` is None where it cannot be seen."""

    name: str
    stored_bytes: int
    max_stored_bytes: int
    sync_always: bool
    sync_seconds: float
    disk_free_bytes: int | None


async def read_servers(urls: Iterable[str], *, seconds: float) -> tuple[ServerState, ...]:
    """Each server as its /varz tells it, with the free disk under its store where that is this machine's.

    Raises UsageError for what is no URL, PeerError when one does not answer in ``seconds``.
    """
    timeout = aiohttp.ClientTimeout(total=seconds)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        return tuple([await _read(session, url) for url in urls])


def server_state(told: Mapping[str, Any], *, disk_free_bytes: int | None = None) -> ServerState:
    """The answer of /varz. Raises KeyError for a server without JetStream."""
    config, stats = told["jetstream"]["config"], told["jetstream"]["stats"]
    return ServerState(
        name=told["server_name"],
        stored_bytes=stats["storage"],
        max_stored_bytes=config["max_storage"],
        sync_always=config.get("sync_always", False),
        sync_seconds=config.get("sync_interval", 0) / 1e9,
        disk_free_bytes=disk_free_bytes,
    )


async def _read(session: aiohttp.ClientSession, url: str) -> ServerState:
    if urlsplit(url).scheme not in ("http", "https"):
        raise UsageError(f"NATS_MONITORING_URL: {redact(url)} is no http URL", hint="e.g. http://127.0.0.1:8222")
    try:
        async with session.get(f"{url.rstrip('/')}/varz") as answer:
            answer.raise_for_status()
            told: Mapping[str, Any] = await answer.json(content_type=None)
        return server_state(told, disk_free_bytes=await asyncio.to_thread(_free, url, told))
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError) as error:
        raise PeerError(f"no monitoring at {redact(url)}: {type(error).__name__}", hint=_HINT) from error


def _free(url: str, told: Mapping[str, Any]) -> int | None:
    """Of the disk the store is on; None when it is another machine's or another container's."""
    store = Path(told["jetstream"]["config"]["store_dir"])
    if urlsplit(url).hostname not in _LOOPBACK or not store.is_dir():
        return None
    return shutil.disk_usage(store).free
