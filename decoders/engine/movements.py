"""Token and lamport movements out of a transaction's instructions: what the token programs and System really did."""

from collections.abc import Iterable, Iterator
from enum import Enum
from struct import Struct
from typing import Final, NamedTuple

from decoders.engine import text58
from decoders.engine.errors import DecodeError
from decoders.engine.model import Instruction, Transaction

TOKEN: Final = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"  # noqa: S105 - a program's address
TOKEN_2022: Final = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"  # noqa: S105 - a program's address
SYSTEM: Final = "11111111111111111111111111111111"
_TOKEN_PROGRAMS = frozenset({TOKEN, TOKEN_2022})

_AMOUNT = Struct("<Q")
_CHECKED = Struct("<QB")
_WITH_FEE = Struct("<QBQ")
_SYSTEM_TRANSFER = Struct("<IQ")

_TRANSFER, _MINT_TO, _BURN, _TRANSFER_CHECKED, _MINT_TO_CHECKED, _BURN_CHECKED = 3, 7, 8, 12, 14, 15
_INITIALIZE_ACCOUNT = {1, 16, 18}
_CLOSE_ACCOUNT, _SYNC_NATIVE, _FEE_EXTENSION, _CONFIDENTIAL, _UNWRAP, _BATCH = 9, 17, 26, 27, 45, 255
_LAMPORT_TRANSFER, _LAMPORT_TRANSFER_WITH_SEED = 2, 11
#: base58 of a first byte 0, which neither of the two begins with: what creates accounts is long, and not decoded
_CREATES = "1"


class Kind(Enum):
    """What moved, and how."""

    TRANSFER = "transfer"
    MINT = "mint"
    BURN = "burn"
    LAMPORTS = "lamports"


#: the same by names of their own: an enum's attribute is slow to look up, and these are, for every movement
TRANSFER, LAMPORTS = Kind.TRANSFER, Kind.LAMPORTS


class Movement(NamedTuple):
    """``amount`` is gross: what left ``source``.

    ``fee`` is what a Token-2022 transfer fee withheld, if stated; ``hides``: one may have been that is not. A mint has
    no source and a burn no destination: the mint itself stands there. ``mint`` is None for a plain transfer.
    """

    position: int
    kind: Kind
    source: str
    dest: str
    amount: int
    mint: str | None
    decimals: int | None
    fee: int | None
    hides: bool


class Movements:
    """All movements of a transaction in the order they happened, read once.

    ``accounts`` maps a token account to the mint it was initialised with here. ``opaque`` holds token accounts whose
    balance changed in a way that is not a movement (closed, wrapped, unwrapped, confidential, fees withdrawn).
    """

    def __init__(self, transaction: Transaction) -> None:
        self.all: list[Movement] = []
        self.accounts: dict[str, str] = {}
        self.opaque: set[str] = set()
        #: a cut token instruction, by position: only who needs it stumbles over it
        self.broken: dict[int, DecodeError] = {}
        for call in transaction.trace:
            program, text = call.program, call.text
            try:
                if program in _TOKEN_PROGRAMS:
                    self._token(call, text58.decode(text), call.accounts)
                elif program == SYSTEM and not text.startswith(_CREATES):
                    self._system(call, text58.decode(text), call.accounts)
            except ValueError as error:
                self.broken[call.position] = DecodeError("token_instruction", str(error))
        self.positions = [movement.position for movement in self.all]

    def _token(self, call: Instruction, data: bytes, accounts: tuple[str, ...]) -> None:
        tag = data[0] if data else None
        hides = call.program == TOKEN_2022
        if tag == _TRANSFER:
            _need(data, 9, accounts, 2)
            (amount,) = _AMOUNT.unpack_from(data, 1)
            self.all.append(
                Movement(call.position, TRANSFER, accounts[0], accounts[1], amount, None, None, None, hides)
            )
        elif tag == _TRANSFER_CHECKED:
            _need(data, 10, accounts, 3)
            amount, decimals = _CHECKED.unpack_from(data, 1)
            self.all.append(
                Movement(call.position, TRANSFER, accounts[0], accounts[2], amount, accounts[1], decimals, None, hides)
            )
        elif tag == _FEE_EXTENSION and data[1:2] == b"\x01":
            _need(data, 19, accounts, 3)
            amount, decimals, fee = _WITH_FEE.unpack_from(data, 2)
            self.all.append(
                Movement(
                    call.position, TRANSFER, accounts[0], accounts[2], amount, accounts[1], decimals, fee, hides=False
                )
            )
        elif tag in (_MINT_TO, _MINT_TO_CHECKED):
            _need(data, 9, accounts, 2)
            (amount,) = _AMOUNT.unpack_from(data, 1)
            self.all.append(
                Movement(
                    call.position, Kind.MINT, accounts[0], accounts[1], amount, accounts[0], None, None, hides=False
                )
            )
        elif tag in (_BURN, _BURN_CHECKED):
            _need(data, 9, accounts, 2)
            (amount,) = _AMOUNT.unpack_from(data, 1)
            self.all.append(
                Movement(
                    call.position, Kind.BURN, accounts[0], accounts[1], amount, accounts[1], None, None, hides=False
                )
            )
        elif tag in _INITIALIZE_ACCOUNT:
            _need(data, 1, accounts, 2)
            self.accounts.setdefault(accounts[0], accounts[1])
        elif tag == _BATCH:
            for entry, part in _entries(data, accounts):
                self._token(call, entry, part)
        elif tag in (_CLOSE_ACCOUNT, _SYNC_NATIVE, _FEE_EXTENSION, _CONFIDENTIAL, _UNWRAP):
            self.opaque.update(accounts)

    def _system(self, call: Instruction, data: bytes, accounts: tuple[str, ...]) -> None:
        tag = int.from_bytes(data[:4], "little")
        if tag == _LAMPORT_TRANSFER:
            _need(data, 12, accounts, 2)
            self._lamports(call, accounts[1], data)
        elif tag == _LAMPORT_TRANSFER_WITH_SEED:
            _need(data, 12, accounts, 3)
            self._lamports(call, accounts[2], data)

    def _lamports(self, call: Instruction, dest: str, data: bytes) -> None:
        amount = _SYSTEM_TRANSFER.unpack_from(data)[1]
        self.all.append(
            Movement(call.position, LAMPORTS, call.accounts[0], dest, amount, None, None, None, hides=False)
        )


class Flows:
    """What all movements of a transaction did to each token account.

    ``net``: in, less out, less transfer fees that are stated. ``hidden`` counts what came in by Token-2022 without a
    stated fee, so that one may have been kept back. An account that nothing moved is in neither.
    """

    def __init__(self, movements: Iterable[Movement]) -> None:
        self.net: dict[str, int] = {}
        self.hidden: dict[str, int] = {}
        net = self.net
        for _, kind, source, dest, amount, _, _, fee, hides in movements:
            if kind is not LAMPORTS:
                net[source] = net.get(source, 0) - amount
                net[dest] = net.get(dest, 0) + amount - (fee or 0)
                if hides:
                    self.hidden[dest] = self.hidden.get(dest, 0) + 1


def _entries(data: bytes, accounts: tuple[str, ...]) -> Iterator[tuple[bytes, tuple[str, ...]]]:
    """The instructions inside a batch: per entry the number of accounts, the length of the data, the data."""
    at, used = 1, 0
    while at < len(data):
        if at + 2 > len(data):
            raise ValueError("a batch entry is cut")
        count, size = data[at], data[at + 1]
        entry = data[at + 2 : at + 2 + size]
        part = accounts[used : used + count]
        if len(entry) != size or len(part) != count:
            raise ValueError("a batch entry is cut")
        if entry[:1] == bytes((_BATCH,)):
            raise ValueError("a batch inside a batch")
        yield entry, part
        at += 2 + size
        used += count


def _need(data: bytes, size: int, accounts: tuple[str, ...], count: int) -> None:
    if len(data) < size or len(accounts) < count:
        raise ValueError(f"token instruction of {len(data)} bytes and {len(accounts)} accounts")
