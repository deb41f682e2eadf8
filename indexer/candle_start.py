"""How the candle builder starts: where its streams, its consumer and its last snapshot stand."""

from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import structlog

from indexer.candle_outlet import Outlet
from indexer.candle_service import CandleService
from indexer.candle_state import MAIN, Parts, restore
from indexer.candle_store import ANEW, CandleStore, TakenOver
from indexer.candles import Builder, Rules
from indexer.config import Settings
from indexer.consumer import PullConsumer
from indexer.errors import DataError, PeerError
from indexer.jetstream_api import STREAM_NOT_FOUND, ApiError, call
from indexer.jetstream_patience import patiently
from indexer.jetstream_require import missing_stream
from indexer.message import CANDLE_READER, CANDLE_STATE, INTERVALS, STREAM
from indexer.metrics import Metrics
from indexer.nats_connection import Connection, NobodyListens

_TRIES = 5
_log = structlog.get_logger()


async def open_service(
    connection: Connection, settings: Settings, metrics: Metrics, stack: AsyncExitStack
) -> CandleService:
    """Everything as the last run left it; one that still runs is taken over from. Raises FatalError."""
    consumer = PullConsumer(connection, settings, metrics, stream=STREAM, durable=CANDLE_READER)
    seconds = settings.nats_connect_seconds
    await patiently(partial(stack.enter_async_context, consumer), seconds=seconds)
    opening = partial(_open, connection, settings, metrics, consumer)
    for _ in range(_TRIES):
        try:
            return await patiently(opening, seconds=seconds)
        except TakenOver:  # the other stored a snapshot after its last one was read
            _log.info("the state has moved on: reading it again")
    return await patiently(opening, seconds=seconds)


async def _open(connection: Connection, settings: Settings, metrics: Metrics, consumer: PullConsumer) -> CandleService:
    stream = await _stream(connection, settings)
    created, last = stream["created"], stream["state"]["last_seq"]
    store = CandleStore(connection, settings)
    current = await store.open(replicas=stream["config"].get("num_replicas", 1))
    rules, state = rules_of(settings), await consumer.state()
    position, silent_until = max(0, stream["state"]["first_seq"] - 1), state.acked_sequence
    builder = Builder(rules=rules)
    if current is not None and current.stream_created != created:
        _log.warning("the stream was made anew: the snapshot of the old one is dropped", made=created)
        current = None
    if current is not None:
        await store.use(current)
        builder = await _restored(store, rules) if store.names else builder
        position, silent_until = min(current.sequence, last), 0
    outlets = {}
    for interval in INTERVALS:
        outlet = Outlet(connection=connection, settings=settings, metrics=metrics, interval=interval)
        await outlet.open(None if current is None else current.outlets.get(interval))
        outlets[interval] = outlet
    pending_limit = state.config.get("max_ack_pending", 1000) - 2 * settings.consumer_batch_messages
    service = CandleService(
        connection=connection, settings=settings, metrics=metrics, consumer=consumer, builder=builder,
        parts=Parts(builder), store=store, outlets=outlets, created=created, position=position,
        snapshot_position=position, silent_until=silent_until,
        at_most=max(1, min(settings.candle_snapshot_messages, pending_limit)),
    )  # fmt: skip
    await store.take_over(service.current())
    try:
        await consumer.rewind(position + 1)
    except NobodyListens:
        reason = f"consumer {STREAM} {CANDLE_READER} cannot be set back to the snapshot"
        raise PeerError(reason, hint="that takes nats-server 2.14 or newer") from None
    _log.info(
        "candles go on", after_sequence=position, pages=sum(1 for _ in builder.pages.all()), unread=last - position
    )
    return service


async def _restored(store: CandleStore, rules: Rules) -> Builder:
    try:
        return restore(await store.part(MAIN), rules)
    except (ValueError, KeyError) as error:
        raise DataError(f"the snapshot in bucket {CANDLE_STATE} cannot be read: {error}", hint=ANEW) from error


def rules_of(settings: Settings) -> Rules:
    """What may set a price and how much is kept."""
    return Rules(
        floor_units=settings.candle_floor_units,
        kept_seconds=settings.candle_kept_hours * 3600,
        kept_candles=settings.candle_kept_candles,
        kept_swaps=settings.candle_kept_swaps,
        memory_candles=settings.candle_memory_candles,
        memory_swaps=settings.candle_memory_swaps,
        waiting_swaps=settings.candle_waiting_swaps,
    )


async def _stream(connection: Connection, settings: Settings) -> dict[str, Any]:
    try:
        return await call(connection, f"STREAM.INFO.{STREAM}", seconds=settings.ack_seconds)
    except ApiError as error:
        if error.code == STREAM_NOT_FOUND:
            raise missing_stream(STREAM) from None
        raise
