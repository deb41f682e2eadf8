"""Notified signatures against the blocks they must be in."""

import asyncio

import pytest

from indexer.localnet.faults import Faults
from tests.indexer.hydrating import ADDRESSES, bench, nowhere


async def test_a_notified_signature_in_no_block_is_looked_for_and_counted_and_the_slot_goes_on() -> None:
    async with bench(Faults(), Faults(), witness_refetches=1) as on:
        slot = await on.produce()
        on.witness.expect(slot, nowhere(1), "pumpswap")
        assert (await on.hydrator.hydrate(slot)).block.slot == slot
        assert on.sample("notifications_missed_total") == 1
        assert [node.calls.get("getBlock", 0) for node in on.nodes] == [1, 1], "fetched again from the other node"
        assert sum(node.calls.get("getSignatureStatuses", 0) for node in on.nodes) == 1


async def test_a_notified_signature_that_landed_in_another_slot_is_expected_there() -> None:
    async with bench() as on:
        slot = await on.produce(2)
        other = on.relevant(slot - 1)[0]
        on.witness.expect(slot, other, "pumpswap")
        await on.hydrator.hydrate(slot)
        assert other in on.witness.notified(slot - 1)
        assert on.sample("notifications_missed_total") == 0


async def test_transactions_that_no_notification_named_are_counted_as_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.reconcile._HEARD_SLOTS", 1)
    async with bench(Faults(lost_notifications=0.5, seed=4)) as on:
        await on.produce(2)
        lost = 0
        for _ in range(4):
            on.net.produce()
            await asyncio.sleep(0.05)
            slot, notified = on.net.tip, set(on.witness.notified(on.net.tip))
            block = (await on.hydrator.hydrate(slot)).block
            unheard = [one for one in block.transactions if one.signature not in notified]
            lost += sum(any(call.program in ADDRESSES for call in one.trace) for one in unheard)
            on.witness.forget(slot)
        counted = on.sample("notifications_lost_total")
        assert 0 < counted <= lost


async def test_what_is_no_signature_is_counted_without_asking() -> None:
    async with bench() as on:
        slot = await on.produce()
        on.witness.expect(slot, "l0l", None)
        await on.hydrator.hydrate(slot)
        assert on.sample("notifications_missed_total") == 1
        assert "getSignatureStatuses" not in on.net.calls


async def test_notifications_after_their_slot_settled_are_checked_too() -> None:
    async with bench() as on:
        slot = await on.produce()
        block = (await on.hydrator.hydrate(slot)).block
        on.witness.expect(slot, nowhere(2), None)  # between hydrating and settling
        on.witness.forget(slot)
        on.witness.expect(slot, block.signatures[0], None)  # late and there
        on.witness.expect(slot, nowhere(3), None)  # late and nowhere
        await on.hydrator.hydrate(await on.produce())
        assert on.sample("notifications_missed_total") == 2


async def test_a_late_look_up_that_fails_holds_no_slot_and_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.reconcile._PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("indexer.reconcile._ASK_SECONDS", 0.1)
    async with bench() as on:
        slot = await on.produce()
        on.witness.forget(slot)
        on.witness.expect(slot, nowhere(4), None)
        on.net.faults.server_error = 1.0
        assert on.hydrator._reconciler is not None
        await on.hydrator._reconciler.late()
        assert on.sample("notifications_missed_total") == 0
        on.net.faults.server_error = 0.0
        monkeypatch.setattr("indexer.reconcile._ASK_SECONDS", 30)
        await on.hydrator._reconciler.late()
        assert on.sample("notifications_missed_total") == 1
