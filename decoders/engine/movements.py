"""Token and lamport movements out of a transaction's instructions: what the token programs and System really did."""

from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from functools import partial
from struct import Struct
from struct import error as StructError  # noqa: N812 - the library's name says nothing
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

_TRANSFER, _TRANSFER_CHECKED = 3, 12
_MINTS = frozenset({7, 14})
_BURNS = frozenset({8, 15})
_INITIALIZE_ACCOUNT = frozenset({1, 16, 18})
_FEE_EXTENSION, _BATCH = 26, 255
#: close, sync native, the fee and the confidential extension, unwrap
_TOUCHING = frozenset({9, 17, _FEE_EXTENSION, 27, 45})
#: transfer, and with a seed: the position of the account that gets the lamports
_LAMPORTS_TO = {2: 1, 11: 2}
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


#: the same from a plain tuple, without the detour over Python that a named tuple takes
_movement: Callable[[tuple[int, Kind, str, str, int, str | None, int | None, int | None, bool]], Movement]
_movement = partial(tuple.__new__, Movement)


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
        try:
            if tag == _TRANSFER:
                amount, hides = _AMOUNT.unpack_from(data, 1)[0], call.program == TOKEN_2022
                ends = accounts[0], accounts[1]
                self.all.append(_movement((call.position, TRANSFER, *ends, amount, None, None, None, hides)))
            elif tag == _TRANSFER_CHECKED:
                (amount, decimals), hides = _CHECKED.unpack_from(data, 1), call.program == TOKEN_2022
                ends = accounts[0], accounts[2]
                self.all.append(_movement((call.position, TRANSFER, *ends, amount, accounts[1], decimals, None, hides)))
            elif tag in _MINTS or tag in _BURNS:
                self.all.append(_made(call, data, accounts))
            elif tag == _FEE_EXTENSION and data[1:2] == b"\x01":
                amount, decimals, fee = _WITH_FEE.unpack_from(data, 2)
                ends = accounts[0], accounts[2]
                self.all.append(_movement((call.position, TRANSFER, *ends, amount, accounts[1], decimals, fee, False)))
            elif tag in _INITIALIZE_ACCOUNT:
                self.accounts.setdefault(accounts[0], accounts[1])
            elif tag == _BATCH:
                for entry, part in _entries(data, accounts):
                    self._token(call, entry, part)
            elif tag in _TOUCHING:
                self.opaque.update(accounts)
        except (IndexError, StructError):
            raise _cut(data, accounts) from None

    def _system(self, call: Instruction, data: bytes, accounts: tuple[str, ...]) -> None:
        tag = int.from_bytes(data[:4], "little")
        if tag not in _LAMPORTS_TO:
            return
        try:
            amount = _SYSTEM_TRANSFER.unpack_from(data)[1]
            ends = accounts[0], accounts[_LAMPORTS_TO[tag]]
        except (IndexError, StructError):
            raise _cut(data, accounts) from None
        self.all.append(_movement((call.position, LAMPORTS, *ends, amount, None, None, None, False)))


def _made(call: Instruction, data: bytes, accounts: tuple[str, ...]) -> Movement:
    """Tokens made or burnt. Raises IndexError or struct.error when the instruction is cut."""
    amount = _AMOUNT.unpack_from(data, 1)[0]
    ends = accounts[0], accounts[1]
    if data[0] in _MINTS:
        return _movement((call.position, Kind.MINT, *ends, amount, accounts[0], None, None, False))
    return _movement((call.position, Kind.BURN, *ends, amount, accounts[1], None, None, False))


def _cut(data: bytes, accounts: tuple[str, ...]) -> ValueError:
    return ValueError(f"token instruction of {len(data)} bytes and {len(accounts)} accounts")


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
