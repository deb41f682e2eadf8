"""The bytes of arguments and events, written as words.

One value each: ``in out`` the pool leg's amounts, ``offered least received most`` what callers ask for, ``amount
limit`` whichever of them is exact and its limit, ``a b`` the amounts by the pool's sides, ``held_a held_b`` what the
vaults hold, ``fee`` all that is paid beside, ``sells buys`` the direction as a byte, ``exact exact_out`` which side is
exact as one, ``time deadline slot``, ``@name`` an account, ``x00ff`` the bytes themselves, ``z8`` so many zeros, ``r8``
random bytes. Numbers are u64 unless ``:16`` or ``:1`` follows; ``a/3`` is a third, ``a/3+`` the last one.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Protocol

from indexer.localnet.builder_keys import raw
from indexer.localnet.builder_scene import Scene
from indexer.localnet.programs.venue import Trade


class Running(Protocol):
    """A swap while it runs, of either kind of table."""

    @property
    def scene(self) -> Scene:
        """The transaction so far."""

    @property
    def trade(self) -> Trade:
        """What is traded."""

    @property
    def fees(self) -> Sequence[Any]:
        """(fee, side, amount) of what is paid beside."""

    def account(self, name: str) -> str:
        """The address that stands under a name in the account list."""


Word = Callable[[Running], int | bytes]
_WORDS: dict[str, Word] = {
    "in": lambda play: play.trade.amount_in,
    "out": lambda play: play.trade.amount_out,
    "offered": lambda play: play.trade.offered,
    "least": lambda play: play.trade.least_out,
    "received": lambda play: play.trade.received,
    "most": lambda play: play.trade.most_in,
    "amount": lambda play: play.trade.offered if play.trade.exact_in else play.trade.received,
    "limit": lambda play: play.trade.least_out if play.trade.exact_in else play.trade.most_in,
    "a": lambda play: play.trade.amount_in if play.trade.a_to_b else play.trade.amount_out,
    "b": lambda play: play.trade.amount_out if play.trade.a_to_b else play.trade.amount_in,
    "held_a": lambda play: _held(play, "a"),
    "held_b": lambda play: _held(play, "b"),
    "a_in": lambda play: play.trade.offered if play.trade.a_to_b else 0,
    "b_in": lambda play: 0 if play.trade.a_to_b else play.trade.offered,
    "fee": lambda play: sum(amount for _, _, amount in play.fees),
    "fee_1": lambda play: play.fees[0][2],
    "fee_2": lambda play: play.fees[1][2],
    "gross": lambda play: play.trade.amount_out * 1001 // 1000,
    "held_in": lambda play: _held(play, "a" if play.trade.a_to_b else "b"),
    "most_and_fee": lambda play: play.trade.most_in + sum(amount for _, _, amount in play.fees),
    "in_and_fee": lambda play: play.trade.offered + sum(amount for _, _, amount in play.fees),
    "sells": lambda play: play.trade.a_to_b,
    "buys": lambda play: not play.trade.a_to_b,
    "time": lambda play: play.scene.block_time,
    "deadline": lambda play: play.scene.block_time + 60,
    "slot": lambda play: play.scene.slot,
    "exact": lambda play: play.trade.exact_in,
    "exact_out": lambda play: not play.trade.exact_in,
}
_BYTES = {"sells": 1, "buys": 1, "exact": 1, "exact_out": 1}


def pack(words: str, play: Running) -> bytes:
    """The bytes that words stand for."""
    parts = []
    for value, size in compiled(words):
        said = value(play)
        parts.append(said if isinstance(said, bytes) else said.to_bytes(size, "little"))
    return b"".join(parts)


def _held(play: Running, side: str) -> int:
    vault = play.trade.pool.vault_a if side == "a" else play.trade.pool.vault_b
    return play.scene.ledger.balance(vault)


@lru_cache(maxsize=1024)
def compiled(words: str) -> tuple[tuple[Word, int], ...]:
    """Each word's value and size in bytes. Raises ValueError for a word that is none."""
    return tuple(_word(word) for word in words.split())


def _word(word: str) -> tuple[Word, int]:
    if word.startswith("x"):
        fixed = bytes.fromhex(word[1:])
        return (lambda _play: fixed), 0
    if word.startswith("@"):
        name = word[1:]
        return (lambda play: raw(play.account(name))), 0
    if word[0] in "zr" and word[1:].isdigit():
        count = int(word[1:])
        return (lambda play: bytes(count) if word[0] == "z" else play.scene.draw.randbytes(count)), 0
    name, _, size = word.partition(":")
    name, _, parts = name.partition("/")
    if name not in _WORDS:
        raise ValueError(f"{word} is no word of instruction data")
    if parts:
        return _part(_WORDS[name], parts), 8
    return _WORDS[name], int(size) if size else _BYTES.get(name, 8)


def _part(whole: Word, parts: str) -> Word:
    """One of so many equal parts; the one with a plus takes what is left over as well."""
    count, last = int(parts.rstrip("+")), parts.endswith("+")

    def part(play: Running) -> int:
        value = whole(play)
        if isinstance(value, bytes):
            raise TypeError("bytes have no parts")
        return value // count + (value % count if last else 0)

    return part
