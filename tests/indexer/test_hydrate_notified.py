"""--hydrate transaction: only what was notified is fetched."""

import asyncio

from indexer.hydrate import Hydrator
from indexer.localnet.faults import Faults
from tests.indexer.hydrating import REGISTRY, bench


async def test_only_notified_transactions_are_fetched_in_mode_transaction() -> None:
    async with bench(hydrate="transaction") as on:
        await on.produce(2)  # from here on the witness hears whole slots
        slot = await on.produce(2) - 1
        assert on.witness.covers(slot)
        hydrated = await on.hydrator.hydrate(slot)
        whole = await Hydrator(
            rpc=on.rpc, witness=None, registry=REGISTRY, settings=on.hydrator.settings, metrics=on.metrics
        ).hydrate(slot)
        assert (hydrated.status, whole.status) == ("notified", "complete")
        notified = [one for one in on.signatures(slot) if one in on.witness.notified(slot)]
        assert notified
        assert [one.signature for one in hydrated.block.transactions] == notified
        by_signature = {one.signature: one for one in whole.block.transactions}
        for one in hydrated.block.transactions:
            same = by_signature[one.signature]
            assert (one.tx_index, one.slot, one.block_time) == (same.tx_index, same.slot, same.block_time)
        assert hydrated.block.signatures == whole.block.signatures
        assert hydrated.block.blockhash == whole.block.blockhash


async def test_a_slot_the_witness_did_not_hear_from_its_beginning_is_fetched_whole() -> None:
    async with bench(hydrate="transaction") as on:
        assert (await on.hydrator.hydrate(on.net.tip)).status == "complete"


async def test_transactions_that_no_node_gives_make_the_whole_block_be_fetched() -> None:
    async with bench(Faults(null_transaction=1.0), hydrate="transaction") as on:
        await on.produce(2)
        slot = await on.produce(2) - 1
        assert (await on.hydrator.hydrate(slot)).status == "complete"


async def test_a_late_notification_is_a_lost_swap_in_mode_transaction() -> None:
    async with bench(Faults(lost_notifications=1.0), hydrate="transaction") as on:
        on.net.produce(3)
        await asyncio.sleep(0.05)
        on.witness._notified.restart(0)
        slot = on.net.tip
        assert (await on.hydrator.hydrate(slot)).status == "notified"
        on.witness.forget(slot)
        on.witness.expect(slot, on.relevant(slot)[0], None)
        assert on.hydrator._reconciler is not None
        await on.hydrator._reconciler.late()
        assert on.sample("notifications_missed_total") == 1
