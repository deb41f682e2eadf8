"""``--hydrate transaction``: only the notified transactions of a slot, in batches, and the block's list of signatures.

Far fewer bytes for a narrow program list, and no proof of completeness: what no notification named is not fetched.
"""

import asyncio
import time
from dataclasses import replace

import msgspec

from decoders.engine.model import Transaction
from indexer.config import Settings
from indexer.endpoints import Endpoint
from indexer.errors import TransientError
from indexer.rpc import Rpc
from indexer.rpc_http import Text
from indexer.subscribe import Witness
from indexer.transaction import Block, BlockError, parse_transaction

_POLL_SECONDS = 0.02
#: Tries at transactions that an endpoint lists in the block and does not give.
_ATTEMPTS = 5
_ATTEMPT_PAUSE_SECONDS = 0.1


class NotNotified(TransientError):
    """The notified transactions alone cannot be had; the whole block may."""


class _Header(msgspec.Struct, rename="camel", gc=False):
    """getBlock with ``transactionDetails: signatures``."""

    blockhash: str
    parent_slot: int
    signatures: list[str]
    block_time: int | None = None


_HEADER = msgspec.json.Decoder(_Header)


async def hydrate_notified(
    slot: int, *, rpc: Rpc, witness: Witness, settings: Settings, tried: list[Endpoint]
) -> tuple[Block, list[str]]:
    """The block with the notified transactions alone, and the signatures that were fetched.

    Raises NotNotified, and what ``Rpc.block`` raises.
    """
    await _wait(slot, witness, settings)
    header = _header(slot, await rpc.block(slot, details="signatures", tried=tried), settings)
    notified = witness.notified(slot)
    wanted = [(index, one) for index, one in enumerate(header.signatures) if one in notified]
    texts = await _texts([one for _, one in wanted], rpc)
    found: list[Transaction | None] = [
        parse_transaction(text, allow_missing_inner=settings.allow_missing_inner, slot=slot, tx_index=index)
        for (index, _), text in zip(wanted, texts, strict=True)
    ]
    block = Block(
        slot=slot,
        parent_slot=header.parent_slot,
        blockhash=header.blockhash,
        block_time=header.block_time,
        signatures=tuple(header.signatures),
        failed=found.count(None),
        transactions=tuple(replace(one, block_time=header.block_time) for one in found if one is not None),
    )
    return block, [one for _, one in wanted]


async def _wait(slot: int, witness: Witness, settings: Settings) -> None:
    """Until a later slot was notified and the slot's own notifications had their time, or that time twice."""
    since = witness.first_seen(slot) or time.monotonic()
    while (waited := time.monotonic() - since) < 2 * settings.notified_wait_seconds:
        if witness.tip > slot and waited >= settings.notified_wait_seconds:
            return
        await asyncio.sleep(_POLL_SECONDS)


def _header(slot: int, text: Text, settings: Settings) -> _Header:
    try:
        header = _HEADER.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BlockError(f"slot {slot}: not a block: {error}") from error
    if header.parent_slot >= slot > 0:
        raise BlockError(f"slot {slot}: names {header.parent_slot} as its parent")
    if header.block_time is None and not settings.allow_missing_inner:
        raise BlockError(f"slot {slot}: blockTime is null")
    return header


async def _texts(signatures: list[str], rpc: Rpc) -> list[bytes]:
    """Each transaction's text; those that come as null are asked again, elsewhere if possible."""
    texts: dict[str, bytes] = {}
    tried: list[Endpoint] = []
    for attempt in range(_ATTEMPTS):
        await asyncio.sleep(_ATTEMPT_PAUSE_SECONDS * attempt)
        left = [one for one in signatures if one not in texts]
        if not left:
            break
        found = await rpc.transactions(left, tried=tried)
        texts.update({one: text for one, text in zip(left, found, strict=True) if text is not None})
    if len(texts) < len(signatures):
        raise NotNotified(f"{len(signatures) - len(texts)} transactions of the block are not given")
    return [texts[one] for one in signatures]
