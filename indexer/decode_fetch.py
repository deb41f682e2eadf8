"""Transactions by their signatures for `indexer decode`: from the node, each with its place in its block."""

import sys
from collections.abc import Iterable

import msgspec
import uvloop

from indexer.config import Settings
from indexer.errors import FatalError, PeerError, TransientError
from indexer.inputs import Given, Result
from indexer.metrics import Metrics
from indexer.rpc import Rpc


def fetch(given: Given, settings: Settings) -> list[str]:
    """Put each signature's result in its place; returns those no node has. Raises PeerError."""
    return uvloop.run(_fetch(given, settings))


async def _fetch(given: Given, settings: Settings) -> list[str]:
    wanted = list(dict.fromkeys(given.signatures()))
    try:
        async with Rpc(settings, Metrics()) as rpc:
            await rpc.genesis_hash()
            texts = dict(zip(wanted, await rpc.transactions(wanted), strict=True))
            places = await _places(rpc, [bytes(text) for text in texts.values() if text is not None])
    except TransientError as error:
        raise PeerError(f"the transactions cannot be fetched: {error}", hint="check SOLANA_RPC_URL") from error
    found = {
        signature: Result(name=signature, kind="transaction", text=bytes(text), tx_index=places.get(signature, 0))
        for signature, text in texts.items()
        if text is not None
    }
    given.items = [found.get(item, item) if isinstance(item, str) else item for item in given.items]
    return [signature for signature in wanted if signature not in found]


class _Slot(msgspec.Struct, gc=False):
    slot: int


class _Signatures(msgspec.Struct, gc=False):
    signatures: list[str]


async def _places(rpc: Rpc, texts: Iterable[bytes]) -> dict[str, int]:
    """Where each transaction stands in its block, as its block says; those of blocks nobody has are left out."""
    places: dict[str, int] = {}
    for slot in {msgspec.json.decode(text, type=_Slot).slot for text in texts}:
        try:
            block = msgspec.json.decode(await rpc.block(slot, details="signatures"), type=_Signatures)
        except (TransientError, FatalError, msgspec.MsgspecError):
            sys.stderr.write(
                f"indexer: slot {slot} is not given: tx_index of its transactions is unknown, 0 stands for it\n"
            )
            continue
        places |= {signature: at for at, signature in enumerate(block.signatures)}
    return places
