"""Which endpoint answers a call: one after another until one has the result, within a limit of tries.

An endpoint that fails (no connection, 429, 5xx, garbage) pauses, and the next one is asked. An endpoint that answers
"no such block" is healthy: the others are asked, and when none has it the call raises at once, because the caller knows
better when to ask again.
"""

import asyncio
import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from urllib.parse import urlsplit

import msgspec

from indexer.config import Settings
from indexer.endpoints import Endpoint, pick, redact
from indexer.errors import PeerError, TransientError, UsageError
from indexer.metrics import Metrics
from indexer.rpc_errors import (
    BlockUnavailable,
    BodyTooLarge,
    Garbage,
    HistoryGone,
    Refused,
    RpcError,
    UnsupportedVersion,
)
from indexer.rpc_http import Calls, RpcHttp, Text

#: At the start: an endpoint that fails so many times in the same way is not coming.
_SAME_FAILURES = 3
_START_PAUSE_SECONDS = 0.2
#: A wait for one endpoint is looked at again after this: another may be back sooner.
_LONGEST_WAIT_SECONDS = 0.5
#: Once one endpoint has answered what all are asked, the others have this long.
_GRACE_SECONDS = 0.5
#: Answers of a healthy endpoint: asking it again now would not help.
_NO = (BlockUnavailable, HistoryGone, Refused, BodyTooLarge)


class Failover:
    """The endpoints of one cluster. Every one has told its genesis hash before its answers are used."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._http: RpcHttp | None = None
        self._genesis: str | None = None
        self.endpoints = tuple(
            Endpoint(
                _checked(url),
                requests_per_second=settings.rpc_requests_per_second,
                longest_backoff_seconds=settings.rpc_backoff_seconds,
            )
            for url in settings.rpc_urls()
        )
        if not self.endpoints:
            raise UsageError("no Solana RPC endpoint is set", hint="set SOLANA_RPC_URL to one or more URLs")

    def __repr__(self) -> str:
        return f"Failover({', '.join(endpoint.name for endpoint in self.endpoints)})"

    def open(self) -> None:
        """Open the HTTP session; needs a running loop."""
        self._http = RpcHttp(self._settings, self._metrics)

    async def close(self) -> None:
        """Close every connection."""
        if self._http is not None:
            await self._http.close()

    async def genesis_hash(self) -> str:
        """The cluster's genesis hash; see ``Rpc.genesis_hash``."""
        if self._genesis is None:
            failures = await asyncio.gather(*(self._introduce(endpoint) for endpoint in self.endpoints))
            known = [endpoint for endpoint in self.endpoints if endpoint.genesis is not None]
            if not known:
                raise _unreachable(zip(self.endpoints, failures, strict=True))
            self._genesis = known[0].genesis
            for endpoint in known:
                self._require_same_cluster(endpoint)
        return str(self._genesis)

    async def ask(self, calls: Calls, *, tried: list[Endpoint] | None = None) -> list[Text]:
        """The ``result`` of each call as JSON text, from one endpoint.

        Endpoints in ``tried`` are asked last, and the one that answers is appended. Raises BlockUnavailable,
        HistoryGone, another TransientError, or a FatalError.
        """
        no: dict[Endpoint, RpcError] = {}
        last: Endpoint | None = None
        reason: RpcError | None = None
        for _ in range(self._settings.rpc_attempts + len(self.endpoints)):
            left = [endpoint for endpoint in self.endpoints if endpoint not in no]
            now = time.monotonic()
            if no and all(endpoint.is_down(now) for endpoint in left):
                raise _verdict(no, by_all=not left)
            last = await self._ready(left, avoid=(last, *(tried or ())), calls=len(calls))
            try:
                results = await self._send(last, calls)
            except _NO as error:
                no[last] = error
            except RpcError as error:
                reason = error
            else:
                if tried is not None:
                    tried.append(last)
                return results
        if no:
            raise _verdict(no, by_all=len(no) == len(self.endpoints))
        name = last.name if last is not None else "?"
        raise TransientError(f"{calls[0][0]}: no endpoint answered; the last, {name}: {reason}")

    async def ask_each(self, calls: Calls) -> list[list[Text]]:
        """Ask every endpoint once; what those say that answer soon. Raises like ``ask`` when none does."""
        now = time.monotonic()
        up = [endpoint for endpoint in self.endpoints if not endpoint.is_down(now)]
        tasks = {asyncio.create_task(self._send(endpoint, calls)) for endpoint in up}
        answers: list[list[Text]] = []
        waiting = tasks
        try:
            while waiting:
                grace = _GRACE_SECONDS if answers else None
                done, waiting = await asyncio.wait(waiting, timeout=grace, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    with suppress(RpcError):
                        answers.append(task.result())
                if not done:
                    break
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return answers or [await self.ask(calls)]

    async def _ready(self, left: list[Endpoint], *, avoid: Collection[Endpoint | None], calls: int) -> Endpoint:
        """Wait for the first endpoint that may be asked now, and take its turn."""
        while True:
            now = time.monotonic()
            fresh = [endpoint for endpoint in left if endpoint not in avoid and not endpoint.is_down(now)]
            endpoint = pick(fresh or left, now)
            wait = endpoint.ready_at(now) - now
            if wait <= 0:
                endpoint.spend(now, calls)
                return endpoint
            await asyncio.sleep(min(wait, _LONGEST_WAIT_SECONDS))

    async def _send(self, endpoint: Endpoint, calls: Calls) -> list[Text]:
        if endpoint.genesis is None and self._genesis is not None:  # it was down at the start
            endpoint.genesis = await self._ask_genesis(endpoint)
            self._require_same_cluster(endpoint)
        return await self._exchange(endpoint, calls)

    async def _exchange(self, endpoint: Endpoint, calls: Calls) -> list[Text]:
        """One exchange, counted; the endpoint's health follows from it."""
        if self._http is None:
            raise RuntimeError("the RPC is used before it is opened")
        sent_at, method, outcome = time.monotonic(), calls[0][0], "cancelled"
        try:
            results = await self._http.exchange(endpoint, calls)
            if method == "getBlock" and results == [b"null"]:
                raise BlockUnavailable("null in place of a block")
        except _NO as error:
            outcome = error.outcome
            endpoint.succeeded()
            raise
        except RpcError as error:
            outcome = error.outcome
            endpoint.failed(sent_at=sent_at, now=time.monotonic(), pause=error.retry_after_seconds)
            raise
        except UnsupportedVersion:
            outcome = "unsupported"
            raise
        else:
            outcome = "ok"
            endpoint.succeeded()
            return results
        finally:
            self._metrics.rpc_requests.labels(method, outcome).inc(len(calls))

    async def _introduce(self, endpoint: Endpoint) -> RpcError | None:
        """Let an endpoint tell its genesis hash; why not, when it says the same thing again and again instead."""
        failures: list[RpcError] = []
        while len(failures) < self._settings.rpc_attempts:
            try:
                endpoint.genesis = await self._ask_genesis(endpoint)
            except RpcError as error:
                failures.append(error)
            else:
                return None
            if [str(error) for error in failures[-_SAME_FAILURES:]].count(str(failures[-1])) == _SAME_FAILURES:
                break
            await asyncio.sleep(_START_PAUSE_SECONDS * len(failures))
        return failures[-1]

    async def _ask_genesis(self, endpoint: Endpoint) -> str:
        text = (await self._exchange(endpoint, [("getGenesisHash", [])]))[0]
        try:
            return msgspec.json.decode(text, type=str)
        except msgspec.MsgspecError as error:
            raise Garbage(f"its genesis hash is no text: {error}") from error

    def _require_same_cluster(self, endpoint: Endpoint) -> None:
        if endpoint.genesis != self._genesis:
            raise PeerError(
                f"{endpoint.name} serves another cluster: genesis hash {endpoint.genesis}, not {self._genesis}",
                hint="all endpoints of SOLANA_RPC_URL must be of one cluster",
            )


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(
            f"SOLANA_RPC_URL: {redact(url)} is not an http or https URL", hint="for example https://host/?api-key=KEY"
        )
    return url


def _verdict(no: Mapping[Endpoint, RpcError], *, by_all: bool) -> RpcError:
    """What several refusals say together."""
    said = "; ".join(f"{endpoint.name}: {error}" for endpoint, error in no.items())
    gone = [error.first_available for error in no.values() if isinstance(error, HistoryGone)]
    if len(gone) == len(no):
        return HistoryGone(said, first_available=min(gone), by_all=by_all)
    if any(isinstance(error, BlockUnavailable) for error in no.values()):
        return BlockUnavailable(said)
    return type(next(error for error in no.values() if not isinstance(error, HistoryGone)))(said)


def _unreachable(failures: Iterable[tuple[Endpoint, RpcError | None]]) -> PeerError:
    said = "; ".join(f"{endpoint.name}: {failure}" for endpoint, failure in failures)
    return PeerError(
        f"no Solana RPC endpoint can be used: {said}",
        hint="check SOLANA_RPC_URL (scheme, host, port, API key) and that this machine can reach it",
    )
