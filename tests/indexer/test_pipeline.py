"""The loop with its real parts in one process: a localnet, a nats-server, and what is in the stream afterwards."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from structlog.testing import capture_logs

from decoders.engine.registry import Registry
from decoders.engine.spec import Program
from decoders.programs import PROGRAMS, ROUTERS
from indexer import jetstream
from indexer.board import Board
from indexer.config import Settings
from indexer.coverage import Range
from indexer.daemon import connected
from indexer.drift import DEAD, UNKNOWN
from indexer.embedded import NatsServer
from indexer.localnet.chain import Chain
from indexer.localnet.generate import Generated
from indexer.localnet.node import Localnet
from indexer.metrics import Metrics
from indexer.nats_connection import connected as nats_connected
from indexer.parts import Parts
from indexer.plan import Cursor
from indexer.repair import BackgroundRepair, open_slots, repair
from indexer.settle import Totals
from tests.chaos.audit import Stored, audit, read_stream

FIRST = 10_000
BLOCKS = 20


@dataclass(kw_only=True)
class Place:
    """Connected parts, the chain they read and the server they write to."""

    parts: Parts
    source: Generated
    net: Localnet
    server: NatsServer

    @property
    def tip(self) -> int:
        return self.net.tip

    def truth(self) -> dict[str, dict[str, Any]]:
        rows = [row for slot in range(FIRST, self.tip + 1) for row in self.source.truth_of(slot)]
        return {row.id: {name: getattr(row, name) for name in row.__slots__} for row in rows}

    def sample(self, name: str, **labels: str) -> float:
        return self.parts.metrics.registry.get_sample_value(f"indexer_{name}", labels) or 0.0

    async def run(self, cursor: Cursor, to_slot: int | None, **options: Any) -> Totals:
        totals = Totals()
        settle = self.parts.settle(totals=totals, **options)
        assert await self.parts.pipeline(cursor, settle=settle, to_slot=to_slot).run(asyncio.Event())
        return totals

    async def stored(self) -> list[Stored]:
        return await read_stream(self.server.url)


@asynccontextmanager
async def place(folder: Path, *, blocks: int = BLOCKS, **changes: Any) -> AsyncIterator[Place]:
    source = Generated(seed=3, first_slot=FIRST, transactions_per_block=30, swap_share=0.5, vote_share=0.2)
    chain = Chain(source, preload_blocks=blocks)
    async with NatsServer(store_dir=folder / "nats", sync="2m") as server, Localnet(chain) as net:
        urls: dict[str, Any] = {"solana_rpc_url": SecretStr(net.rpc_url), "solana_ws_url": SecretStr(net.ws_url)}
        settings = Settings(**urls, nats_url=server.url, **changes)
        async with nats_connected(settings, Metrics()) as nats:
            await jetstream.init(nats)
        async with connected(settings, Metrics(), Board(), subscribe=True) as parts:
            yield Place(parts=parts, source=source, net=net, server=server)


async def test_a_bounded_run_publishes_exactly_its_slots_and_the_counters_add_up(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        totals = await here.run(Cursor(slot=FIRST - 1), here.tip)
        stored, truth = await here.stored(), here.truth()
        assert audit(stored, truth, first_slot=FIRST, last_slot=here.tip).problems == []
        swaps = Counter(message.body["program"] for message in stored if message.subject == "dex.sol.swaps")
        assert sum(swaps.values()) == totals.swaps == len(truth)
        for program, count in swaps.items():
            assert here.sample("swaps_total", program=program) == count
        complete, skipped = (here.sample("slots_total", status=status) for status in ("complete", "skipped"))
        assert complete == totals.slots == BLOCKS
        assert complete + skipped >= here.tip - FIRST + 1
        assert here.sample("settled_slot") == here.tip
        assert (here.parts.board.begin_slot, here.parts.board.lag_slots()) == (FIRST - 1, 0)


async def test_a_second_run_over_the_same_slots_stores_nothing(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        await here.run(Cursor(slot=FIRST - 1), here.tip)
        before = await here.stored()
        here.parts.board = Board()
        totals = await here.run(Cursor(slot=FIRST - 1), here.tip)
        assert totals.swaps == 0
        assert totals.overtaken > 0
        assert (here.parts.board.settled_slot, here.parts.board.lag_slots()) == (here.tip, 0)
        assert len(await here.stored()) == len(before)


async def test_a_stop_settles_what_is_in_flight_and_the_next_run_goes_on(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        stop, totals = asyncio.Event(), Totals()
        pipeline = here.parts.pipeline(Cursor(slot=FIRST - 1), settle=here.parts.settle(totals=totals))
        running = asyncio.create_task(pipeline.run(stop))
        while totals.slots < 5:
            await asyncio.sleep(0.005)
        stop.set()
        assert await running is False
        position = await here.parts.publisher.position()
        assert position.slot == pipeline.plan.cursor.slot
        assert position.slot is not None
        cursor = position.cursor()
        assert cursor is not None
        await here.run(cursor, here.tip)
        assert audit(await here.stored(), here.truth(), first_slot=FIRST, last_slot=here.tip).problems == []


async def test_programs_outside_the_list_are_counted_in_hops_and_not_published(tmp_path: Path) -> None:
    async with place(tmp_path, programs=("orca_whirlpool", "raydium_amm_v4")) as here:
        await here.run(Cursor(slot=FIRST - 1), here.tip)
        wanted = {name: swap for name, swap in here.truth().items() if swap["program"] in here.parts.wanted}
        assert any(swap["hops"] > 1 for swap in wanted.values())
        assert audit(await here.stored(), wanted, first_slot=FIRST, last_slot=here.tip).problems == []


async def test_a_range_is_repaired_beside_the_main_markers(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        middle = here.net.chain.first + BLOCKS // 2
        await here.run(Cursor(slot=middle), here.tip)
        older, totals = Range(FIRST, middle), Totals()
        there = await open_slots(here.parts, FIRST, here.tip)
        assert there.open[0].first == FIRST
        await repair(here.parts, [older], asyncio.Event(), totals=totals)
        assert totals.slots > 5
        stored = await here.stored()
        assert audit(stored, here.truth(), first_slot=FIRST, last_slot=here.tip).problems == []
        modes = {message.mode for message in stored if message.body["slot"] <= middle}
        assert modes == {"repair"}
        assert (await open_slots(here.parts, FIRST, here.tip)).open == ()


async def test_a_repair_that_is_done_again_on_purpose_stores_the_ids_twice(tmp_path: Path) -> None:
    async with place(tmp_path, blocks=6) as here:
        await here.run(Cursor(slot=FIRST - 1), here.tip)
        once = len(here.truth())
        await repair(here.parts, [Range(FIRST, here.tip)], asyncio.Event(), totals=Totals(), again=True)
        swaps = Counter(message.body["id"] for message in await here.stored() if message.subject == "dex.sol.swaps")
        assert len(swaps) == once
        assert set(swaps.values()) == {2}


async def test_the_background_leaves_too_many_missing_slots_to_the_command(tmp_path: Path) -> None:
    async with place(tmp_path, blocks=3, repair_holes=10) as here:
        background = BackgroundRepair(parts=here.parts)
        background.add(Range(1, 10))
        background.add(Range(20, 20))
        assert list(background.tries) == [Range(1, 10)]


async def test_hydrating_notified_transactions_alone_says_so_in_the_markers(tmp_path: Path) -> None:
    async with place(tmp_path, blocks=3, hydrate="transaction") as here:
        stop, totals = asyncio.Event(), Totals()
        settle = here.parts.settle(totals=totals)
        running = asyncio.create_task(here.parts.pipeline(Cursor(slot=here.tip), settle=settle).run(stop))
        await asyncio.sleep(0.2)
        for _ in range(12):
            here.net.produce(1)
            await asyncio.sleep(0.1)
        while totals.slots < 10:
            await asyncio.sleep(0.05)
        stop.set()
        await running
        stored = await here.stored()
        notified = {body["slot"] for body in (one.body for one in stored) if body.get("status") == "notified"}
        assert len(notified) >= 5
        published = {message.body["id"] for message in stored if message.subject == "dex.sol.swaps"}
        assert {name for name, swap in here.truth().items() if swap["slot"] in notified} <= published


def as_it_was(program: Program) -> Program:
    """The program before an upgrade that brought an instruction (pumpswap) and moved an account (raydium_cpmm)."""
    if program.name == "pumpswap":
        return replace(program, swaps=tuple(one for one in program.swaps if one.name != "sell"))
    if program.name == "raydium_cpmm":
        return replace(program, swaps=tuple(replace(one, users=(4, 8)) for one in program.swaps))
    return program


async def test_a_program_that_was_upgraded_raises_the_drift_alarm_and_the_others_go_on(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        here.parts.registry = Registry(map(as_it_was, PROGRAMS), ROUTERS)
        with capture_logs() as lines:
            await here.run(Cursor(slot=FIRST - 1), here.tip)
        truth = list(here.truth().values())
        sold = sum(one["program"] == "pumpswap" and one["instruction"] == "sell" for one in truth)
        moved = sum(one["program"] == "raydium_cpmm" for one in truth)
        published = sum(message.subject == "dex.sol.swaps" for message in await here.stored())
        assert here.sample("unknown_instructions_total", program="pumpswap") == sold > 1
        reasons = {"transfers", "one_sided"}
        dead = [here.sample("dead_letters_total", program="raydium_cpmm", reason=reason) for reason in reasons]
        assert sum(dead) == moved > 1
        assert published == len(truth) - sold - moved
        alarms = [(line["event"], line["program"]) for line in lines if line["log_level"] == "warning"]
        assert sorted(alarms) == [(DEAD, "raydium_cpmm"), (UNKNOWN, "pumpswap")]
        signatures = {one["signature"] for one in truth}
        assert all(line["signature"] in signatures for line in lines if line["log_level"] == "warning")
