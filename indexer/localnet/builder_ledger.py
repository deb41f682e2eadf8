"""Balances of one transaction: lamports and token holdings, before and after."""

from collections.abc import Mapping
from dataclasses import dataclass

from indexer.localnet.builder_keys import BUILTINS
from indexer.localnet.builder_market import SOL, Mint

TOKEN_ACCOUNT_RENT = 2_039_280
PROGRAM_RENT = 1_141_440
STATE_RENT = 4_454_400


@dataclass(slots=True, kw_only=True)
class Holding:
    """A token account in raw units; ``before`` or ``after`` is None where the account did not exist then."""

    mint: Mint
    owner: str
    before: int | None
    after: int | None
    #: withheld by transfer fees in this transaction
    withheld: int = 0


class Ledger:
    """Lamports as ``[before, after]`` and token holdings by address.

    ``world`` holds balances that earlier transactions of the block left behind.
    """

    def __init__(self, world: Mapping[str, int]) -> None:
        self.world = world
        self.lamports: dict[str, list[int]] = {}
        self.tokens: dict[str, Holding] = {}

    def fund(self, account: str, lamports: int) -> list[int]:
        """The account's lamports, which start as given unless it is known already."""
        row = self.lamports.get(account)
        if row is None:
            row = self.lamports[account] = [lamports, lamports]
        return row

    def grant(self, account: str, lamports: int) -> None:
        """Let an account start ``lamports`` richer."""
        row = self.lamports[account]
        row[0] += lamports
        row[1] += lamports

    def hold(self, account: str, mint: Mint, owner: str, amount: int) -> Holding:
        """A token account that exists before the transaction, with ``amount`` unless it is known already."""
        holding = self.tokens.get(account)
        if holding is None:
            amount = self.world.get(account, amount)
            holding = self.tokens[account] = Holding(mint=mint, owner=owner, before=amount, after=amount)
            self.fund(account, TOKEN_ACCOUNT_RENT + (amount if mint is SOL else 0))
        return holding

    def top_up(self, account: str, amount: int) -> None:
        """Let a holding start ``amount`` richer: several swaps of one transaction may pay from it."""
        holding = self.tokens[account]
        if holding.before is None or holding.after is None:
            raise ValueError(f"{account} does not exist before the transaction")
        holding.before += amount
        holding.after += amount
        if holding.mint is SOL:
            self.grant(account, amount)

    def balance(self, account: str) -> int:
        """What an account holds afterwards: tokens, or lamports where it is no token account."""
        holding = self.tokens.get(account)
        return self.lamports[account][1] if holding is None else holding.after or 0

    def open(self, account: str, mint: Mint, owner: str, payer: str) -> Holding:
        """A token account made inside the transaction; ``payer`` pays the rent."""
        holding = self.tokens[account] = Holding(mint=mint, owner=owner, before=None, after=0)
        self.fund(account, 0)
        self.pay(payer, account, TOKEN_ACCOUNT_RENT)
        return holding

    def close(self, account: str, target: str) -> None:
        """Close a token account: all its lamports, wrapped SOL included, go to ``target``."""
        self.tokens[account].after = None
        self.pay(account, target, self.lamports[account][1])

    def pay(self, source: str, target: str, lamports: int) -> None:
        """Move lamports between two accounts. Raises ValueError when there are too few."""
        rows = self.lamports
        if rows[source][1] < lamports:
            raise ValueError(f"{source} holds {rows[source][1]} lamports, {lamports} asked")
        rows[source][1] -= lamports
        rows[target][1] += lamports

    def burn_fee(self, payer: str, lamports: int) -> None:
        """Take the transaction's fee from its payer."""
        self.lamports[payer][1] -= lamports

    def sync_native(self, account: str) -> None:
        """Wrapped SOL: the token amount becomes what lamports stand above the rent."""
        self.tokens[account].after = self.lamports[account][1] - TOKEN_ACCOUNT_RENT

    def move(self, source: str, target: str, amount: int) -> int:
        """Move tokens; returns what a transfer fee withheld. Raises ValueError when there are too few."""
        giver, taker = self.tokens[source], self.tokens[target]
        if giver.after is None or taker.after is None or giver.after < amount:
            raise ValueError(f"{source} holds {giver.after} {giver.mint.symbol}, {amount} asked")
        fee = giver.mint.fee(amount)
        giver.after -= amount
        taker.after += amount - fee
        taker.withheld += fee
        if giver.mint is SOL:
            self.pay(source, target, amount)
        return fee

    def issue(self, account: str, amount: int) -> None:
        """Mint tokens into an account, or burn them when negative. Raises ValueError when there are too few."""
        holding = self.tokens[account]
        if holding.after is None or holding.after + amount < 0:
            raise ValueError(f"{account} holds {holding.after} {holding.mint.symbol}, {-amount} to burn")
        holding.after += amount

    def revert(self) -> None:
        """Undo everything, as a failed transaction does."""
        for row in self.lamports.values():
            row[1] = row[0]
        for holding in self.tokens.values():
            holding.after = holding.before
            holding.withheld = 0

    def settle(self, accounts: list[str], programs: frozenset[str]) -> None:
        """Give every account that nobody mentioned the lamports such an account usually has."""
        for account in accounts:
            if account not in self.lamports:
                rent = 1 if account in BUILTINS else PROGRAM_RENT if account in programs else STATE_RENT
                self.lamports[account] = [rent, rent]
