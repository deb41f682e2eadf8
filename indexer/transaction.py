"""JSON text of a block into call traces: pure, no I/O. Only transactions that name a known program become objects."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Annotated, Any

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
    holds the successful ones that do.
    """

    slot: int
    parent_slot: int
    blockhash: str
    block_time: int | None
    signatures: tuple[str, ...]
    failed: int
    transactions: tuple[Transaction, ...]


def parse_block(body: bytes, *, slot: int, known: frozenset[str], allow_missing_inner: bool = False) -> Block:
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
        meta = item.meta
        if meta.err is not None:
            failed += 1
            continue
        transactions.append(
            _transaction(
                item, keys, slot=slot, block_time=raw.block_time, tx_index=tx_index, lenient=allow_missing_inner
            )
        )
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
    body: bytes, *, allow_missing_inner: bool = False, slot: int | None = None, tx_index: int = 0
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
    return _transaction(item, keys, slot=at, block_time=item.block_time, tx_index=tx_index, lenient=allow_missing_inner)


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
_LAMPORTS = msgspec.json.Decoder(list[_Index] | None)
_LOGS = msgspec.json.Decoder(list[str] | None)


def _identity(item: _Item, slot: int) -> tuple[str, list[str]]:
    """First signature and the whole account list: static keys, then loaded writable, then loaded readonly."""
    signed = item.transaction
    if not signed.signatures or not signed.message.account_keys:
        raise BlockError(f"slot {slot}: a transaction without signature or accounts")
    loaded = item.meta.loaded_addresses
    keys = signed.message.account_keys
    return signed.signatures[0], keys if loaded is None else keys + loaded.writable + loaded.readonly


def _transaction(
    item: _Item, keys: list[str], *, slot: int, block_time: int | None, tx_index: int, lenient: bool
) -> Transaction:
    signature = item.transaction.signatures[0]
    meta = item.meta
    try:
        groups = _GROUPS.decode(meta.inner_instructions)
        if groups is None and not lenient:
            raise BlockError(f"slot {slot}: {signature}: innerInstructions is null")
        return Transaction(
            signature=signature,
            slot=slot,
            block_time=block_time,
            tx_index=tx_index,
            fee_payer=keys[0],
            trace=_trace(_CALLS.decode(item.transaction.message.instructions), groups or (), keys),
            tokens=_tokens(meta, keys),
            lamports=_lamports(meta, keys),
            logs=_logs(meta),
        )
    except (msgspec.MsgspecError, IndexError, ValueError) as error:
        raise BlockError(f"slot {slot}: {signature}: malformed: {error}") from error


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
        trace.append(_instruction(call, key, position=len(trace), outer=outer, height=1))
        for child in inner.get(outer, ()):
            trace.append(_instruction(child, key, position=len(trace), outer=outer, height=child.stack_height))
    return tuple(trace)


def _instruction(
    call: _Call, key: Callable[[int], str], *, position: int, outer: int, height: int | None
) -> Instruction:
    return Instruction(
        position=position,
        outer=outer,
        height=height,
        program=key(call.program_id_index),
        accounts=tuple(map(key, call.accounts)),
        text=call.data,
    )


def _tokens(meta: _Meta, keys: list[str]) -> dict[str, TokenAccount]:
    before = {row.account_index: row for row in _BALANCES.decode(meta.pre_token_balances) or ()}
    tokens: dict[str, TokenAccount] = {}
    for row in _BALANCES.decode(meta.post_token_balances) or ():
        pre = before.pop(row.account_index, None)
        held = None if pre is None else _units(pre)
        amount = row.ui_token_amount
        tokens[keys[row.account_index]] = TokenAccount(row.mint, amount.decimals, row.owner, held, _units(row))
    for index, row in before.items():
        tokens[keys[index]] = TokenAccount(row.mint, row.ui_token_amount.decimals, row.owner, _units(row), None)
    return tokens


def _units(row: _Balance) -> int:
    units = int(row.ui_token_amount.amount)
    if units < 0:
        raise ValueError("a negative token balance")
    return units


def _lamports(meta: _Meta, keys: list[str]) -> dict[str, tuple[int, int]]:
    before, after = _LAMPORTS.decode(meta.pre_balances) or (), _LAMPORTS.decode(meta.post_balances) or ()
    if len(before) != len(keys) or len(after) != len(keys):
        raise ValueError("lamport balances and accounts differ in number")
    return dict(zip(keys, zip(before, after, strict=True), strict=True))


def _logs(meta: _Meta) -> tuple[str, ...] | None:
    logs = _LOGS.decode(meta.log_messages)
    return None if logs is None else tuple(logs)
