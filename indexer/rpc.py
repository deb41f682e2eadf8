"""The Solana RPC methods we use, over several endpoints. `failover` decides who is asked, `rpc_http` talks."""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import msgspec

from indexer.config import Settings
from indexer.endpoints import Endpoint
from indexer.errors import TransientError
from indexer.failover import Failover
from indexer.metrics import Metrics
from indexer.rpc_errors import Garbage
from indexer.rpc_http import Calls, Text

T = TypeVar("T")

#: Agave answers this many signatures a call.
_STATUSES_PER_CALL = 256


class SignatureStatus(msgspec.Struct, rename="camel", frozen=True, gc=False):
    """Where a signature landed; ``err`` is None when the transaction succeeded."""

    slot: int
    err: Any = None
    confirmation_status: str | None = None


class _Statuses(msgspec.Struct, gc=False):
    value: list[SignatureStatus | None]


class _Version(msgspec.Struct, rename="kebab", gc=False):
    solana_core: str


_VERSION = msgspec.json.Decoder(_Version)
_STATUSES = msgspec.json.Decoder(_Statuses)
_SLOT = msgspec.json.Decoder(int)
_SLOTS = msgspec.json.Decoder(list[int])


class Rpc:
    """Asks ``settings.rpc_urls()``. An async context manager; call ``genesis_hash`` first.

    Every call raises TransientError (mostly a RpcError) when it has no answer within its limits, and a FatalError when
    going on would be wrong.
    """

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings = settings
        self._failover = Failover(settings, metrics)
        self._commitment = {"commitment": settings.commitment}
        self._transaction_options = {
            **self._commitment,
            "encoding": "json",
            "maxSupportedTransactionVersion": settings.max_tx_version,
        }

    def __repr__(self) -> str:
        return f"Rpc({', '.join(self.names())})"

    async def __aenter__(self) -> Self:
        self._failover.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._failover.close()

    def names(self) -> tuple[str, ...]:
        """The endpoints as they may be shown."""
        return tuple(endpoint.name for endpoint in self._failover.endpoints)

    async def genesis_hash(self) -> str:
        """The cluster's genesis hash. At the first call every endpoint is asked, and those that answer must agree.

        An endpoint that is down then is asked before its first use. Raises PeerError when none answers or two differ.
        """
        return await self._failover.genesis_hash()

    async def slot(self) -> int:
        """The highest slot at the commitment, of the endpoints that answer: a lagging one does not hide the tip."""
        answers = await self._failover.ask_each([("getSlot", [self._commitment])])
        return max(_typed(_SLOT, answer[0]) for answer in answers)

    async def version(self) -> str:
        """What the node runs, as it says."""
        return _typed(_VERSION, await self._call("getVersion", [])).solana_core

    async def first_available_block(self) -> int:
        """The oldest block any endpoint has, of those that answer."""
        answers = await self._failover.ask_each([("getFirstAvailableBlock", [])])
        return min(_typed(_SLOT, answer[0]) for answer in answers)

    async def blocks(self, first: int, last: int) -> list[int]:
        """Slots with a block in ``first``..``last``, ascending, as endpoints list them: it may have holes.

        While the list ends early, be it that the node lags or that the last slots were skipped, the next endpoint is
        asked too.
        """
        found: set[int] = set()
        tried: list[Endpoint] = []
        for _ in self._failover.endpoints:
            try:
                text = await self._call("getBlocks", [first, last, self._commitment], tried=tried)
            except TransientError:
                if not tried:
                    raise
                break
            slots = _typed(_SLOTS, text)
            found.update(slots)
            if last in found:
                break
        return sorted(found)

    async def block(
        self, slot: int, *, details: Literal["full", "signatures"] = "full", tried: list[Endpoint] | None = None
    ) -> Text:
        """JSON text of the block. Endpoints in ``tried`` are asked last; the one that answers is appended to it.

        Raises BlockUnavailable when no endpoint that answers has it, HistoryGone, another TransientError, or
        UnsupportedVersion.
        """
        options = {**self._transaction_options, "transactionDetails": details, "rewards": False}
        return await self._call("getBlock", [slot, options], tried=tried)

    async def transactions(
        self, signatures: Sequence[str], *, tried: list[Endpoint] | None = None
    ) -> list[bytes | None]:
        """JSON text of each transaction, None where the endpoint has none. Batches go out one after another."""
        found: list[bytes | None] = []
        size = self._settings.rpc_batch_calls
        for start in range(0, len(signatures), size):
            some = signatures[start : start + size]
            calls: Calls = [("getTransaction", [signature, self._transaction_options]) for signature in some]
            found += [None if text == b"null" else bytes(text) for text in await self._failover.ask(calls, tried=tried)]
        return found

    async def signature_statuses(self, signatures: Sequence[str]) -> list[SignatureStatus | None]:
        """Where each signature landed, None where the endpoint knows nothing of it."""
        found: list[SignatureStatus | None] = []
        for start in range(0, len(signatures), _STATUSES_PER_CALL):
            some = list(signatures[start : start + _STATUSES_PER_CALL])
            text = await self._call("getSignatureStatuses", [some, {"searchTransactionHistory": True}])
            statuses = _typed(_STATUSES, text).value
            if len(statuses) != len(some):
                raise Garbage(f"{len(statuses)} statuses for {len(some)} signatures")
            found += statuses
        return found

    async def _call(self, method: str, params: list[Any], *, tried: list[Endpoint] | None = None) -> Text:
        return (await self._failover.ask([(method, params)], tried=tried))[0]


def _typed(decoder: msgspec.json.Decoder[T], text: Text) -> T:
    try:
        return decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Garbage(f"not the result the method has: {error}") from error
