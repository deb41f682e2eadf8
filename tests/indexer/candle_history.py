"""Made-up histories for candles: slots with swaps, gaps, repairs and repeats, as the stream would have them."""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import orjson

from indexer.candles import Builder, Made, Rules, Wanted
from indexer.marker import Marker
from indexer.message import SLOTS, SLOTS_REPAIR, SWAPS, Message, read_traded, swap_id
from tests.indexer.candle_oracle import RANKED, Key
from tests.indexer.publishing import marker

USDC, USDT, SOL = RANKED
MINTS = {USDC: 6, USDT: 6, SOL: 9, "Aaa": 0, "Bbb": 5, "Ccc": 18}
#: pool and its mints: one of three, as stable pools have
POOLS = {"one": (SOL, USDC), "two": (SOL, "Aaa"), "three": (USDC, USDT, "Bbb"), "four": ("Bbb", "Ccc")}
REPAIR = {"Dex-Mode": "repair"}


@dataclass
class Event:
    """A message of the stream."""

    subject: str
    data: dict[str, Any]
    repair: bool = False

    @property
    def message(self) -> Message:
        headers = REPAIR if self.repair else {}
        name = self.data.get("id") or f"501:{self.data['slot']}:{self.data['status']}"
        return Message(subject=self.subject, id=name, payload=orjson.dumps(self.data), headers=headers)


@dataclass
class History:
    """A chain whose slots are published, missed, repaired or published again, in the order of calls."""

    seed: int
    events: list[Event] = field(default_factory=list)
    swaps: list[dict[str, Any]] = field(default_factory=list)
    slot: int = 100
    time: int = 1_700_000_000 // 3600 * 3600
    missed: list[tuple[int, int, list[dict[str, Any]]]] = field(default_factory=list)
    settled: list[tuple[int, int, list[dict[str, Any]]]] = field(default_factory=list)
    blocks: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    def trades(self, slot: int, time: int, count: int) -> list[dict[str, Any]]:
        return [self.trade(slot, time, index) for index in range(count)]

    def trade(self, slot: int, time: int, index: int, **values: Any) -> dict[str, Any]:
        dice = self.dice
        pool = dice.choice(list(POOLS))
        mint_in, mint_out = dice.sample(POOLS[pool], 2)
        tx_index, leg = index // 2, dice.choice((0, 0, 0, index % 3))
        swap = {
            "v": 1, "id": swap_id(slot, f"sig{tx_index}", index % 5 * 7 + index, leg), "slot": slot,
            "block_time": time, "tx_index": tx_index, "idx": index % 5 * 7 + index, "leg": leg, "program": "venue",
            "pool": pool, "mint_in": mint_in, "mint_out": mint_out, "amount_in": amount(dice),
            "amount_out": amount(dice), "decimals_in": MINTS[mint_in],
            "decimals_out": None if dice.random() < 0.05 else MINTS[mint_out],
        }  # fmt: skip
        return swap | values

    def step(self, seconds: int, count: int, *, missed: bool = False) -> None:
        """One slot, ``seconds`` after the last; ``missed``: its swaps are there for a repair alone."""
        parent = self.slot
        self.slot += self.dice.choice((1, 1, 2))
        self.time += seconds
        found = self.trades(self.slot, self.time, count)
        if missed:
            self.missed.append((self.slot, self.time, found))
            self.mark(marker(self.slot, status="missing", block_time=None, parent_slot=parent))
            return
        self.blocks[self.slot] = self.time
        self.put(found)
        self.mark(marker(self.slot, count, block_time=self.time, parent_slot=parent))
        self.settled.append((self.slot, self.time, found))

    def repair(self) -> None:
        """Bring a missed slot."""
        if self.missed:
            self.bring(self.missed.pop(self.dice.randrange(len(self.missed))))

    def again(self) -> None:
        """Publish a settled slot again."""
        if self.settled:
            self.bring(self.dice.choice(self.settled))

    def bring(self, slot: tuple[int, int, list[dict[str, Any]]]) -> None:
        number, time, found = slot
        self.put(found, repair=True)
        self.mark(marker(number, len(found), block_time=time), repair=True)

    def incomplete(self, open_time: int, close_time: int) -> bool:
        """Whether a slot nobody brought may have had a block in the window."""
        if open_time < min(self.blocks.values()):
            return True
        for slot, _, _ in self.missed:
            before = max(time for other, time in self.blocks.items() if other < slot)
            after = min(time for other, time in self.blocks.items() if other > slot)
            if before < close_time and after >= open_time:
                return True
        return False

    def put(self, found: list[dict[str, Any]], *, repair: bool = False) -> None:
        self.swaps += found
        self.events += [Event(SWAPS, swap, repair) for swap in found]

    def mark(self, one: Marker, *, repair: bool = False) -> None:
        data = orjson.loads(one.encode())
        self.events.append(Event(SLOTS_REPAIR if repair else SLOTS, data, repair))

    def finish(self) -> None:
        """Close every window, and let every revision out."""
        for _ in range(2):
            self.step(3700, 0)


def amount(dice: random.Random) -> int:
    return dice.choice((dice.randrange(1, 10), dice.randrange(1000, 5000), dice.randrange(1, 2**64), 10**9, 2**64 - 1))


def feed(builder: Builder, events: list[Event], stored: Mapping[str, bytes] = MappingProxyType({})) -> list[Message]:
    """What the builder publishes; what it asks for it is given from ``stored``."""
    out: list[Message] = []
    for event in events:
        body = event.message.payload
        if event.subject == SWAPS:
            builder.swap(read_traded(body), repair=event.repair)
        elif event.subject == SLOTS_REPAIR:
            assert not messages_of(builder.repaired(Marker.decode(body)), builder, stored)
        else:
            out += messages_of(builder.marker(Marker.decode(body)), builder, stored)
    return out


def messages_of(
    made: Made, builder: Builder | None = None, stored: Mapping[str, bytes] = MappingProxyType({})
) -> list[Message]:
    """All it holds, in order."""
    out: list[Message] = []
    for one in made:
        if isinstance(one, Wanted):
            assert builder is not None
            builder.bring(one.name, stored[one.name])
        else:
            out += one
    return out


def builder(**rules: Any) -> Builder:
    return Builder(rules=Rules(**rules))


def final(messages: list[Message]) -> dict[Key, dict[str, Any]]:
    """Each candle as it was published last; checks that ids differ, revisions count up from 0 and change something."""
    found: dict[Key, dict[str, Any]] = {}
    ids: set[str] = set()
    for message in messages:
        data = json.loads(message.payload)  # volumes may pass 64 bits
        key = (data["interval"], data["pool"], data["base_mint"], data["quote_mint"], data["open_time"])
        assert message.id == data["id"]
        assert message.id not in ids
        assert message.id.endswith(f":{data['open_time']}:{data['revision']}")
        assert message.subject == f"dex.sol.candles.{data['interval']}"
        assert data["revision"] == (found[key]["revision"] + 1 if key in found else 0)
        if key in found:
            assert data | {"id": "", "revision": 0} != found[key] | {"id": "", "revision": 0}
        ids.add(message.id)
        found[key] = data
    return found


def at_one(history: History, index: int, paid: int, got: int, **values: Any) -> dict[str, Any]:
    """SOL for USDC in pool one."""
    mints = {"pool": "one", "mint_in": SOL, "mint_out": USDC, "decimals_in": 9, "decimals_out": 6}
    amounts = {"amount_in": paid, "amount_out": got}
    return history.trade(history.slot, history.time, index, **(mints | amounts | values))


def by_revision(messages: list[Message], interval: str = "1m") -> list[tuple[int, bool, int]]:
    data = [orjson.loads(one.payload) for one in messages]
    return [(one["revision"], one["incomplete"], one["trades"]) for one in data if one["interval"] == interval]
