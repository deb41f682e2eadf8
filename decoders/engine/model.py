"""What the engine reads and what it answers: plain values, no I/O.

Addresses and signatures are base58 strings as the RPC gives them. Amounts are raw token units (u64) or lamports.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from decoders.engine import text58


class Instruction:
    """One entry of a transaction's depth-first instruction trace.

    ``position`` is its index in that trace, ``outer`` the index of its outer instruction, ``height`` its stack height
    (1 = outer) or None where old history does not say. ``data`` is decoded from base58 on first use, because most
    instructions of a block are never looked at.
    """

    __slots__ = ("_data", "accounts", "height", "outer", "position", "program", "text")

    def __init__(
        self, position: int, outer: int, height: int | None, program: str, accounts: tuple[str, ...], text: str
    ) -> None:
        self.position = position
        self.outer = outer
        self.height = height
        self.program = program
        self.accounts = accounts
        self.text = text
        self._data: bytes | None = None

    @property
    def data(self) -> bytes:
        """The instruction's bytes. Raises ValueError when the node sent something that is not base58."""
        if self._data is None:
            self._data = text58.decode(self.text)
        return self._data


class TokenAccount(NamedTuple):
    """A row of the transaction's own pre/post token balances; None where the account did not exist then."""

    mint: str
    decimals: int
    owner: str | None
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A successful transaction as a call trace with its balances.

    ``lamports`` maps an account to (before, after). ``logs`` is None when the node kept none, and may be cut: a log
    is a witness, never the truth.
    """

    signature: str
    slot: int
    block_time: int | None
    tx_index: int
    fee_payer: str
    trace: tuple[Instruction, ...]
    tokens: Mapping[str, TokenAccount]
    lamports: Mapping[str, tuple[int, int]]
    logs: Sequence[str] | None


class Fee(NamedTuple):
    """A fee the instruction visibly pays or its event states; ``kind`` is protocol, creator, referral, lp, …."""

    kind: str
    mint: str
    amount: int


class Swap(NamedTuple):
    """One pool leg as the trader sees it: ``in`` was paid, ``out`` was received; raw units, gross of transfer fees."""

    program: str
    program_id: str
    kind: str
    instruction: str
    outer_idx: int
    idx: int
    pool: str
    user: str
    mint_in: str
    mint_out: str
    amount_in: int
    amount_out: int
    decimals_in: int | None
    decimals_out: int | None
    vault_in: str | None
    vault_out: str | None
    reserve_in: int | None
    reserve_out: int | None
    leg: int = 0
    transfer_fee_in: int | None = None
    transfer_fee_out: int | None = None
    fees: tuple[Fee, ...] = ()
    route: str | None = None
    hop: int = 0
    hops: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A listed swap instruction whose layout or legs do not settle; ``reason`` is one of the engine's closed set."""

    program: str
    program_id: str
    instruction: str
    outer_idx: int
    idx: int
    reason: str
    detail: str
    data: bytes
    accounts: tuple[str, ...]


class Check(NamedTuple):
    """What a witness (``args``, ``event``, ``balance``) said of a published swap."""

    program: str
    check: str
    result: Literal["agree", "differ"]
    idx: int
    detail: str = ""


class Decoded(NamedTuple):
    """Everything the engine says of one transaction.

    Every listed swap instruction is in exactly one of ``swaps``, ``dead`` and ``idle``.
    """

    swaps: tuple[Swap, ...] = ()
    dead: tuple[DeadLetter, ...] = ()
    #: slugs of programs whose swap instruction moved nothing (quote updates, caught inner failures)
    idle: tuple[str, ...] = ()
    #: (slug, tag in hex) of instructions of known programs that no layout lists
    unknown: tuple[tuple[str, str], ...] = ()
    checks: tuple[Check, ...] = ()
