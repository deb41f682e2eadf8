"""Addresses, signatures and base58 of generated data: all derived from names, so equal on every machine."""

import hashlib
import random
from functools import lru_cache

from solders.pubkey import Pubkey
from solders.signature import Signature

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
SIGNATURE_LETTERS = 88
#: the most letters that always fit into 64 bytes
_PART_LETTERS = 87
_PART = 58**_PART_LETTERS
_LETTER = bytes(ALPHABET[value % 58].encode()[0] for value in range(256))

SYSTEM = "11111111111111111111111111111111"
TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"  # noqa: S105 - an address
TOKEN_2022 = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"  # noqa: S105 - an address
ASSOCIATED = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL"
COMPUTE_BUDGET = "ComputeBudget111111111111111111111111111111"
MEMO = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr"
VOTE = "Vote111111111111111111111111111111111111111"
RENT = "SysvarRent111111111111111111111111111111111"
CLOCK = "SysvarC1ock11111111111111111111111111111111"
INSTRUCTIONS = "Sysvar1nstructions1111111111111111111111111"
#: accounts that go by the same name in every program's list
NAMED = {
    "token": TOKEN, "token_2022": TOKEN_2022, "associated": ASSOCIATED, "system": SYSTEM, "memo": MEMO, "rent": RENT,
    "clock": CLOCK, "instructions": INSTRUCTIONS,
}  # fmt: skip
#: programs that are part of the runtime: they print no "consumed" line
BUILTINS = frozenset({SYSTEM, COMPUTE_BUDGET, VOTE})


@lru_cache(maxsize=200_000)
def address(*names: str) -> str:
    """The base58 address that stands for a name, such as ``address("pool", "SOL/USDC")``."""
    return str(Pubkey(hashlib.sha256("\0".join(names).encode()).digest()))


@lru_cache(maxsize=200_000)
def raw(account: str) -> bytes:
    """The 32 bytes of a base58 address."""
    return bytes(Pubkey.from_string(account))


def ending(suffix: str, *names: str) -> str:
    """An address that ends in ``suffix``, as launchpads grind their mints."""
    letters = stream(40, suffix, *names).decode()
    return str(Pubkey.from_string("2" + letters[: 43 - len(suffix)] + suffix))


def stream(length: int, *names: str) -> bytes:
    """``length`` base58 letters that stand for a name."""
    return hashlib.shake_128("\0".join(names).encode()).digest(length).translate(_LETTER)


def seeded(*names: str) -> random.Random:
    """A generator that yields the same draws for the same names."""
    return random.Random("\0".join(names))  # noqa: S311 - made-up trades need repeatability, not secrecy


def signature(letters: bytes) -> str:
    """A signature of 64 bytes in base58 from 88 letters; the first is kept small so that the number fits."""
    return "2345"[letters[0] & 3] + letters[1:SIGNATURE_LETTERS].decode()


def base58(data: bytes) -> str:
    """Base58 of instruction data: solders encodes 32 and 64 bytes natively, so longer numbers are cut to that size."""
    number = int.from_bytes(data, "big")
    zeros = "1" * (len(data) - len(data.lstrip(b"\0")))
    if len(data) < Pubkey.LENGTH:
        return zeros + str(Pubkey(number.to_bytes(Pubkey.LENGTH, "big"))).lstrip("1")
    parts: list[str] = []
    while number:
        number, part = divmod(number, _PART)
        parts.append(str(Signature(part.to_bytes(64, "big"))).lstrip("1").rjust(_PART_LETTERS, "1"))
    return zeros + "".join(reversed(parts)).lstrip("1")
