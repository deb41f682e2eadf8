"""JSON text of a block into call traces: pure, no I/O. Only transactions that name a known program become objects."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import msgspec

from decoders.engine.model import Instruction, TokenAccount, Transaction
from indexer.errors import TransientError

_Index = Annotated[int, msgspec.Meta(ge=0)]
_NULL = b"null"


class BlockError(TransientError):
    """What a node gave as a block or transaction is not whole, or not one at all: ask another node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block as far as it concerns us.

    ``signatures`` holds the first signature of every transaction in block order, votes and failed ones included, so
    ``tx_index`` points into it. ``failed`` counts the failed transactions that name a known program; ``transactions``
    holds the successful ones that call one, be it from within: arbitrage programs name many and call few.
    """

    slot: int
    parent_slot: int
    blockhash: str
    block_time: int | None
    signatures: tuple[str, ...]
    failed: int
    transactions: tuple[Transaction, ...]


def parse_block(
    body: bytes | memoryview, *, slot: int, known: frozenset[str], allow_missing_inner: bool = False
) -> Block:
    """The JSON text of getBlock's ``result``, cut down to what names a ``known`` address.

    ``allow_missing_inner`` is for old history: it accepts ``innerInstructions`` and ``blockTime`` that are null.
    Raises BlockError when the text is no block, or lacks what another node may have.
    """
    try:
        raw = _BLOCK.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BlockError(f"slot {slot}: not a block: {error}") from error
    if raw.block_time is None and not allow_missing_inner:
        raise BlockError(f"slot {slot}: blockTime is null")
    failed = 0
    signatures: list[str] = []
    transactions: list[Transaction] = []
    for tx_index, item in enumerate(raw.transactions):
        signature, keys = _identity(item, slot)
        signatures.append(signature)
        if known.isdisjoint(keys):
            continue
        if item.meta.err is not None:
            failed += 1
            continue
        at = _Place(slot, raw.block_time, tx_index, allow_missing_inner)
        transaction = _transaction(item, keys, at, known)
        if transaction is not None:
            transactions.append(transaction)
    return Block(
        slot=slot,
        parent_slot=raw.parent_slot,
        blockhash=raw.blockhash,
        block_time=raw.block_time,
        signatures=tuple(signatures),
        failed=failed,
        transactions=tuple(transactions),
    )


def parse_transaction(
    body: bytes | memoryview, *, allow_missing_inner: bool = False, slot: int | None = None, tx_index: int = 0
) -> Transaction | None:
    """The JSON text of getTransaction's ``result`` as a call trace; None when the transaction failed on chain.

    ``slot`` overrides the one in the text; a recorded transaction without one gets slot 0. Raises BlockError like
    ``parse_block``; a ``blockTime`` of null is accepted, because the block's own time is known elsewhere.
    """
    try:
        item = _SINGLE.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BlockError(f"not a transaction: {error}") from error
    at = item.slot or 0 if slot is None else slot
    _, keys = _identity(item, at)
    if item.meta.err is not None:
        return None
    return _transaction(item, keys, _Place(at, item.block_time, tx_index, allow_missing_inner), None)


class _Raw(msgspec.Struct, rename="camel", gc=False):
    """A part of an RPC result. What is only needed of known programs stays text (``Raw``) until then."""


class _Message(_Raw):
    account_keys: list[str]
    instructions: msgspec.Raw


class _Signed(_Raw):
    signatures: list[str]
    message: _Message


class _Loaded(_Raw):
    writable: list[str] = []
    readonly: list[str] = []


class _Meta(_Raw):
    err: Any
    inner_instructions: msgspec.Raw = msgspec.Raw(_NULL)
    pre_balances: msgspec.Raw = msgspec.Raw(_NULL)
    post_balances: msgspec.Raw = msgspec.Raw(_NULL)
    pre_token_balances: msgspec.Raw = msgspec.Raw(_NULL)
    post_token_balances: msgspec.Raw = msgspec.Raw(_NULL)
    log_messages: msgspec.Raw = msgspec.Raw(_NULL)
    loaded_addresses: _Loaded | None = None


class _Item(_Raw):
    transaction: _Signed
    meta: _Meta


class _Single(_Item):
    slot: Annotated[int, msgspec.Meta(ge=0)] | None = None
    block_time: int | None = None


class _Block(_Raw):
    blockhash: str
    parent_slot: _Index
    transactions: list[_Item]
    block_time: int | None = None


class _Call(_Raw):
    program_id_index: _Index
    accounts: list[_Index]
    data: str
    stack_height: _Index | None = None


class _Group(_Raw):
    index: _Index
    instructions: list[_Call]


class _Amount(_Raw):
    amount: str
    decimals: _Index


class _Balance(_Raw):
    account_index: _Index
    mint: str
    ui_token_amount: _Amount
    owner: str | None = None


_BLOCK = msgspec.json.Decoder(_Block)
_SINGLE = msgspec.json.Decoder(_Single)
_CALLS = msgspec.json.Decoder(list[_Call])
_GROUPS = msgspec.json.Decoder(list[_Group] | None)
_BALANCES = msgspec.json.Decoder(list[_Balance] | None)
_LAMPORTS = msgspec.json.Decoder(list[_Index | float] | None)
_LOGS = msgspec.json.Decoder(list[str] | None)


class _Place(NamedTuple):
    """Where a transaction stands, and whether missing ``innerInstructions`` are accepted there."""

    slot: int
    block_time: int | None
    tx_index: int
    lenient: bool


class _Lamports(Mapping[str, tuple[int, int]]):
    """Balances by account; made for one or two look-ups by curves, so nothing is made of the rest.

    A balance that is not written as an integer (5e+17 has been seen) may have been rounded: such an account is not in
    it.
    """

    __slots__ = ("_after", "_before", "_keys")

    def __init__(self, keys: list[str], before: Sequence[float], after: Sequence[float]) -> None:
        if len(before) != len(keys) or len(after) != len(keys):
            raise ValueError("lamport balances and accounts differ in number")
        self._keys = keys
        self._before = before
        self._after = after

    def __getitem__(self, account: str) -> tuple[int, int]:
        try:
            at = self._keys.index(account)
        except ValueError:
            raise KeyError(account) from None
        before, after = self._before[at], self._after[at]
        if isinstance(before, int) and isinstance(after, int):
            return before, after
        raise KeyError(account)

    def __iter__(self) -> Iterator[str]:
        rows = zip(self._keys, self._before, self._after, strict=True)
        return (key for key, before, after in rows if isinstance(before, int) and isinstance(after, int))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _identity(item: _Item, slot: int) -> tuple[str, list[str]]:
    """First signature and the whole account list: static keys, then loaded writable, then loaded readonly."""
    signed = item.transaction
    keys = signed.message.account_keys
    if not signed.signatures or not keys:
        raise BlockError(f"slot {slot}: a transaction without signature or accounts")
    loaded = item.meta.loaded_addresses
    if loaded is not None and (loaded.writable or loaded.readonly):
        keys = keys + loaded.writable + loaded.readonly
    return signed.signatures[0], keys


def _transaction(item: _Item, keys: list[str], at: _Place, known: frozenset[str] | None) -> Transaction | None:
    """The call trace; None when no instruction is of a ``known`` program."""
    signature = item.transaction.signatures[0]
    meta = item.meta
    try:
        groups = _GROUPS.decode(meta.inner_instructions)
        if groups is None and not at.lenient:
            raise BlockError(f"slot {at.slot}: {signature}: innerInstructions is null")
        trace = _trace(_CALLS.decode(item.transaction.message.instructions), groups or (), keys)
        if known is not None and not any(call.program in known for call in trace):
            return None
        return Transaction(
            signature=signature,
            slot=at.slot,
            block_time=at.block_time,
            tx_index=at.tx_index,
            fee_payer=keys[0],
            trace=trace,
            tokens=_tokens(meta, keys),
            lamports=_Lamports(
                keys, _LAMPORTS.decode(meta.pre_balances) or (), _LAMPORTS.decode(meta.post_balances) or ()
            ),
            logs=_LOGS.decode(meta.log_messages),
        )
    except (msgspec.MsgspecError, IndexError, ValueError) as error:
        raise BlockError(f"slot {at.slot}: {signature}: malformed: {error}") from error


def _trace(outers: Collection[_Call], groups: Iterable[_Group], keys: list[str]) -> tuple[Instruction, ...]:
    """Depth first: outer 0, its inner ones in order, outer 1, ...; raises IndexError where an index points nowhere."""
    inner: dict[int, list[_Call]] = {}
    for group in groups:
        if group.index >= len(outers):
            raise IndexError("inner instructions of no outer instruction")
        inner.setdefault(group.index, []).extend(group.instructions)
    key = keys.__getitem__
    trace: list[Instruction] = []
    for outer, call in enumerate(outers):
        call.stack_height = 1  # nodes leave it out, or null
        for one in (call, *inner.get(outer, ())):
            accounts = tuple(map(key, one.accounts))
            program = key(one.program_id_index)
            trace.append(Instruction(len(trace), outer, one.stack_height, program, accounts, one.data))
    return tuple(trace)


def _tokens(meta: _Meta, keys: list[str]) -> dict[str, TokenAccount]:
    before = {row.account_index: row for row in _BALANCES.decode(meta.pre_token_balances) or ()}
    tokens: dict[str, TokenAccount] = {}
    for row in _BALANCES.decode(meta.post_token_balances) or ():
        pre = before.pop(row.account_index, None)
        held = None if pre is None else _units(pre)
        tokens[keys[row.account_index]] = TokenAccount(
            row.mint, row.ui_token_amount.decimals, row.owner, held, _units(row)
        )
    for index, row in before.items():
        tokens[keys[index]] = TokenAccount(row.mint, row.ui_token_amount.decimals, row.owner, _units(row), None)
    return tokens


def _units(row: _Balance) -> int:
    units = int(row.ui_token_amount.amount)
    if units < 0:
        raise ValueError("a negative token balance")
    return units
