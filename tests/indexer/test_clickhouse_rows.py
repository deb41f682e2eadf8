"""Messages as rows and back: nothing is lost, and what is not the contract is no row."""

import gc
import json
import weakref
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from indexer.clickhouse import ClickHouse, Target
from indexer.clickhouse_batch import insert, sorted_batch
from indexer.clickhouse_migrate import migrate
from indexer.clickhouse_migrations import load
from indexer.clickhouse_rows import table_of
from indexer.config import Settings
from indexer.deliveries import Delivery
from indexer.marker import Marker, marker_message
from indexer.message import SLOTS, SLOTS_REPAIR, SWAPS, refused_message
from indexer.metrics import Metrics
from tests.indexer.contract_rows import candle_payload, slot_payload, swap_payload

GOLDENS = sorted((Path(__file__).parent.parent / "decoders" / "goldens").glob("*.json"))
SECONDS = 1_790_000_000.25
SWAP = next(
    swap
    for golden in json.loads((GOLDENS[0].parent / "pump_fun.json").read_text())["goldens"]
    for swap in golden["swaps"]
)
MARKER = Marker(
    slot=7, parent_slot=6, blockhash="h", block_time=1_790_000_000, status="complete", swaps=1, failed_txs=2, dead=0,
    build="0.1", programs_hash="p", stream_created="2026-01-01T00:00:00Z",
)  # fmt: skip
CANDLE = {
    "v": 1, "id": "501:candle:1m:pool:1790000040:2", "pool": "pool", "program": "pumpswap", "base_mint": "b",
    "quote_mint": "q", "interval": "1m", "open_time": 1790000040, "close_time": 1790000100,
    "open": "0.000000000000000000123456789", "high": "2", "low": "0.1", "close": "1.5", "base_volume": 2**64 - 1,
    "quote_volume": 7, "trades": 3, "first_id": "a", "last_id": "c", "revision": 2, "incomplete": True,
}  # fmt: skip


def came(payload: Any, subject: str = SWAPS, *, sequence: int = 1, repair: bool = False) -> Delivery:
    body = payload if isinstance(payload, bytes) else orjson.dumps(payload)
    headers = {"Dex-Mode": "repair"} if repair else {}
    return Delivery(sequence, sequence, 1, 0, SECONDS, subject, headers, body, "$JS.ACK")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[ClickHouse]:
    directory = tmp_path / "clickhouse"
    async with ClickHouse(Target(dsn=f"chdb://{directory}", directory=directory), Settings()) as opened:
        await migrate(opened, load(Path("deploy/clickhouse")))
        yield opened


async def stored(database: ClickHouse, table: str, order: str) -> list[dict[str, Any]]:
    names, rows = await database.table(f"SELECT * FROM {table} FINAL ORDER BY {order}")  # noqa: S608 - names of ours
    return [dict(zip(names, row, strict=True)) for row in rows]


async def test_payload_of_every_program_is_rebuilt_from_its_row_byte_for_byte(database: ClickHouse) -> None:
    swaps = [
        orjson.dumps(swap)
        for path in GOLDENS
        for golden in json.loads(path.read_text())["goldens"]
        for swap in golden["swaps"]
    ]
    edges: dict[str, Any] = {
        "amount_in": 2**64 - 1, "reserve_in": None, "block_time": None, "decimals_out": None, "route": "jupiter_v6",
    }  # fmt: skip
    swaps.append(orjson.dumps(SWAP | edges | {"leg": 1, "id": f"{SWAP['id']}.1"}))
    expected = {orjson.loads(payload)["id"]: payload for payload in swaps}
    assert len(GOLDENS) > 100
    assert len(expected) > 200
    batch = sorted_batch([came(payload, sequence=index) for index, payload in enumerate(swaps)])
    assert batch.outcasts == ()
    assert await insert(database, batch, Metrics(), at_most_refused=0) == ()
    rebuilt = {
        orjson.loads(payload := swap_payload(row))["id"]: payload for row in await stored(database, "swaps", "slot")
    }
    assert rebuilt == expected


async def test_markers_candles_and_letters_come_back_whole(database: ClickHouse) -> None:
    missing = Marker(
        slot=8, to_slot=2**40, parent_slot=None, blockhash=None, block_time=None, status="missing", swaps=0,
        failed_txs=0, dead=0, build="", programs_hash="", stream_created="x",
    )  # fmt: skip
    markers = [marker_message(MARKER), marker_message(missing), marker_message(MARKER, repair=True)]
    priceless = dict.fromkeys(("open", "high", "low", "close"))
    candles = [
        orjson.dumps(one)
        for one in (
            CANDLE,
            CANDLE | {"revision": 0, "id": "501:candle:1m:pool:1790000040:0", "incomplete": False},
            CANDLE | priceless | {"base_mint": "c", "id": "501:candle:1m:pool.c.q:1790000040:2"},
        )
    ]
    candles.append(candles[0].replace(b"18446744073709551615", b"340282366920938463463374607431768211455"))
    candles[-1] = candles[-1].replace(b":1790000040:2", b":1790000040:3").replace(b'"revision":2', b'"revision":3')
    poison = refused_message(came(b"\xff{", sequence=9), "dex-swaps", reason="contract", detail="why")
    letters = [poison.payload, b"no json \xff", b'{"id": 5, "slot": -1, "block_time": "x"}', b"[]"]
    messages = [came(one.payload, one.subject, repair=one.subject == SLOTS_REPAIR) for one in markers]
    messages += [came(one, "dex.sol.candles.1m") for one in candles]
    messages += [came(one, f"dex.sol.dead.p{index}") for index, one in enumerate(letters)]
    assert await insert(database, sorted_batch(messages), Metrics(), at_most_refused=0) == ()
    slots = await stored(database, "slots", "slot, repair")
    assert [slot_payload(row) for row in slots] == [markers[0].payload, markers[2].payload, markers[1].payload]
    assert [row["repair"] for row in slots] == [False, True, False]
    rows = await stored(database, "candles", "base_mint, revision")
    assert [candle_payload(row) for row in rows] == [candles[index] for index in (1, 0, 3, 2)]
    final = await database.rows("SELECT revision, low, open, base_mint FROM candles_final ORDER BY base_mint")
    assert final == [(3, 0.1, 1.23456789e-19, "b"), (2, None, None, "c")]
    payloads = await database.rows("SELECT base64Encode(payload) FROM dead_letters FINAL ORDER BY program")
    assert [base64(payload) for (payload,) in payloads] == letters
    assert (await stored(database, "dead_letters", "program"))[0]["reason"] == "contract"


async def test_redelivered_row_is_absorbed_and_the_later_message_of_an_id_stays(database: ClickHouse) -> None:
    newer = Delivery(9, 9, 1, 0, SECONDS + 1, SWAPS, {}, orjson.dumps(SWAP | {"route": "okx", "block_time": None}), "")
    for messages in ([came(SWAP), newer], [came(SWAP)], [came(SWAP)]):
        await insert(database, sorted_batch(messages), Metrics(), at_most_refused=0)
    assert (await database.rows("SELECT count() > 1 FROM swaps"))[0][0]
    assert await database.rows("SELECT sequence, route FROM swaps FINAL") == [(9, "okx")]
    view = f"swaps_of_pool(pool = '{SWAP['pool']}')"
    assert await database.rows(f"SELECT sequence FROM {view}") == [(9,)]  # noqa: S608 - as above
    await database.command("OPTIMIZE TABLE swaps FINAL")
    assert await database.rows("SELECT sequence, route FROM swaps FINAL") == [(9, "okx")]


async def test_inserted_batch_is_freed_without_the_collector(database: ClickHouse) -> None:
    class Text(str):
        """A text whose end can be seen."""

        __slots__ = ("__weakref__",)

    table = table_of(SLOTS)
    assert table is not None
    row = list(table.row(came(marker_message(MARKER).payload, SLOTS)))
    text = row[table.columns.index("blockhash")] = Text("hash")
    end = weakref.ref(text)
    rows = [tuple(row)]
    gc.disable()
    try:
        await database.insert(table.name, table.columns, rows)
        del text, row, rows
        assert end() is None
    finally:
        gc.enable()
    assert await database.rows("SELECT blockhash FROM slots") == [("hash",)]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda swap: swap | {"v": 2}, "Invalid enum value 2"),
        (lambda swap: swap | {"more": 1}, "unknown field `more`"),
        (lambda swap: {key: value for key, value in swap.items() if key != "pool"}, "missing required field `pool`"),
        (lambda swap: swap | {"amount_in": 1.0}, "Expected `int`, got `float`"),
        (lambda swap: swap | {"amount_in": -1}, ">= 0"),
        (lambda swap: swap | {"decimals_in": 256}, "<= 255"),
        (lambda swap: swap | {"block_time": 0}, ">= 1"),
        (lambda swap: swap | {"idx": 9}, "is not that of its slot"),
        (lambda swap: swap | {"transfer_fee_in": None}, "Expected `int`, got `null`"),
        (lambda swap: swap | {"fees": []}, "length >= 1"),
        (lambda _: b"{", "truncated"),
        (lambda _: b"\xff", "invalid"),
        (lambda swap: orjson.dumps(swap).replace(b'"amount_in":', b'"amount_in":1000'), "does not fit 64 bits"),
        (
            lambda swap: orjson.dumps(swap | {"fees": [{"kind": "lp", "mint": "m", "amount": 1}]}).replace(
                b'"amount":1', b'"amount":18446744073709551616'
            ),
            "does not fit 64 bits",
        ),
    ],
)
def test_what_is_not_the_contract_is_no_row(change: Callable[[Any], Any], why: str) -> None:
    changed = change(SWAP | {"amount_in": 10**18})
    batch = sorted_batch([came(changed), came(SWAP, "dex.sol.else"), came(SWAP)])
    assert [len(pairs) for pairs in batch.rows.values()] == [1]
    first, second = batch.outcasts
    assert (first.reason, second.detail) == ("contract", "no table holds dex.sol.else")
    assert why in first.detail


def test_candle_on_another_intervals_subject_is_no_row() -> None:
    table = table_of("dex.sol.candles.5m")
    assert table is not None
    with pytest.raises(ValueError, match="is not that of its interval"):
        table.row(came(CANDLE, "dex.sol.candles.5m"))


def test_marker_with_a_status_of_no_kind_is_no_row() -> None:
    marker = orjson.loads(marker_message(MARKER).payload) | {"status": "sure"}
    assert "Invalid enum value" in sorted_batch([came(marker, SLOTS)]).outcasts[0].detail


def base64(text: Any) -> bytes:
    from base64 import b64decode  # noqa: PLC0415 - of this test alone

    return b64decode(text)
