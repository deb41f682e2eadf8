"""The made-up market: mints people know, a stable set of pools per program, prices that move with the slot."""

import math
import zlib
from dataclasses import dataclass
from functools import lru_cache

from indexer.localnet.builder_keys import TOKEN, TOKEN_2022, address, ending

BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mint:
    """A token; ``usd`` is its middle price, ``swing`` how far the price wanders (0.1 = ten percent).

    ``issued``: programs mint and burn it as they trade.
    """

    symbol: str
    address: str
    decimals: int
    usd: float
    swing: float = 0.05
    program: str = TOKEN
    fee_basis_points: int = 0
    #: program that Token-2022 calls on every transfer
    hook: str = ""
    issued: bool = False

    def fee(self, amount: int) -> int:
        """What Token-2022 withholds of a transfer, rounded up; 0 for most tokens."""
        return -(-amount * self.fee_basis_points // BASIS_POINTS) if self.fee_basis_points else 0

    def price(self, slot: int) -> float:
        """US dollars per whole token at ``slot``."""
        return _price(self.symbol, self.usd, self.swing, slot)

    def units(self, usd: float, slot: int) -> int:
        """Raw units worth ``usd`` dollars, at least 1."""
        return max(1, int(usd / self.price(slot) * 10**self.decimals))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pool:
    """A pool, market or curve of two tokens; ``a`` is the base or coin side, ``b`` the quote side."""

    program: str
    address: str
    a: Mint
    b: Mint
    vault_a: str
    vault_b: str
    tvl_usd: float
    fee_basis_points: int = 25

    def reserve(self, mint: Mint, slot: int) -> int:
        """Raw units of one side before anyone trades in ``slot``."""
        return mint.units(self.tvl_usd / 2 * (1 + 0.05 * math.sin(slot / 701 + self.tvl_usd)), slot)


@lru_cache(maxsize=4096)
def _price(symbol: str, usd: float, swing: float, slot: int) -> float:
    phase = zlib.crc32(symbol.encode()) % 1000
    waves = ((61, 0.03), (389, 0.12), (2903, 0.35), (17_011, 1.0))
    return usd * math.exp(swing * sum(size * math.sin((slot + phase * length) / length) for length, size in waves))


def _mint(symbol: str, where: str, decimals: int, usd: float, swing: float = 0.05) -> Mint:
    return Mint(symbol=symbol, address=where, decimals=decimals, usd=usd, swing=swing)


def _coin(symbol: str, suffix: str, usd: float, program: str = TOKEN) -> Mint:
    return Mint(symbol=symbol, address=ending(suffix, "mint", symbol), decimals=6, usd=usd, swing=0.6, program=program)


def _taxed(symbol: str, basis_points: int, usd: float) -> Mint:
    where = address("mint", symbol)
    return Mint(
        symbol=symbol,
        address=where,
        decimals=6,
        usd=usd,
        swing=0.3,
        program=TOKEN_2022,
        fee_basis_points=basis_points,
    )


SOL = _mint("SOL", "So11111111111111111111111111111111111111112", 9, 168.0)
USDC = _mint("USDC", "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", 6, 1.0, 0.0002)
USDT = _mint("USDT", "Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB", 6, 0.9996, 0.0004)
BONK = _mint("BONK", "DezXAZ8z7PnrnRJjz3wXBoRgixCa6xjnB7YaB1pPB263", 5, 0.0000194, 0.15)
JUP = _mint("JUP", "JUPyiwrYJFskUPiHa7hkeR8VUtAeFoSYbKedZNsDvCN", 6, 0.46, 0.1)
RAY = _mint("RAY", "4k3Dyjzvzp8eMZWUXbBCjEvwSkkk59S5iCNLY3QrkX6R", 6, 2.35, 0.1)
ORCA = _mint("ORCA", "orcaEKTdK7LKz57vaAYr9QeNsVEPfiu6QeMU1kektZE", 6, 1.9, 0.1)
WIF = _mint("WIF", "EKpQGSJtjMFqKZ9KQanSqYXRcF8fBopzLHYxdM65zcjm", 6, 0.72, 0.2)
JTO = _mint("JTO", "jtojtomepa8beP8AuQc6eXt5FriJwfFMwQx2v2f9mCL", 9, 1.6, 0.1)
PYTH = _mint("PYTH", "HZ1JovNiVvGrGNiiYvEozEVgZ58xaU3RKwX8eACQBCt3", 6, 0.11, 0.1)
JITOSOL = _mint("JitoSOL", "J1toso1uCk3RLmjorhTtrVwY9HJ7X8V9yYac6Y7kGCPn", 9, 207.0)
MSOL = _mint("mSOL", "mSoLzYCxHdYgdzU16g5QSh3i5K3z3KZK7ytfqcJm7So", 9, 221.0)
TRUMP = _mint("TRUMP", "6p6xgHyF7AeE6TZkSmFsko444wqoP15icUSqi2jfGiPN", 6, 8.4, 0.2)
FARTCOIN = _mint("FARTCOIN", "9BB6NFEcjBCtnNLFko2FqVQBq8HHM13kCyYcdQbgpump", 6, 0.61, 0.25)
PYUSD = Mint(
    symbol="PYUSD",
    address="2b1kV6DkPAnxd5ixfnxCpjxmKwqjjaYmCZfHsFu24GXo",
    decimals=6,
    usd=1.0,
    swing=0.0003,
    program=TOKEN_2022,
)
# Made up: coins of launchpads, and Token-2022 mints with a transfer fee
MOONCAT = _coin("MOONCAT", "pump", 0.0021)
PEPEFROG = _coin("PEPEFROG", "pump", 0.00034)
GIGABRAIN = _coin("GIGABRAIN", "pump", 0.0009)
DOGWIFTIE = _coin("DOGWIFTIE", "pump", 0.00006)
HODLORD = _coin("HODLORD", "pump", 0.000031, TOKEN_2022)
USELESSCAT = _coin("USELESSCAT", "bonk", 0.00041)
BONKZILLA = _coin("BONKZILLA", "bonk", 0.00012)
BAGHOLDER = _coin("BAGHOLDER", "BAGS", 0.00027)
VIRTUAL = _mint("VIRTUAL", "3iQL8BFS2vE7mww4ehAqQHAsbmRNCrPxizWAT2Zfyr9y", 9, 1.4, 0.2)
STUDIO = _coin("STUDIO", "jups", 0.0019)
REWARD = _taxed("REWARD", 300, 0.0044)
TITHE = _taxed("TITHE", 100, 0.052)


def share(symbol: str, of: Mint, worth: float = 1.0) -> Mint:
    """A made-up mint that stands for ``worth`` of another: a staked, lent or wrapped one."""
    usd = of.usd * worth
    where = address("mint", symbol)
    return Mint(symbol=symbol, address=where, decimals=of.decimals, usd=usd, swing=of.swing, issued=True)


HOOKED = Mint(
    symbol="HOOKED",
    address=ending("hook", "mint", "HOOKED"),
    decimals=6,
    usd=0.00031,
    swing=0.4,
    program=TOKEN_2022,
    hook=address("hook", "program"),
)


def pool(program: str, a: Mint, b: Mint, tvl_usd: float, fee_basis_points: int = 25) -> Pool:
    """The program's pool of two mints; its addresses follow from the names."""
    name = f"{a.symbol}/{b.symbol}"
    return Pool(
        program=program,
        address=address(program, "pool", name),
        a=a,
        b=b,
        vault_a=address(program, "vault", name, a.symbol),
        vault_b=address(program, "vault", name, b.symbol),
        tvl_usd=tvl_usd,
        fee_basis_points=fee_basis_points,
    )
