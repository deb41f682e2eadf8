"""The RPC methods, answered from what the node sees of the chain."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

import orjson

from indexer.localnet import details, envelope
from indexer.localnet.chain import newest_first
from indexer.localnet.parameters import Config, Parameters
from indexer.localnet.reading import split_transactions
from indexer.localnet.refusal import Refusal
from indexer.localnet.source import Served
from indexer.localnet.visible import Visible

VERSION = {"feature-set": 1_234_567, "solana-core": "3.1.0-localnet"}
_RANGE_SLOTS = 500_000
_SIGNATURES = 1_000
_STATUSES = 256
#: slots whose signatures a node finds without searching its history
_RECENT_SLOTS = 300
_NO_REWARDS = b',"rewards":[]'
_FEWER = {"signatures": details.signatures_only, "none": details.none, "accounts": details.accounts_only}


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockResult:
    """A whole block as a result: its texts are kept, so that no call encodes or compresses it anew."""

    visible: Visible
    block: Served
    end: bytes

    def answer(self, end: bytes) -> bytes:
        """The JSON-RPC answer; ``end`` follows the result."""
        return envelope.answer(self.visible.text(self.block), self.end + end)

    def gzip_answer(self, end: bytes) -> bytes:
        """The same as one gzip member."""
        return envelope.gzip_answer(self.visible.deflated(self.block), self.end + end)


#: the JSON text of a result, or a block
Result = bytes | BlockResult
Method = Callable[[Any], Result]


class Methods:
    """Answers calls: `methods[name](params)` gives a Result or raises Refusal; KeyError for an unknown name."""

    def __init__(self, visible: Visible, *, genesis_hash: str) -> None:
        self._visible = visible
        self._methods: dict[str, Method] = {
            "getBlock": self._block,
            "getBlockHeight": self._block_height,
            "getBlockTime": self._block_time,
            "getBlocks": self._blocks,
            "getBlocksWithLimit": self._blocks_with_limit,
            "getFirstAvailableBlock": self._first,
            "getGenesisHash": partial(_constant, genesis_hash),
            "getHealth": self._health,
            "getSignatureStatuses": self._statuses,
            "getSignaturesForAddress": self._signatures_for_address,
            "getSlot": self._slot,
            "getTransaction": self._transaction,
            "getVersion": partial(_constant, VERSION),
            "minimumLedgerSlot": self._first,
        }

    def __getitem__(self, name: str) -> Method:
        return self._methods[name]

    def _slot(self, params: Any) -> bytes:
        config = Parameters(params, least=0, most=1).config(0)
        return b"%d" % self._context_tip(config)

    def _block_height(self, params: Any) -> bytes:
        config = Parameters(params, least=0, most=1).config(0)
        block = self._visible.chain.block(self._context_tip(config))
        return orjson.dumps(self._visible.header(block).block_height if block else None)

    def _first(self, params: Any) -> bytes:
        Parameters(params, least=0, most=0)
        return b"%d" % self._visible.first

    def _health(self, params: Any) -> bytes:
        Parameters(params, least=0, most=0)
        if self._visible.faults.stale_slots:
            raise Refusal.unhealthy(self._visible.faults.stale_slots)
        return b'"ok"'

    def _block_time(self, params: Any) -> bytes:
        slot = Parameters(params, least=1, most=1).number(0)
        return orjson.dumps(self._visible.header(self._existing(slot, self._visible.tip("processed"))).block_time)

    def _blocks(self, params: Any) -> bytes:
        read = Parameters(params, least=1, most=3)
        first, last = read.number(0), read.optional_number(1)
        config = read.config(2 if last is not None or read[1] is None else 1)
        last = min(first + _RANGE_SLOTS if last is None else last, self._context_tip(config, "confirmed"))
        if last - first > _RANGE_SLOTS:
            raise Refusal.invalid_params(f"Slot range too large; max {_RANGE_SLOTS}")
        return orjson.dumps(self._listed(first, last))

    def _blocks_with_limit(self, params: Any) -> bytes:
        read = Parameters(params, least=2, most=3)
        first, limit = read.number(0), read.number(1)
        tip = self._context_tip(read.config(2), "confirmed")
        if limit > _RANGE_SLOTS:
            raise Refusal.invalid_params(f"Limit too large; max {_RANGE_SLOTS}")
        return orjson.dumps(self._listed(first, tip)[:limit])

    def _block(self, params: Any) -> Result:
        read = Parameters(params, least=1, most=2)
        slot, config = read.number(0), read.config(1, shorthand="encoding")
        config.encoding()
        wanted, rewards = config.details(), config.flag("rewards", default=True)
        version = config.max_version()
        block = self._existing(slot, self._visible.tip(config.commitment(least="confirmed")))
        end = (_NO_REWARDS if rewards else b"") + b"}"
        versioned = wanted in ("full", "accounts")
        if versioned:
            self._check_version(self._visible.version(block), version)
        if wanted == "full" and version is not None:
            return BlockResult(visible=self._visible, block=block, end=end)
        text = self._visible.text(block)
        text = details.without_versions(text) if versioned and version is None else text
        return _FEWER.get(wanted, bytes)(text)[:-1] + end

    def _transaction(self, params: Any) -> bytes:
        read = Parameters(params, least=1, most=2)
        signature, config = read.signature(0), read.config(1, shorthand="encoding")
        config.encoding()
        found = self._visible.find(signature)
        if found is None or found[0].slot > self._visible.tip(config.commitment(least="confirmed")):
            return b"null"
        block, position = found
        text = split_transactions(self._visible.text(block))[position]
        version, supported = orjson.loads(text).get("version", "legacy"), config.max_version()
        self._check_version(version if isinstance(version, int) else -1, supported)
        outside = b',"slot":%d,"blockTime":%s}' % (block.slot, orjson.dumps(self._visible.header(block).block_time))
        if supported is None and version == "legacy":
            text = orjson.dumps({name: value for name, value in orjson.loads(text).items() if name != "version"})
        return text[:-1] + outside

    def _statuses(self, params: Any) -> bytes:
        read = Parameters(params, least=1, most=2)
        signatures = read.signatures(0, most=_STATUSES)
        whole = read.config(1).flag("searchTransactionHistory", default=False)
        tip = self._visible.tip("processed")
        statuses = [self._status(signature, 0 if whole else tip - _RECENT_SLOTS) for signature in signatures]
        return orjson.dumps({"context": {"apiVersion": VERSION["solana-core"], "slot": tip}, "value": statuses})

    def _status(self, signature: str, oldest: int) -> dict[str, Any] | None:
        found = self._visible.find(signature)
        if found is None or found[0].slot < oldest:
            return None
        block, position = found
        err = block.entries[position].err
        commitment = self._commitment(block.slot)
        behind = len(self._visible.slots(block.slot + 1, self._visible.tip("processed")))
        return {
            "confirmationStatus": commitment,
            "confirmations": None if commitment == "finalized" else behind,
            "err": err,
            "slot": block.slot,
            "status": {"Ok": None} if err is None else {"Err": err},
        }

    def _signatures_for_address(self, params: Any) -> bytes:
        read = Parameters(params, least=1, most=2)
        address, config = read.address(0), read.config(1)
        limit = config.number("limit")
        limit = _SIGNATURES if limit is None else limit
        if not 0 < limit <= _SIGNATURES:
            raise Refusal.invalid_params(f"Invalid limit; max {_SIGNATURES}")
        tip = self._context_tip(config, "confirmed")
        rows = _between(self._rows(address, tip), config.signature("before"), config.signature("until"))
        return orjson.dumps(list(islice(rows, limit)))

    def _rows(self, address: str, tip: int) -> Any:
        for block in newest_first(self._visible.chain, tip):
            if self._visible.block(block.slot) is None:
                continue
            for entry in reversed(block.entries):
                if address in entry.accounts:
                    yield {
                        "blockTime": self._visible.header(block).block_time,
                        "confirmationStatus": self._commitment(block.slot),
                        "err": entry.err,
                        "memo": None,
                        "signature": entry.signature,
                        "slot": block.slot,
                    }

    def _commitment(self, slot: int) -> str:
        if slot <= self._visible.tip("finalized"):
            return "finalized"
        return "confirmed" if slot <= self._visible.tip("confirmed") else "processed"

    def _context_tip(self, config: Config, least: Any = "processed") -> int:
        tip = self._visible.tip(config.commitment(least=least))
        wanted = config.number("minContextSlot")
        if wanted is not None and wanted > tip:
            raise Refusal.context_slot_not_reached(tip)
        return tip

    def _listed(self, first: int, last: int) -> list[int]:
        faults = self._visible.faults
        return [slot for slot in self._visible.slots(first, last) if not faults.concerns("listing_holes", str(slot))]

    def _existing(self, slot: int, tip: int) -> Served:
        """The block of ``slot``. Refuses as Agave does when it is not there."""
        if slot > tip:
            raise Refusal.not_available(slot)
        if slot < self._visible.first:
            raise Refusal.cleaned_up(slot, self._visible.first)
        block = self._visible.block(slot)
        if block is not None:
            return block
        raise Refusal.skipped(slot) if slot < self._visible.tip("finalized") else Refusal.not_available(slot)

    def _check_version(self, version: int, supported: int | None) -> None:
        if version > (-1 if supported is None else supported):
            raise Refusal.unsupported_version(version)


def _between(rows: Any, before: str | None, until: str | None) -> Any:
    passed = before is None
    for row in rows:
        if row["signature"] == until:
            return
        if passed:
            yield row
        passed = passed or row["signature"] == before


def _constant(value: Any, params: Any) -> bytes:
    Parameters(params, least=0, most=0)
    return orjson.dumps(value)
