"""The connected parts of one process, and how pipelines are put together from them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

from decoders.engine.registry import Registry
from indexer.board import Board
from indexer.config import Settings
from indexer.coverage import Range
from indexer.drift import Drift
from indexer.fetch import Fetch
from indexer.hydrate import Hydrator
from indexer.metrics import Metrics
from indexer.nats_connection import Connection
from indexer.pipeline import Pipeline
from indexer.plan import Cursor, Plan
from indexer.prepare import Prepared
from indexer.publisher import Publisher
from indexer.rpc import Rpc
from indexer.settle import Settle, Totals
from indexer.subscribe import Witness


@dataclass(slots=True, kw_only=True)
class Parts:
    """Everything a pipeline is made of; ``witness`` is None where nothing is subscribed (repair alone)."""

    settings: Settings
    metrics: Metrics
    board: Board
    drift: Drift
    registry: Registry
    wanted: Collection[str]
    rpc: Rpc
    nats: Connection
    witness: Witness | None
    publisher: Publisher
    build: str

    def settle(
        self,
        *,
        totals: Totals,
        repair: bool = False,
        again: bool = False,
        on_missing: Callable[[Range], None] = lambda _: None,
    ) -> Settle:
        """Stage 7: the main loop's, or a repair's; ``again`` stores ids a second time on purpose."""
        publisher = self.publisher
        return Settle(
            publish_slot=partial(publisher.publish_repair, again=again) if repair else publisher.publish_slot,
            publish_dead=publisher.publish_dead,
            witness=None if repair else self.witness,
            metrics=self.metrics,
            board=self.board,
            drift=self.drift,
            build=self.build,
            programs_hash=self.registry.programs_hash,
            repair=repair,
            totals=totals,
            on_missing=on_missing,
        )

    def pipeline(self, cursor: Cursor, *, settle: Settle, to_slot: int | None = None) -> Pipeline:
        """A loop from ``cursor``; only the main one listens to the witness."""
        settings, witness = self.settings, settle.witness
        plan: Plan[Prepared] = Plan(
            cursor,
            lookahead_slots=settings.lookahead_slots,
            listing_slots=settings.listing_slots,
            to_slot=to_slot,
        )
        fetch = Fetch(
            plan=plan,
            rpc=self.rpc,
            hydrator=Hydrator(
                rpc=self.rpc, witness=witness, registry=self.registry, settings=settings, metrics=self.metrics
            ),
            registry=self.registry,
            wanted=self.wanted,
            settings=settings,
            metrics=self.metrics,
            repair=settle.repair,
        )
        return Pipeline(
            plan=plan,
            fetch=fetch,
            settle=settle,
            witness=witness,
            settings=settings,
            metrics=self.metrics,
            board=self.board,
        )
