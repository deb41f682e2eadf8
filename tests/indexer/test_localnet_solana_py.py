"""A client written by others works against localnet."""

import asyncio

import pytest
from solana.rpc.async_api import AsyncClient
from solana.rpc.commitment import Confirmed, Processed
from solana.rpc.websocket_api import SolanaWsClient
from solders.pubkey import Pubkey
from solders.rpc.config import RpcTransactionLogsFilter, RpcTransactionLogsFilterMentions
from solders.rpc.responses import LogsNotification, RootNotification, SlotNotification
from solders.signature import Signature

from indexer.localnet.node import Localnet
from tests.indexer.small_chain import FIRST_SLOT, small_chain

LAST_SLOT = FIRST_SLOT + 9


async def test_its_client_reads_tips_listings_and_the_node_itself() -> None:
    async with Localnet(small_chain()) as net, AsyncClient(net.rpc_url) as client:
        assert (await client.get_slot()).value == LAST_SLOT
        assert (await client.get_slot(Confirmed)).value == LAST_SLOT
        assert (await client.get_slot(Processed)).value == LAST_SLOT
        assert (await client.get_block_height()).value > 0
        assert (await client.get_blocks(FIRST_SLOT + 1, FIRST_SLOT + 3)).value == [1001, 1002, 1003]
        assert (await client.get_blocks(LAST_SLOT)).value == [LAST_SLOT]
        assert (await client.get_first_available_block()).value == FIRST_SLOT
        assert (await client.get_minimum_ledger_slot()).value == FIRST_SLOT
        assert str((await client.get_genesis_hash()).value) == net.genesis_hash
        assert (await client.get_version()).value.solana_core.endswith("localnet")
        assert await client.is_connected()


async def test_its_client_reads_blocks_and_transactions() -> None:
    async with Localnet(small_chain()) as net, AsyncClient(net.rpc_url) as client:
        block = (await client.get_block(LAST_SLOT, max_supported_transaction_version=0)).value
        assert block is not None
        assert block.parent_slot == LAST_SLOT - 1
        assert block.transactions is not None
        signature = block.transactions[-1].transaction.signatures[0]
        found = (await client.get_transaction(signature, max_supported_transaction_version=0)).value
        assert found is not None
        assert (found.slot, found.block_time) == (LAST_SLOT, block.block_time)
        assert (await client.get_block_time(LAST_SLOT)).value == block.block_time
        assert (await client.get_transaction(Signature.default())).value is None


async def test_its_client_asks_for_the_state_and_history_of_signatures() -> None:
    chain = small_chain()
    block = chain.block(LAST_SLOT)
    assert block is not None
    entry = block.entries[0]
    signature, payer = Signature.from_string(entry.signature), Pubkey.from_string(min(entry.accounts))
    async with Localnet(chain) as net, AsyncClient(net.rpc_url) as client:
        statuses = (await client.get_signature_statuses([signature, Signature.default()])).value
        assert [status and status.slot for status in statuses] == [LAST_SLOT, None]
        history = (await client.get_signatures_for_address(payer, limit=1)).value
        assert history[0].slot == LAST_SLOT


async def test_its_websocket_client_is_notified_of_slots_roots_and_logs() -> None:
    async with Localnet(small_chain()) as net, SolanaWsClient(net.ws_url) as client:
        slots, roots = await client.slot_subscribe(), await client.root_subscribe()
        logs = await client.logs_subscribe(filter_=RpcTransactionLogsFilter.AllWithVotes, commitment=Confirmed)
        net.produce()
        block = net.chain.block(net.tip)
        assert block is not None
        seen = [await asyncio.wait_for(client.recv(), 30) for _ in range(2 + len(block.entries))]
        slot = next(one for one in seen if isinstance(one, SlotNotification))
        assert (slot.result.slot, slot.result.parent, slot.subscription) == (1010, 1009, slots.subscription_id)
        root = next(one for one in seen if isinstance(one, RootNotification))
        assert (root.result, root.subscription) == (1010, roots.subscription_id)
        told = [one for one in seen if isinstance(one, LogsNotification)]
        assert [str(one.result.value.signature) for one in told] == [entry.signature for entry in block.entries]
        assert {one.result.context.slot for one in told} == {1010}
        for one in (slots, roots, logs):
            await client.unsubscribe(one)
        net.produce()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.recv(), 0.2)


async def test_its_websocket_client_is_notified_of_one_address_only() -> None:
    async with Localnet(small_chain()) as net, SolanaWsClient(net.ws_url) as client:
        vote = Pubkey.from_string("Vote111111111111111111111111111111111111111")
        await client.logs_subscribe(filter_=RpcTransactionLogsFilterMentions(vote), commitment=Confirmed)
        net.produce(3)
        blocks = [net.chain.block(slot) for slot in net.chain.slots(1010, 1012)]
        votes = [entry.signature for block in blocks if block for entry in block.entries if entry.vote]
        assert votes
        for signature in votes:
            told = await asyncio.wait_for(client.recv(), 30)
            assert isinstance(told, LogsNotification)
            assert str(told.result.value.signature) == signature
