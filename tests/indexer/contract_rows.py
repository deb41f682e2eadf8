"""The way back: payloads rebuilt from rows of the tables, in the contract's field order."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from indexer.clickhouse_rows import Candle, Slot, Swap
from indexer.message import CHAIN, VERSION, swap_id

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def swap_payload(row: Mapping[str, Any]) -> bytes:
    values = dict(row) | {"id": swap_id(row["slot"], row["signature"], row["idx"], row["leg"])}
    values["fees"] = [dict(fee) for fee in row["fees"]]
    for name in ("transfer_fee_in", "transfer_fee_out"):
        if row[name] is None:
            del values[name]
    if not values["fees"]:
        del values["fees"]
    return _payload(Swap, values)


def slot_payload(row: Mapping[str, Any]) -> bytes:
    values = dict(row)
    if row["to_slot"] is None:
        del values["to_slot"]
    return _payload(Slot, values)


def candle_payload(row: Mapping[str, Any]) -> bytes:
    name = f"{row['pool']}.{row['base_mint']}.{row['quote_mint']}" if row["other_pair"] else row["pool"]
    full = f"{CHAIN}:candle:{row['interval']}:{name}:{_value(row['open_time'])}:{row['revision']}"
    return _payload(Candle, dict(row) | {"id": full})


def _payload(kind: Any, values: Mapping[str, Any]) -> bytes:
    """The fields in the contract's order; absent ones stay absent."""
    given = {"v": VERSION} | dict(values)
    return orjson.dumps({name: _value(given[name]) for name in kind.__struct_fields__ if name in given})


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return None if value.replace(tzinfo=UTC) == EPOCH else int(value.replace(tzinfo=UTC).timestamp())
    return orjson.Fragment(str(value)) if isinstance(value, int) and value >= 2**64 else value
