"""An endless made-up chain, the same for the same seed, with the list of its swaps as ground truth.

Every block follows from the seed and its slot alone: it can be made in any order, again, and on another machine.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

import orjson

from indexer.localnet.builder import Built, Place, perform
from indexer.localnet.builder_keys import SIGNATURE_LETTERS, address, seeded, signature, stream
from indexer.localnet.builder_truth import Truth
from indexer.localnet.generate_mix import other_order, swap_order
from indexer.localnet.generate_plain import Votes, Written, payment
from indexer.localnet.source import Entry, ServedBlock, genesis_hash

#: the first block of mainnet; with it and 400 ms a slot, slot numbers look like mainnet's
GENESIS_TIME = 1_584_368_940
#: of the transactions that are neither votes nor swaps: those that call a known program all the same
OTHER_SHARE = 0.4
MOST_SKIPPED_SLOTS = 64


class Generated:
    """A source of blocks, from ``first_slot`` on without end.

    Shares are of a block's transactions, but ``skip_share`` of slots. ``swap_share`` counts transactions that hold at
    least one swap. ``truth``: a file that gets one JSON line per swap as blocks are given out. Raises ValueError for
    shares that are none.
    """

    kind = "generated"

    def __init__(  # noqa: PLR0913 - every one a flag of the command
        self,
        *,
        seed: int = 0,
        first_slot: int = 450_000_000,
        transactions_per_block: int = 60,
        swap_share: float = 0.4,
        vote_share: float = 0.4,
        skip_share: float = 0.02,
        version_1_share: float = 0.0,
        slot_milliseconds: int = 400,
        genesis_time: int = GENESIS_TIME,
        truth: Path | None = None,
    ) -> None:
        shares = (swap_share, vote_share, version_1_share, swap_share + vote_share)
        if not all(0 <= share <= 1 for share in shares) or not 0 <= skip_share < 1:
            raise ValueError("shares lie between 0 and 1; swaps and votes together are at most 1")
        self.first_slot = first_slot
        self.transactions_per_block = transactions_per_block
        self.swap_share = swap_share
        self.vote_share = vote_share
        self.skip_share = skip_share
        self.version_1_share = version_1_share
        self.slot_milliseconds = slot_milliseconds
        self.genesis_time = genesis_time
        self.truth = truth
        content = (seed, transactions_per_block, *shares, skip_share, slot_milliseconds, genesis_time)
        #: names the chain: everything its content depends on
        self.name = "/".join(map(str, content))
        self._next = first_slot
        self._offline: set[int] = set()

    @property
    def genesis_hash(self) -> str:
        """The chain's identity; another content is another chain."""
        return genesis_hash(self.kind, self.name)

    def skip(self, slots: int) -> None:
        """Leave the next slots without a block, whatever the seed says."""
        self._offline.update(range(self._next, self._next + slots))

    def time_of(self, slot: int) -> int:
        """Unix seconds of a slot."""
        return self.genesis_time + slot * self.slot_milliseconds // 1000

    def slot_at(self, unix_seconds: float) -> int:
        """The slot whose time it is."""
        return int((unix_seconds - self.genesis_time) * 1000) // self.slot_milliseconds

    def skipped(self, slot: int) -> bool:
        """Whether the slot has no block; one in 64 always has, so that a search for a parent ends."""
        if slot in self._offline:
            return True
        if not self.skip_share or not slot % MOST_SKIPPED_SLOTS:
            return False
        return seeded(self.name, "skip", str(slot)).random() < self.skip_share

    def parent_of(self, slot: int) -> int:
        """The last slot before this one that has a block."""
        slot -= 1
        while self.skipped(slot):
            slot -= 1
        return slot

    def blocks(self) -> Iterator[ServedBlock]:
        """The blocks in order of their slots; their swaps are written to ``truth`` before they are given out."""
        while True:
            slot = self._next
            self._next += 1
            if not self.skipped(slot):
                block, truth = self.make(slot)
                self._tell(truth)
                yield block

    def block(self, slot: int) -> ServedBlock | None:
        """The block of any slot, None when it is skipped; nothing is written."""
        return None if self.skipped(slot) else self.make(slot)[0]

    def truth_of(self, slot: int) -> tuple[Truth, ...]:
        """The swaps of a slot; none when it is skipped."""
        return () if self.skipped(slot) else self.make(slot)[1]

    def make(self, slot: int) -> tuple[ServedBlock, tuple[Truth, ...]]:
        """The block of a slot that is not skipped, and the swaps it contains in order."""
        return _make(self, slot)

    def _tell(self, truth: Sequence[Truth]) -> None:
        if self.truth is not None:
            lines = b"".join(orjson.dumps({"id": swap.id, **asdict(swap)}) + b"\n" for swap in truth)
            with self.truth.open("ab") as file:
                file.write(lines)


@lru_cache(maxsize=64)
def _blockhash(name: str, slot: int) -> str:
    return address(name, "blockhash", str(slot))


def _make(chain: Generated, slot: int) -> tuple[ServedBlock, tuple[Truth, ...]]:
    """Put a block together: who trades is drawn first, then each transaction is made in block order."""
    draw = seeded(chain.name, str(slot))
    parent, block_time = chain.parent_of(slot), chain.time_of(slot)
    previous, world = _blockhash(chain.name, parent), dict[str, int]()
    roles = _roles(chain, draw.random(), draw.random())
    draw.shuffle(roles)
    letters = stream(2 * SIGNATURE_LETTERS * len(roles), chain.name, str(slot))
    votes = Votes(parent, previous, block_time)
    texts: list[str | bytes] = []
    entries: list[Entry] = []
    truth: list[Truth] = []
    for at, role in enumerate(roles):
        own = letters[2 * SIGNATURE_LETTERS * at : 2 * SIGNATURE_LETTERS * (at + 1)]
        if role in {"vote", "payment"}:
            text = signature(own)
            plain = votes.vote(at, text) if role == "vote" else payment(draw, previous, text)
            _add_plain(plain, texts, entries)
            continue
        order = (swap_order if role == "swap" else other_order)(draw, version_1_share=chain.version_1_share)
        place = Place(
            slot=slot,
            block_time=block_time,
            blockhash=previous,
            tx_index=at,
            letters=own,
            draw=draw,
            world=world,
        )
        _add_built(perform(order, place), texts, entries, truth)
    body = _body(chain, slot, parent, texts)
    return ServedBlock(slot=slot, parent_slot=parent, body=body, entries=tuple(entries)), tuple(truth)


def _roles(chain: Generated, swaps_dice: float, votes_dice: float) -> list[str]:
    """How many of each; a fraction of a transaction is one or none, by the dice."""
    total = chain.transactions_per_block
    swaps = int(total * chain.swap_share + swaps_dice)
    votes = min(total - swaps, int(total * chain.vote_share + votes_dice))
    rest = total - swaps - votes
    others = int(rest * OTHER_SHARE)
    return ["swap"] * swaps + ["vote"] * votes + ["other"] * others + ["payment"] * (rest - others)


def _add_plain(plain: Written, texts: list[str | bytes], entries: list[Entry]) -> None:
    texts.append(plain.text)
    entries.append(plain.entry)


def _add_built(built: Built, texts: list[str | bytes], entries: list[Entry], truth: list[Truth]) -> None:
    transaction = built.transaction
    texts.append(orjson.dumps(transaction))
    meta = transaction["meta"]
    first = transaction["transaction"]["signatures"][0]
    entries.append(Entry(signature=first, accounts=built.accounts, err=meta["err"], logs=tuple(meta["logMessages"])))
    truth.extend(built.truth)


def _body(chain: Generated, slot: int, parent: int, texts: Sequence[str | bytes]) -> bytes:
    head = orjson.dumps(
        {
            "blockHeight": slot - slot // 20,
            "blockTime": chain.time_of(slot),
            "blockhash": _blockhash(chain.name, slot),
            "parentSlot": parent,
            "previousBlockhash": _blockhash(chain.name, parent),
        }
    )
    parts = b",".join(text.encode() if isinstance(text, str) else text for text in texts)
    return b'%b,"transactions":[%b]}' % (head[:-1], parts)
