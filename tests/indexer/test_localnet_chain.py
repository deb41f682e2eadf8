"""A chain produces by time or on request, within its limits."""

import asyncio
import time

import pytest

from indexer.localnet.chain import Chain
from indexer.localnet.generate import Generated
from indexer.localnet.node import Localnet
from indexer.localnet.prepared import Prepared
from indexer.localnet.repeated import Repeated
from tests.indexer.small_chain import FIRST_SLOT, answer, small_chain


async def test_blocks_come_by_time_until_paused() -> None:
    began = time.monotonic()
    async with Localnet(small_chain(1, slot_milliseconds=20)) as net:
        await grown(net.chain, FIRST_SLOT + 3)
        net.pause()
        reached = net.tip
        took = time.monotonic() - began
        assert (reached - FIRST_SLOT) * 0.02 <= took + 0.04  # a late block may have the next close behind
        await asyncio.sleep(0.1)
        assert net.tip == reached
        assert net.produce(2) == 2
        net.resume()
        await grown(net.chain, reached + 3)


async def grown(chain: Chain, slot: int) -> None:
    """Until it has produced ``slot``."""
    async with asyncio.timeout(30):
        while chain.tip < slot:
            await asyncio.sleep(0.005)


async def test_a_shared_chain_runs_as_long_as_one_of_its_nodes() -> None:
    chain = small_chain(1, slot_milliseconds=10)
    async with Localnet(chain) as one:
        async with Localnet(chain) as other:
            assert (one.chain, one.genesis_hash) == (other.chain, other.genesis_hash)
        await grown(chain, chain.tip + 1)
    stopped = chain.tip
    await asyncio.sleep(0.05)
    assert chain.tip == stopped


def test_a_source_that_ends_is_exhausted_and_an_empty_one_is_refused() -> None:
    block = small_chain(1).block(FIRST_SLOT)
    assert block is not None
    whole = Chain(Repeated([block], copies=5, first_slot=10))
    assert (whole.first, whole.tip, whole.exhausted) == (10, 14, True)
    by_request = Chain(Repeated([block], copies=5, first_slot=10), preload_blocks=2)
    assert (by_request.tip, by_request.produce(10), by_request.tip) == (11, 3, 14)
    with pytest.raises(ValueError, match="at least one block"):
        Chain(Repeated([block], copies=0, first_slot=10), preload_blocks=1)


def test_texts_of_the_ledger_stay_within_their_bytes() -> None:
    limit = 300_000
    chain = small_chain(200, ledger_bytes=limit)
    held = [chain.block(slot) for slot in chain.slots(0, chain.tip)]
    assert sum(len(block.body) for block in held if block) <= limit
    assert chain.first > FIRST_SLOT


async def test_blocks_made_ahead_are_the_same_blocks() -> None:
    plain = small_chain(6)
    source = Generated(seed=7, first_slot=FIRST_SLOT, transactions_per_block=8, skip_share=0)
    ahead = Chain(Prepared(source, 4), preload_blocks=1)
    assert ahead.produce(5) == 5
    for slot in plain.slots(plain.first, plain.tip):
        made, same = ahead.block(slot), plain.block(slot)
        assert made is not None
        assert same is not None
        assert (made.body, tuple(made.entries)) == (same.body, tuple(same.entries))
    async with Localnet(ahead) as net, Localnet(plain) as other:
        call = ("getBlock", FIRST_SLOT + 3, {"maxSupportedTransactionVersion": 0})
        assert await answer(net, *call, packed=True) == await answer(other, *call)


def test_it_finds_blocks_by_slot_and_transactions_by_signature() -> None:
    chain = small_chain(10)
    assert chain.slots(1003, 1005) == [1003, 1004, 1005]
    assert (chain.at_or_before(1004), chain.at_or_before(5000), chain.at_or_before(3)) == (1004, 1009, 1000)
    block = chain.block(1004)
    assert block is not None
    assert chain.find(block.entries[2].signature) == (1004, 2)
    assert chain.find("nothing") is None
    assert chain.block(1010) is None
