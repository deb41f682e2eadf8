"""Builds transactions by hand for the engine's tests: calls, transfers, and balances that follow from them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from decoders.engine import text58
from decoders.engine.model import Instruction, TokenAccount, Transaction
from decoders.engine.movements import SYSTEM, TOKEN, TOKEN_2022

__all__ = ["SYSTEM", "TOKEN", "TOKEN_2022", "Scene", "address", "u64"]

PLENTY = 10**15


def address(name: str) -> str:
    """A base58 address that is always the same for a name."""
    return text58.encode(sha256(name.encode()).digest())


def u64(*values: int) -> bytes:
    """Little endian u64s in a row."""
    return b"".join(value.to_bytes(8, "little") for value in values)


@dataclass
class Scene:
    """A transaction in the making. Token accounts start with plenty; transfers move their balances."""

    trace: list[Instruction] = field(default_factory=list)
    mints: dict[str, str] = field(default_factory=dict)
    before: dict[str, int] = field(default_factory=dict)
    after: dict[str, int] = field(default_factory=dict)
    lamports: dict[str, int] = field(default_factory=dict)
    #: what an instruction logs, by position, when all calls below it have returned
    says: dict[int, list[str]] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)

    def hold(self, account: str, mint: str, amount: int = PLENTY) -> str:
        """A token account of the mint."""
        self.mints.setdefault(account, mint)
        self.before.setdefault(account, amount)
        self.after.setdefault(account, amount)
        return account

    def call(self, program: str, accounts: list[str], data: bytes, *, height: int | None = 1) -> Instruction:
        """One more instruction; height 1 starts a new outer one."""
        outer = max((one.outer for one in self.trace), default=-1) + (height == 1)
        one = Instruction(
            position=len(self.trace),
            outer=outer,
            height=height,
            program=program,
            accounts=tuple(accounts),
            text=text58.encode(data),
        )
        self.trace.append(one)
        return one

    def transfer(
        self,
        source: str,
        dest: str,
        amount: int,
        *,
        height: int | None = 2,
        checked: bool = True,
        fee: int | None = None,
    ) -> None:
        """A token transfer; with ``fee`` by Token-2022, which withholds it from the receiver."""
        mint, owner = self.mints[source], address("owner")
        if fee is not None:
            data = b"\x1a\x01" + u64(amount) + b"\x06" + u64(fee)
            self.call(TOKEN_2022, [source, mint, dest, owner], data, height=height)
        elif checked:
            self.call(TOKEN, [source, mint, dest, owner], b"\x0c" + u64(amount) + b"\x06", height=height)
        else:
            self.call(TOKEN, [source, dest, owner], b"\x03" + u64(amount), height=height)
        self.move(source, dest, amount, fee or 0)

    def move(self, source: str, dest: str, amount: int, fee: int = 0) -> None:
        """Balances alone."""
        self.after[source] -= amount
        self.after[dest] += amount - fee

    def transaction(self, *, logs: bool = True) -> Transaction:
        """The transaction so far."""
        tokens = {
            account: TokenAccount(
                mint, 6, self.owners.get(account, address("owner")), self.before[account], self.after[account]
            )
            for account, mint in self.mints.items()
        }
        everyone = {account for one in self.trace for account in (one.program, *one.accounts)}
        return Transaction(
            signature="1" * 64,
            slot=1,
            block_time=1_700_000_000,
            tx_index=0,
            fee_payer=address("payer"),
            trace=tuple(self.trace),
            tokens=tokens,
            lamports={one: (PLENTY, PLENTY + self.lamports.get(one, 0)) for one in everyone},
            logs=tuple(self._logs()) if logs else None,
        )

    def _logs(self) -> Iterator[str]:
        open_calls: list[Instruction] = []
        for one in self.trace:
            while open_calls and (open_calls[-1].height or 2) >= (one.height or 2):
                yield from self._returned(open_calls.pop())
            yield f"Program {one.program} invoke [{one.height or 2}]"
            open_calls.append(one)
        while open_calls:
            yield from self._returned(open_calls.pop())

    def _returned(self, one: Instruction) -> Iterator[str]:
        yield from self.says.get(one.position, ())
        yield f"Program {one.program} consumed 1000 of 200000 compute units"
        yield f"Program {one.program} success"
