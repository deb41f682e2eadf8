"""Swap instructions as rows of a table: accounts and data in words, what happens as a list.

For tokens through vaults, whatever the order; what mints, burns or moves lamports is a row of `table.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

from indexer.localnet.builder_keys import NAMED, TOKEN, address
from indexer.localnet.builder_market import PYUSD, SOL, USDC, USDT, Mint, Pool, pool
from indexer.localnet.builder_scene import Scene, Transfer
from indexer.localnet.programs.venue import Kind, Layout, Trade, Venue, note, stock, u64
from indexer.localnet.programs.words import compiled, pack

STYLES = ("plain", "checked", "batch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A swap while it runs: its accounts by name, and the owner of the vaults."""

    scene: Scene
    trade: Trade
    names: Mapping[str, str]
    owner: str

    @property
    def fees(self) -> Sequence[Any]:
        """What its fees are only its acts know."""
        return ()

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One swap instruction of a program.

    ``accounts``: as in `Layout`. ``data``: the words of `words.py`. Both may hold several forms with ``|`` between, of
    which one is drawn: the same of both when ``paired``. ``owner`` holds the vaults, ``pool`` is what stands for the
    pool: names of accounts; of two that stand for a pair together, the one first in the alphabet does. ``given``:
    addresses of further accounts. ``first`` runs in any case; ``acts`` in order and then ``last`` unless the call moves
    nothing. ``kind``: what `Kind` takes.
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
    _datas: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Know the words. Raises ValueError."""
        object.__setattr__(self, "_layouts", tuple(map(Layout, self.accounts.split("|"))))
        object.__setattr__(self, "_datas", tuple(self.data.split("|")))
        for words in self._datas:
            compiled(words)

    def of(self, slug: str, where: str) -> Kind:
        """This instruction as the program's."""
        return Kind(name=self.name, make=partial(self.run, (slug, where)), **({"styles": STYLES} | dict(self.kind)))

    def run(self, program: tuple[str, str], scene: Scene, trades: Sequence[Trade]) -> None:
        """Call this instruction of the program (slug, address)."""
        slug, where = program
        trade = trades[0]
        names = NAMED | {"program": where} | trade.by_side() | trade.by_direction()
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
        data = pack(self._datas[at], act)
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

    def run(act: Act) -> None:
        with act.scene.call(program, [act.account(name) for name in names], pack(data, act), cost=cost):
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
