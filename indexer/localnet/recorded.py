"""Serves recorded getBlock and getTransaction results as one chain."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import orjson
import zstandard
from solders.hash import Hash

from indexer.errors import DataError
from indexer.localnet.envelope import block_text
from indexer.localnet.reading import Entries, read_entry
from indexer.localnet.source import Served, ServedBlock, genesis_hash

#: where records lie in a directory: getTransaction results, getBlock results
_TRANSACTIONS, _BLOCKS = ("transactions", "localnet-transactions"), ("blocks",)
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
#: fields of a getTransaction result that a transaction within a block does not have
_OUTSIDE = frozenset({"slot", "blockTime", "indexWithinBlock", "transactionIndex"})


@dataclass(slots=True, kw_only=True)
class _Gathered:
    """What the records say of one slot; ``header`` maps field names to JSON text."""

    header: dict[str, bytes] = field(default_factory=dict)
    transactions: list[bytes] = field(default_factory=list)
    signatures: set[str] = field(default_factory=set)
    time: int | None = None


class Recorded:
    """A chain of the records in ``directories``, ascending, each block naming the one before as its parent.

    A directory holds `transactions/*.json` (getTransaction results; `localnet-transactions/` too) and `blocks/*.json`
    or `*.json.zst` (getBlock results). Single transactions of a slot become a block of that slot; one that stands in a
    whole block already is not doubled; those without a slot share one after all others. Transactions keep the JSON
    they were recorded with. Raises DataError when a directory holds none, or a record cannot be read.
    """

    kind = "recorded"

    def __init__(self, directories: Sequence[Path]) -> None:
        self._slots: dict[int, _Gathered] = {}
        self._adrift: dict[str, bytes] = {}
        for directory in directories:
            self._gather(directory)
        self._anchor()
        self.genesis_hash = genesis_hash(self.kind, ",".join(map(str, sorted(self._slots))))

    def __len__(self) -> int:
        return len(self._slots)

    def blocks(self) -> Iterator[Served]:
        """Every slot with a record, once."""
        parent, blockhash, time = 0, self.genesis_hash, 0
        for height, slot in enumerate(sorted(self._slots), start=1):
            gathered = self._slots[slot]
            time = time if gathered.time is None else gathered.time
            header = {
                "blockhash": orjson.dumps(_blockhash(slot)),
                **gathered.header,
                "blockHeight": b"%d" % height,
                "blockTime": b"%d" % time,
                "parentSlot": b"%d" % parent,
                "previousBlockhash": orjson.dumps(blockhash),
            }
            body = block_text(header, gathered.transactions)
            yield ServedBlock(slot=slot, parent_slot=parent, body=body, entries=Entries(body))
            parent, blockhash = slot, orjson.loads(header["blockhash"])

    def _anchor(self) -> None:
        """Give transactions without a slot a block after all others."""
        known = {signature for gathered in self._slots.values() for signature in gathered.signatures}
        left = [text for signature, text in self._adrift.items() if signature not in known]
        if left:
            self._slots[max(self._slots, default=0) + 1] = _Gathered(transactions=left)

    def _gather(self, directory: Path) -> None:
        blocks = [path for name in _BLOCKS for path in sorted(directory.glob(f"{name}/*.json*"))]
        singles = [path for name in _TRANSACTIONS for path in sorted(directory.glob(f"{name}/*.json"))]
        if not blocks and not singles:
            raise DataError(
                f"no records in {directory}",
                hint="expected blocks/*.json or *.json.zst (getBlock results) or transactions/*.json (getTransaction)",
            )
        for path in blocks:
            _named(path, self._add_block)
        for path in singles:
            _named(path, self._add_transaction)

    def _add_block(self, path: Path) -> None:
        text = path.read_bytes()
        if path.suffix == ".zst":
            text = zstandard.ZstdDecompressor().stream_reader(text).read()
        fields = _FIELDS.decode(text)
        gathered = self._slots.setdefault(int(path.name.split(".")[0]), _Gathered())
        transactions = [bytes(raw) for raw in _LIST.decode(fields.pop("transactions"))]
        gathered.header = {name: bytes(raw) for name, raw in fields.items() if name not in {"slot", "rewards"}}
        gathered.time = msgspec.json.decode(fields["blockTime"])
        signatures = [read_entry(text).signature for text in transactions]
        beside = zip(signatures, transactions, strict=True)
        gathered.transactions += [text for signature, text in beside if signature not in gathered.signatures]
        gathered.signatures.update(signatures)

    def _add_transaction(self, path: Path) -> None:
        fields = _FIELDS.decode(path.read_bytes())
        kept = (b'"%s":%s' % (name.encode(), raw) for name, raw in fields.items() if name not in _OUTSIDE)
        text = b"{" + b",".join(kept) + b"}"
        signature = read_entry(text).signature
        slot: int | None = msgspec.json.decode(fields.get("slot", b"null"))
        if not slot:
            self._adrift[signature] = text
            return
        gathered = self._slots.setdefault(slot, _Gathered())
        if signature not in gathered.signatures:
            gathered.signatures.add(signature)
            gathered.transactions.append(text)
        if gathered.time is None:
            gathered.time = msgspec.json.decode(fields.get("blockTime", b"null"))


def _named(path: Path, add: Any) -> None:
    try:
        add(path)
    except (msgspec.MsgspecError, zstandard.ZstdError, KeyError, ValueError) as error:
        raise DataError(f"{path} is not a record that can be served: {error}") from error


def _blockhash(slot: int) -> str:
    return str(Hash(hashlib.sha256(f"LOCALNET, recorded, {slot}".encode()).digest()))
