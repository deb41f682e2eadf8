"""A process that publishes made-up swaps at a steady rate with the daemon's own publisher: slots with their markers."""

import argparse
import asyncio
import hashlib
import sys
import time
from typing import Any

import orjson
import uvloop

from indexer.message import SWAPS, Message, swap_id
from indexer.publisher import Published
from tests.indexer.publishing import marker, writer
from tests.integration.sinking import templates

_SLOT_SECONDS = 0.3
_FIRST_SLOT = 400_000_000
_POOLS_OF_A_TEMPLATE = "123456789A"
_SIGNATURE_LETTERS = 88


def main() -> int:
    """Feed, and print what was fed as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--rate", type=float, required=True, help="swaps a second")
    parser.add_argument("--seconds", type=float, required=True)
    args = parser.parse_args()
    fed = uvloop.run(feed(args.url, args.rate, args.seconds))
    sys.stdout.write(orjson.dumps(fed).decode() + "\n")
    return 0


async def feed(url: str, rate: float, seconds: float) -> dict[str, float]:
    """Publish for ``seconds``; a slot that is late is published at once, and how late the latest was is told."""
    each, every = round(rate * _SLOT_SECONDS), templates()
    slots, latest = round(seconds / _SLOT_SECONDS), 0.0
    async with writer(url, ack_seconds=30) as publisher:
        began = time.monotonic()
        for number in range(slots):
            due = began + number * _SLOT_SECONDS
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            latest = max(latest, time.monotonic() - due)
            slot, block_time = _FIRST_SLOT + number, int(time.time())
            swaps = [_swap(every, slot, block_time, index) for index in range(each)]
            outcome = await publisher.publish_slot(swaps, marker(slot, each, block_time=block_time))
            assert isinstance(outcome, Published), outcome
        await asyncio.sleep(max(0.0, began + slots * _SLOT_SECONDS - time.monotonic()))
        return {"swaps": slots * each, "slots": slots, "seconds": time.monotonic() - began, "latest_seconds": latest}


def _swap(every: list[dict[str, Any]], slot: int, block_time: int, index: int) -> Message:
    """A payload of a golden with a signature and, ten to a golden, a pool of its own."""
    number = slot * 1009 + index
    plain = every[number % len(every)]
    signature = hashlib.sha512(number.to_bytes(8)).hexdigest()[:_SIGNATURE_LETTERS]
    pool = plain["pool"][:-1] + _POOLS_OF_A_TEMPLATE[number // len(every) % len(_POOLS_OF_A_TEMPLATE)]
    name = swap_id(slot, signature, plain["idx"], plain["leg"])
    changes = {"id": name, "slot": slot, "block_time": block_time, "tx_index": index, "signature": signature}
    return Message(subject=SWAPS, id=name, payload=orjson.dumps(plain | changes | {"pool": pool}))


if __name__ == "__main__":
    sys.exit(main())
