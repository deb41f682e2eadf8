"""localnet's HTTP side answers and refuses as Agave does."""

import gzip
from typing import Any

import orjson
import pytest

from indexer.localnet.chain import Chain
from indexer.localnet.faults import Faults
from indexer.localnet.generate import Generated
from indexer.localnet.node import Localnet
from tests.indexer.small_chain import FIRST_SLOT, answer, error, post, result, small_chain

LAST_SLOT = FIRST_SLOT + 9
CONFIRMED = {"commitment": "confirmed", "maxSupportedTransactionVersion": 0, "rewards": False}
NOBODY = "1" * 31 + "2"


async def test_a_whole_block_is_served_with_and_without_gzip_rewards_and_details() -> None:
    async with Localnet(small_chain()) as net:
        plain = (await answer(net, "getBlock", LAST_SLOT, CONFIRMED))["result"]
        packed = (await answer(net, "getBlock", LAST_SLOT, CONFIRMED, packed=True))["result"]
        block = net.chain.block(LAST_SLOT)
        assert block is not None
        assert plain == packed == orjson.loads(block.body)
        rewarded = await result(net, "getBlock", LAST_SLOT, CONFIRMED | {"rewards": True})
        assert rewarded == plain | {"rewards": []}
        signatures = await result(net, "getBlock", LAST_SLOT, CONFIRMED | {"transactionDetails": "signatures"})
        assert signatures["signatures"] == [entry.signature for entry in block.entries]
        assert "transactions" not in signatures
        none = await result(net, "getBlock", LAST_SLOT, CONFIRMED | {"transactionDetails": "none"})
        assert none == {name: value for name, value in plain.items() if name != "transactions"}


async def test_account_details_name_every_key_with_its_rights() -> None:
    async with Localnet(small_chain()) as net:
        full = await result(net, "getBlock", LAST_SLOT, CONFIRMED)
        fewer = await result(net, "getBlock", LAST_SLOT, CONFIRMED | {"transactionDetails": "accounts"})
        for whole, short in zip(full["transactions"], fewer["transactions"], strict=True):
            keys = short["transaction"]["accountKeys"]
            loaded = whole["meta"]["loadedAddresses"]
            assert [key["pubkey"] for key in keys] == (
                whole["transaction"]["message"]["accountKeys"] + loaded["writable"] + loaded["readonly"]
            )
            assert keys[0] == {"pubkey": keys[0]["pubkey"], "signer": True, "source": "transaction", "writable": True}
            assert "logMessages" not in short["meta"]


async def test_a_client_that_knows_no_versions_gets_legacy_blocks_without_them_and_no_others() -> None:
    async with Localnet(small_chain(30)) as net:
        answers = [await answer(net, "getBlock", slot) for slot in range(FIRST_SLOT, FIRST_SLOT + 30)]
        blocks = [one["result"] for one in answers if "result" in one]
        assert not any("version" in transaction for block in blocks for transaction in block["transactions"])
        refused = [one["error"] for one in answers if "error" in one]
        assert refused[0] == {
            "code": -32015,
            "message": "Transaction version (0) is not supported by the requesting client. Please try the request "
            'again with the following configuration parameter: "maxSupportedTransactionVersion": 0',
        }


async def test_tips_differ_by_commitment() -> None:
    async with Localnet(small_chain(40), confirmed_lag_slots=2, finalized_lag_slots=32) as net:
        slots = [await result(net, "getSlot", {"commitment": one}) for one in ("processed", "confirmed", "finalized")]
        assert slots == [1039, 1037, 1007]
        assert await result(net, "getSlot") == 1007
        assert await result(net, "getBlocks", 1036, {"commitment": "confirmed"}) == [1036, 1037]
        assert await result(net, "getBlocks", 1006, 1020) == [1006, 1007]
        assert (await error(net, "getBlock", 1038, CONFIRMED))["code"] == -32004
        assert (await error(net, "getBlock", 1037, CONFIRMED | {"commitment": "finalized"}))["code"] == -32004
        assert "result" in await answer(net, "getBlock", 1037, CONFIRMED)


async def test_a_slot_without_a_block_is_refused_by_where_it_lies() -> None:
    chain = Chain(Generated(seed=3, first_slot=500, transactions_per_block=2, skip_share=0.3), preload_blocks=40)
    skipped = next(slot for slot in range(chain.first, chain.tip) if chain.block(slot) is None)
    async with Localnet(chain) as net:
        message = f"Slot {skipped} was skipped, or missing due to ledger jump to recent snapshot"
        assert await error(net, "getBlock", skipped, CONFIRMED) == {"code": -32007, "message": message}
        assert await error(net, "getBlock", net.tip + 1, CONFIRMED) == {
            "code": -32004,
            "message": f"Block not available for slot {net.tip + 1}",
        }
        first = chain.first
        assert await error(net, "getBlock", 3, CONFIRMED) == {
            "code": -32001,
            "message": f"Block 3 cleaned up, does not exist on node. First available block: {first}",
        }
        assert skipped not in await result(net, "getBlocks", first, net.tip)
        assert await result(net, "getBlocksWithLimit", skipped, 2) == chain.slots(skipped, chain.tip)[:2]


async def test_the_ledger_is_bounded_and_its_first_block_moves_up() -> None:
    chain = small_chain(5, ledger_slots=6)
    async with Localnet(chain) as net:
        oldest = chain.block(FIRST_SLOT)
        assert oldest is not None
        gone = oldest.entries[0].signature
        assert (await result(net, "getSignatureStatuses", [gone]))["value"][0]["slot"] == FIRST_SLOT
        net.produce(4)
        assert await result(net, "getFirstAvailableBlock") == FIRST_SLOT + 3
        assert await result(net, "minimumLedgerSlot") == FIRST_SLOT + 3
        assert (await error(net, "getBlock", FIRST_SLOT, CONFIRMED))["code"] == -32001
        assert (await result(net, "getSignatureStatuses", [gone]))["value"] == [None]
        net.faults.history_slots = 2
        assert await result(net, "getFirstAvailableBlock") == net.tip - 1


async def test_statuses_tell_slot_commitment_and_error() -> None:
    chain = Chain(Generated(seed=3, first_slot=500, transactions_per_block=40), preload_blocks=20)
    failed = next(
        entry
        for slot in reversed(chain.slots(chain.first, chain.tip))
        for entry in getattr(chain.block(slot), "entries", ())
        if entry.err is not None
    )
    async with Localnet(chain, finalized_lag_slots=100) as net:
        answered = await result(net, "getSignatureStatuses", [failed.signature], {"searchTransactionHistory": True})
        assert answered["context"]["slot"] == net.tip
        (status,) = answered["value"]
        assert status["confirmationStatus"] == "confirmed"
        assert status["confirmations"] == len(chain.slots(status["slot"] + 1, net.tip))
        assert status["err"] == failed.err
        assert status["status"] == {"Err": failed.err}


async def test_old_signatures_need_a_search_of_the_history() -> None:
    chain = small_chain(320)
    block = chain.block(FIRST_SLOT)
    assert block is not None
    signature = block.entries[0].signature
    async with Localnet(chain) as net:
        assert (await result(net, "getSignatureStatuses", [signature]))["value"] == [None]
        found = await result(net, "getSignatureStatuses", [signature], {"searchTransactionHistory": True})
        assert found["value"][0]["slot"] == FIRST_SLOT


async def test_the_history_of_an_address_is_newest_first_and_can_be_paged() -> None:
    async with Localnet(small_chain()) as net:
        vote = "Vote111111111111111111111111111111111111111"
        rows = await result(net, "getSignaturesForAddress", vote)
        assert [row["slot"] for row in rows] == sorted((row["slot"] for row in rows), reverse=True)
        before, until = rows[2]["signature"], rows[6]["signature"]
        page = await result(net, "getSignaturesForAddress", vote, {"before": before, "until": until, "limit": 10})
        assert page == rows[3:6]
        assert await result(net, "getSignaturesForAddress", vote, {"limit": 2}) == rows[:2]
        assert await result(net, "getSignaturesForAddress", NOBODY) == []


BAD_CALLS: list[tuple[str, list[Any], str]] = [
    ("getBlock", [], "`params` should have at least 1 argument(s)"),
    ("getBlock", ["x"], 'Invalid params: invalid type: string "x", expected u64.'),
    ("getBlock", [-1], "Invalid params: invalid value: integer `-1`, expected u64."),
    ("getBlock", [1, {}, 2], "Expected from 1 to 2 parameters."),
    ("getBlock", [1009, {"commitment": "processed"}], "Method does not support commitment below `confirmed`"),
    ("getBlock", [1009, {"encoding": "base64"}],
     "Invalid params: localnet serves encoding `json` alone, not `base64`."),
    ("getBlock", [1009, {"maxSupportedTransactionVersion": 300}],
     "Invalid params: invalid value: integer `300`, expected u8."),
    ("getBlocks", [0, 500_001, {"commitment": "processed"}], "Method does not support commitment below `confirmed`"),
    ("getBlocksWithLimit", [0, 500_001], "Limit too large; max 500000"),
    ("getTransaction", ["xyz"], "Invalid param: WrongSize"),
    ("getTransaction", ["0OIl"], "Invalid param: Invalid"),
    ("getSignatureStatuses", [["1" * 64] * 257], "Too many inputs provided; max 256"),
    ("getSignaturesForAddress", [NOBODY, {"limit": 1001}], "Invalid limit; max 1000"),
    ("getSlot", [1], "Invalid params: invalid type: integer `1`, expected a map."),
]  # fmt: skip


@pytest.mark.parametrize(("method", "params", "message"), BAD_CALLS)
async def test_wrong_parameters_are_refused_by_name(method: str, params: list[Any], message: str) -> None:
    async with Localnet(small_chain()) as net:
        refused = await error(net, method, *params)
        assert (refused["code"], refused["message"]) == (-32602, message)


async def test_an_unknown_encoding_commitment_or_detail_lists_what_there_is() -> None:
    async with Localnet(small_chain()) as net:
        for field in ("encoding", "commitment", "transactionDetails"):
            refused = await error(net, "getBlock", LAST_SLOT, {field: "strange"})
            assert refused["code"] == -32602
            assert refused["message"].startswith("Invalid params: unknown variant `strange`, expected one of `")


async def test_too_large_a_range_is_refused_when_the_chain_reaches_that_far() -> None:
    async with Localnet(small_chain(2, first_slot=600_000)) as net:
        assert await error(net, "getBlocks", 0, 600_000) == {
            "code": -32602,
            "message": "Slot range too large; max 500000",
        }
        assert await result(net, "getBlocks", 0) == []
        assert await result(net, "getBlocks", 700_000, 600_000) == []


async def test_a_minimum_context_slot_beyond_the_tip_is_refused() -> None:
    async with Localnet(small_chain()) as net:
        assert await error(net, "getSlot", {"minContextSlot": LAST_SLOT + 1}) == {
            "code": -32016,
            "message": "Minimum context slot has not been reached",
            "data": {"contextSlot": LAST_SLOT},
        }
        assert await result(net, "getSlot", {"minContextSlot": LAST_SLOT}) == LAST_SLOT


async def test_what_is_not_a_call_is_refused() -> None:
    async with Localnet(small_chain()) as net:
        for body, code, message in (
            (b"{", -32700, "Parse error"),
            (b"[]", -32600, "Invalid request"),
            (b'"x"', -32600, "Invalid request"),
            (b'{"id":1,"method":"getSlot"}', -32600, "Unsupported JSON-RPC protocol version"),
            (b'{"jsonrpc":"2.0","id":1}', -32600, "Invalid request"),
            (b'{"jsonrpc":"2.0","id":1,"method":"getSlots"}', -32601, "Method not found"),
            (b'{"jsonrpc":"2.0","id":1,"method":"getSlot","params":{"a":1}}', -32602, "`params` should be an array"),
        ):
            answered = orjson.loads((await post(net, body)).body)
            assert answered["error"] == {"code": code, "message": message}
        assert (await post(net, b'{"jsonrpc":"2.0","method":"getSlot"}')).body == b""


async def test_a_batch_is_answered_in_order_with_each_calls_id() -> None:
    calls = [
        {"jsonrpc": "2.0", "id": 7, "method": "getSlot"},
        {"jsonrpc": "2.0", "id": "b", "method": "getBlock", "params": [LAST_SLOT, CONFIRMED]},
        {"jsonrpc": "2.0", "id": None, "method": "nothing"},
        5,
    ]
    async with Localnet(small_chain()) as net:
        response = await post(net, orjson.dumps(calls), packed=True)
        assert response.headers["Content-Encoding"] == "gzip"
        answers = orjson.loads(gzip.decompress(response.body))
        assert [one["id"] for one in answers] == [7, "b", None, None]
        assert answers[0]["result"] == LAST_SLOT
        assert answers[1]["result"]["parentSlot"] == LAST_SLOT - 1
        assert [one["error"]["code"] for one in answers[2:]] == [-32601, -32600]


async def test_only_json_of_bounded_size_is_taken() -> None:
    async with Localnet(small_chain()) as net:
        assert (await post(net, b" " * 60_000)).status == 413
        assert net.calls == {}


async def test_a_lagging_node_says_so_and_stays_behind() -> None:
    async with Localnet(small_chain(), faults=Faults(stale_slots=4)) as net:
        assert await error(net, "getHealth") == {
            "code": -32005,
            "message": "Node is behind by 4 slots",
            "data": {"numSlotsBehind": 4},
        }
        assert await result(net, "getSlot") == LAST_SLOT - 4
        assert (await error(net, "getBlock", LAST_SLOT, CONFIRMED))["code"] == -32004
        net.faults.stale_slots = 0
        assert await result(net, "getHealth") == "ok"
