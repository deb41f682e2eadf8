"""A row of a program's table, and how its payment, goods and fees move."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from indexer.localnet.builder_keys import CLOCK, TOKEN, address
from indexer.localnet.builder_market import SOL, Mint
from indexer.localnet.builder_scene import Scene, Transfer
from indexer.localnet.programs.venue import Layout, Trade

STAKE = "Stake11111111111111111111111111111111111111"
_MINT_TO, _BURN = b"\x07", b"\x08"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """A fee beside the legs: to an account of the layout, ``basis_points`` of the amount paid or received.

    On the paid side the user pays it, on the received side the vault; ``of`` may name a side of the pool instead.
    ``wrapped``: native SOL that becomes wrapped SOL there. ``first``: before the legs.
    """

    to: str
    basis_points: int
    of: Literal["in", "out", "a", "b"] = "in"
    wrapped: bool = False
    first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One account layout of an instruction.

    ``authority`` names the account that signs for the vaults ("vault": each for itself). ``event`` holds its bytes in
    words, sent ``via`` a call of the program to itself, the same without Anchor's mark (raw), or a log line; ``quiet``
    is that of a call that moves nothing. ``below`` names the program that moves the vaults' tokens and is called with
    ``below_data``, ``issuer`` the one that mints and burns, ``first`` those called before. ``deposited``: what the
    program holds for the user is traded, and no tokens move. ``payout``: how lamports leave.
    """

    accounts: str
    data: str
    log: str = ""
    authority: str = "pool"
    fees: tuple[Paid, ...] = ()
    event: str = ""
    quiet: str = ""
    via: Literal["call", "raw", "log"] = "log"
    output_first: bool = False
    below: str = ""
    issuer: str = ""
    below_data: str = "00" * 16
    first: tuple[str, ...] = ()
    deposited: bool = False
    payout: Literal["silent", "system", "stake"] = "silent"
    layout: Layout = field(init=False)

    def __post_init__(self) -> None:
        """Accounts nobody knows the meaning of are written as ``_``."""
        words = self.accounts.split()
        names = (
            word.replace("_", f"account_{at}", 1) if word.rstrip("*") == "_" else word for at, word in enumerate(words)
        )
        object.__setattr__(self, "layout", Layout(" ".join(names)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """A row while it runs."""

    scene: Scene
    trade: Trade
    row: Row
    own: Mapping[str, str]
    fees: tuple[tuple[Paid, str, int], ...]

    def account(self, name: str) -> str:
        """The address that stands under a name in the account list."""
        return self.own.get(name) or address(self.trade.pool.address, name)

    def owner(self, vault: str) -> str:
        """Who signs for a vault."""
        return vault if self.row.authority == "vault" else self.own[self.row.authority]

    def moves(self) -> None:
        """Payment, goods, fees."""
        trade = self.trade
        steps = [
            (self._pay, self._mover(trade.vault_in, trade.mint_in)),
            (self._give, self._mover(trade.vault_out, trade.mint_out)),
        ]
        self._fees(first=True)
        for step, program in reversed(steps) if self.row.output_first else steps:
            if program:
                accounts = [trade.source, trade.target, trade.vault_in, trade.vault_out, self.owner(trade.vault_out)]
                with self.scene.call(self.own[program], accounts, bytes.fromhex(self.row.below_data), cost=9_000):
                    step()
            else:
                step()
        self._fees(first=False)
        for fee, _, _ in self.fees:
            if fee.wrapped:
                with self.scene.call(TOKEN, [self.own[fee.to]], b"\x11", cost=210):
                    self.scene.ledger.sync_native(self.own[fee.to])

    def _fees(self, *, first: bool) -> None:
        for fee, side, amount in self.fees:
            if fee.first == first:
                self._fee(fee, side, amount)

    def _mover(self, vault: str, mint: Mint) -> str:
        """The program between this one and the token program, if there is one."""
        return self.row.issuer if vault == mint.address else self.row.below

    def _pay(self) -> None:
        trade = self.trade
        if trade.source == trade.user:
            self.scene.pay(trade.user, trade.vault_in, trade.amount_in)
        elif trade.vault_in == trade.mint_in.address:
            self._issue(_BURN, [trade.source, trade.mint_in.address, trade.user], trade.source, -trade.amount_in)
        else:
            transfer = Transfer(trade.source, trade.vault_in, trade.amount_in, trade.user)
            self.scene.transfer(transfer, trade.style)

    def _give(self) -> None:
        trade, owner = self.trade, self.owner(self.trade.vault_out)
        if trade.target == trade.user:
            self.scene.writable.update((trade.vault_out, trade.user))
            self._release(trade)
        elif trade.vault_out == trade.mint_out.address:
            self._issue(_MINT_TO, [trade.mint_out.address, trade.target, owner], trade.target, trade.amount_out)
        else:
            self.scene.transfer(Transfer(trade.vault_out, trade.target, trade.amount_out, owner), trade.style)

    def _release(self, trade: Trade) -> None:
        """Lamports leave a curve without any instruction, other accounts through the program that owns them."""
        scene, vault = self.scene, trade.vault_out
        if self.row.payout == "system":
            scene.pay(vault, trade.user, trade.amount_out)
        elif self.row.payout == "stake":
            data = b"\x04\0\0\0" + trade.amount_out.to_bytes(8, "little")
            accounts = [vault, trade.user, CLOCK, self.own["stake_history"], self.own[self.row.authority]]
            with scene.call(STAKE, accounts, data, cost=700):
                scene.ledger.pay(vault, trade.user, trade.amount_out)
        else:
            scene.ledger.pay(vault, trade.user, trade.amount_out)

    def _issue(self, tag: bytes, accounts: list[str], holder: str, amount: int) -> None:
        """Mint or burn; the checked instructions are seven further and say the decimals."""
        trade = self.trade
        mint = trade.mint_out if amount > 0 else trade.mint_in
        checked = trade.style == "checked"
        tag = bytes((tag[0] + 7 * checked,))
        data = tag + abs(amount).to_bytes(8, "little") + (bytes((mint.decimals,)) if checked else b"")
        self.scene.writable.update((holder, mint.address))
        with self.scene.call(mint.program, accounts, data, cost=120):
            self.scene.ledger.issue(holder, amount)

    def _fee(self, fee: Paid, side: str, amount: int) -> None:
        trade, scene, account = self.trade, self.scene, self.own[fee.to]
        mint = trade.mint_in if side == "in" else trade.mint_out
        vault, wallet = (trade.vault_in, trade.source) if side == "in" else (trade.vault_out, trade.target)
        if wallet == trade.user:
            self._lamports(fee, side, vault, amount)
            return
        scene.ledger.hold(account, mint, address(fee.to, "owner"), mint.units(3_000, scene.slot))
        if vault == mint.address and side == "out":
            self._issue(_MINT_TO, [mint.address, account, self.owner(vault)], account, amount)
        elif side == "in":
            scene.transfer(Transfer(wallet, account, amount, trade.user), trade.style)
        else:
            scene.transfer(Transfer(vault, account, amount, self.owner(vault)), trade.style)

    def _lamports(self, fee: Paid, side: str, vault: str, amount: int) -> None:
        scene, account = self.scene, self.own[fee.to]
        if fee.wrapped:
            scene.ledger.hold(account, SOL, address(fee.to, "owner"), 5_000_000_000)
        else:
            scene.ledger.fund(account, 1_000_000_000)
        scene.writable.update((vault, account))
        if side == "in":
            scene.pay(self.trade.user, account, amount)
        else:
            scene.ledger.pay(vault, account, amount)
