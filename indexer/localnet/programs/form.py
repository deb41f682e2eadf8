"""Swap instructions as rows of a table: accounts and data in words, what happens as a list."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

from indexer.localnet.builder_keys import (
    ASSOCIATED,
    CLOCK,
    INSTRUCTIONS,
    MEMO,
    RENT,
    SYSTEM,
    TOKEN,
    TOKEN_2022,
    address,
    raw,
)
from indexer.localnet.builder_market import PYUSD, SOL, USDC, USDT, Mint, Pool, pool
from indexer.localnet.builder_scene import Scene, Transfer
from indexer.localnet.programs.venue import Kind, Layout, Trade, Venue, note, stock, u64, u128

FIXED = {
    "token": TOKEN,
    "token_2022": TOKEN_2022,
    "memo": MEMO,
    "instructions": INSTRUCTIONS,
    "clock": CLOCK,
    "system": SYSTEM,
    "rent": RENT,
    "associated": ASSOCIATED,
}


STYLES = ("plain", "checked", "batch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A swap while it runs: its accounts by name, and the owner of the vaults."""

    scene: Scene
    trade: Trade
    names: Mapping[str, str]
    owner: str

    def account(self, name: str) -> str:
        """The address that stands under a name in the account list."""
        return self.names.get(name) or address(self.trade.pool.address, name)


#: what a row adds to the accounts by name
Given = Callable[[Scene, Trade], Mapping[str, str]]
#: one transfer of the swap or beside it; neighbours may be one batch
Move = Callable[[Act], Transfer]


@dataclass(frozen=True, slots=True)
class Deed:
    """What a program does besides: an inner call, an event, transfers one program deeper."""

    run: Callable[[Act], None]


def paid(act: Act) -> Transfer:
    """What the user pays."""
    return Transfer(act.trade.source, act.trade.vault_in, act.trade.amount_in, act.trade.user)


def got(act: Act) -> Transfer:
    """What the user gets."""
    return Transfer(act.trade.vault_out, act.trade.target, act.trade.amount_out, act.owner)


Word = Callable[[Act], bytes]
WORDS: Mapping[str, Word] = {
    "in": lambda act: u64(act.trade.offered),
    "min": lambda act: u64(act.trade.least_out),
    "in16": lambda act: u128(act.trade.offered),
    "min16": lambda act: u128(act.trade.least_out),
    # of a fill at a fixed price: the output itself
    "out": lambda act: u64(act.trade.amount_out),
    "limits": lambda act: act.trade.limits(),
    "capped": lambda act: act.trade.capped(),
    # what the caller fixes: the input, or of an exact-out swap the output
    "amount": lambda act: act.trade.limits()[:8],
    "exact": lambda act: bytes((act.trade.exact_in,)),
    "exact_out": lambda act: bytes((not act.trade.exact_in,)),
    # 1 when the first, or the second, mint of the pool is paid
    "a": lambda act: bytes((act.trade.a_to_b,)),
    "b": lambda act: bytes((not act.trade.a_to_b,)),
    "mint_in": lambda act: raw(act.trade.mint_in.address),
    "time": lambda act: u64(act.scene.block_time + 60),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One swap instruction of a program.

    ``accounts``: as in `Layout`. ``data``: `WORDS`, ``0x`` and hex digits, ``z8`` for zero bytes, ``r8`` for random.
    Both may hold several forms with ``|`` between, of which one is drawn: the same of both when ``paired``. ``owner``
    holds the vaults, ``pool`` is what stands for the pool: names of accounts; of two that stand for a pair together,
    the one first in the alphabet does. ``given``: addresses of further accounts. ``first`` runs in any case; ``acts``
    in order and then ``last`` unless the call moves nothing. ``kind``: what `Kind` takes.
    """

    name: str
    accounts: str
    data: str
    owner: str = "pool"
    pool: str = "pool"
    paired: bool = False
    log: str = ""
    cost: int = 20_000
    given: Given | None = None
    first: Callable[[Act], None] | None = None
    acts: tuple[Move | Deed, ...] = (paid, got)
    last: Callable[[Act], None] | None = None
    kind: Mapping[str, Any] = field(default_factory=dict)
    _layouts: tuple[Layout, ...] = field(init=False)
    _datas: tuple[tuple[Word, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        """Read the words once."""
        object.__setattr__(self, "_layouts", tuple(map(Layout, self.accounts.split("|"))))
        object.__setattr__(self, "_datas", tuple(tuple(map(_word, text.split())) for text in self.data.split("|")))

    def of(self, slug: str, where: str) -> Kind:
        """This instruction as the program's."""
        return Kind(name=self.name, make=partial(self.run, (slug, where)), **({"styles": STYLES} | dict(self.kind)))

    def run(self, program: tuple[str, str], scene: Scene, trades: Sequence[Trade]) -> None:
        """Call this instruction of the program (slug, address)."""
        slug, where = program
        trade = trades[0]
        names = FIXED | {"program": where} | trade.by_side() | trade.by_direction()
        for side, mint in (("fee_in", trade.mint_in), ("fee_out", trade.mint_out)):
            names[side] = address(trade.pool.address, "fee", mint.symbol)
        if self.given is not None:
            names |= self.given(scene, trade)
        owner = names.get(self.owner) or address(trade.pool.address, self.owner)
        act = Act(scene=scene, trade=trade, names=names, owner=owner)
        at = scene.draw.randrange(len(self._layouts)) if len(self._layouts) > 1 else 0
        accounts = self._layouts[at].fill(scene, trade, names)
        if not self.paired:
            at = scene.draw.randrange(len(self._datas)) if len(self._datas) > 1 else 0
        data = b"".join([word(act) for word in self._datas[at]])
        with scene.call(where, accounts, data, log=self.log, cost=self.cost):
            self._perform(act, slug, scene.position)

    def _perform(self, act: Act, slug: str, at: int) -> None:
        scene, trade = act.scene, act.trade
        if self.first is not None:
            self.first(act)
        stock(scene, trade, act.owner)
        if trade.idle:
            return
        moves: list[Transfer] = []
        for step in self.acts:
            if not isinstance(step, Deed):
                moves.append(step(act))
                continue
            scene.transfers(trade.style, *moves)
            moves.clear()
            step.run(act)
        if moves:
            scene.transfers(trade.style, *moves)
        note(scene, trade, (slug, self.name), at=at)
        scene.legs[-1].pool = min(map(act.account, self.pool.split()))
        if self.last is not None:
            self.last(act)


def _word(text: str) -> Word:
    if text in WORDS:
        return WORDS[text]
    if text.startswith("0x"):
        constant = bytes.fromhex(text[2:])
        return lambda _act: constant
    size = int(text[1:])
    if text[0] == "z":
        return lambda _act: bytes(size)
    if text[0] != "r":
        raise ValueError(f"{text} is no word of instruction data")
    return lambda act: act.scene.draw.randbytes(size)


def table_row(slug: str, where: str, pools: Sequence[Pool], *forms: Form, **options: Any) -> Venue:
    """A program from its forms; ``options`` are fields of `Venue`."""
    kinds = tuple(form.of(slug, where) for form in forms)
    return Venue(slug=slug, address=where, pools=tuple(pools), kinds=kinds, **options)


def pools_of(slug: str, *pairs: tuple[Mint, Mint, float], fee_basis_points: int = 25) -> tuple[Pool, ...]:
    """Pools of two mints with what they hold in US dollars."""
    return tuple(pool(slug, a, b, tvl, fee_basis_points) for a, b, tvl in pairs)


def majors(slug: str, tvl: float, *, token_2022: bool = False) -> tuple[Pool, ...]:
    """The pools a market maker keeps: SOL and dollars."""
    pairs = [(SOL, USDC, tvl), (SOL, USDT, tvl / 5), (USDC, USDT, tvl / 3)]
    if token_2022:
        pairs.append((PYUSD, USDC, tvl / 4))
    return pools_of(slug, *pairs, fee_basis_points=1)


def inner_call(program: str, accounts: str, data: str, cost: int = 4_000) -> Callable[[Act], None]:
    """Calls another program that moves nothing: a price, a memo."""
    names = tuple(accounts.split())
    words = tuple(map(_word, data.split()))

    def run(act: Act) -> None:
        payload = b"".join([word(act) for word in words])
        with act.scene.call(program, [act.account(name) for name in names], payload, cost=cost):
            pass

    return run


@lru_cache(maxsize=256)
def _share_mint(where: str, program: str) -> Mint:
    """The token that stands for a part of a pool; nobody trades it here."""
    return Mint(symbol=f"shares {where}", address=where, decimals=6, usd=1.0, program=program)


def fee_in_shares(act: Act) -> None:
    """The owner's fee as new pool shares: ``lp_mint`` into ``fee_account``, of ``lp_program`` if the row names one."""
    mint, account = act.account("lp_mint"), act.account("fee_account")
    program = act.names.get("lp_program", TOKEN)
    act.scene.ledger.hold(account, _share_mint(mint, program), address("fee owner"), 5_000_000)
    minted = max(1, act.trade.fee // 7)
    with act.scene.call(program, [mint, account, act.owner], b"\7" + u64(minted), cost=110):
        act.scene.ledger.issue(account, minted)


def fee_of_output(name: str, basis_points: float) -> Move:
    """A fee paid out of the vault the user is paid from; may be nothing."""

    def move(act: Act) -> Transfer:
        trade, account = act.trade, act.account(name)
        act.scene.ledger.hold(account, trade.mint_out, address(name), 5_000_000)
        return Transfer(trade.vault_out, account, int(trade.amount_out * basis_points / 10_000), act.owner)

    return move


def fee_of_input(name: str, basis_points: float) -> Move:
    """A fee the user pays beside what goes to the pool."""

    def move(act: Act) -> Transfer:
        trade, account = act.trade, act.account(name)
        act.scene.ledger.hold(account, trade.mint_in, address(name), 5_000_000)
        return Transfer(trade.source, account, int(trade.amount_in * basis_points / 10_000), trade.user)

    return move
