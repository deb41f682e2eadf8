"""One transaction while it runs: calls with their stack height, logs, transfers, and the swaps it made."""

import base64
import random
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Literal, NamedTuple, Self

from indexer.localnet.builder_keys import ASSOCIATED, BUILTINS, COMPUTE_BUDGET, SYSTEM, TOKEN, TOKEN_2022, address, raw
from indexer.localnet.builder_ledger import Ledger
from indexer.localnet.builder_market import SOL, Mint
from indexer.localnet.builder_truth import Leg

LOG_BYTES = 10_000
HOOK_TAG = bytes.fromhex("692565c54bfb661a")
EVENT_TAG = bytes.fromhex("e445a52e51cb9a1d")
Style = Literal["plain", "checked", "with_fee", "batch"]


class Step(NamedTuple):
    """One call of the depth-first trace; ``accounts`` are addresses and may still grow for a router."""

    height: int
    outer: int
    program: str
    accounts: list[str]
    data: bytes


class Transfer(NamedTuple):
    """A token transfer to make: raw units from one token account to another."""

    source: str
    target: str
    amount: int
    authority: str


class Scene:
    """Records a transaction; used as ``with scene.call(...):`` around what the called program does."""

    def __init__(
        self, *, slot: int, block_time: int, draw: random.Random, payer: str, world: Mapping[str, int] | None = None
    ) -> None:
        self.slot = slot
        self.block_time = block_time
        self.draw = draw
        self.payer = payer
        self.signers = [payer]
        self.ledger = Ledger(world or {})
        self.ledger.fund(payer, draw.randrange(2_000_000_000, 90_000_000_000))
        self.writable: set[str] = {payer}
        self.steps: list[Step] = []
        self.logs: list[str] = []
        self.legs: list[Leg] = []
        self.used = 0
        self.limit = 200_000
        self.error: int | None = None
        self.doom: int | None = None
        self.log_bytes_limit = LOG_BYTES
        self.outer = -1
        self._log_bytes = 0
        self._stack: list[tuple[str, int, int]] = []

    @property
    def position(self) -> int:
        """The trace position of the call made last."""
        return len(self.steps) - 1

    def sign(self, account: str) -> None:
        """Another signer besides the fee payer."""
        self.signers.append(account)
        self.writable.add(account)
        self.ledger.fund(account, self.draw.randrange(1_000_000_000, 20_000_000_000))

    def call(self, program: str, accounts: Sequence[str], data: bytes, *, log: str = "", cost: int = 2_000) -> Self:
        """Call a program from whoever runs now. ``log`` is its "Instruction: ..." name, if it prints one."""
        height = len(self._stack) + 1
        if height == 1:
            self.outer += 1
        self.steps.append(Step(height, self.outer, program, list(accounts), data))
        self.write_log(f"Program {program} invoke [{height}]")
        if log:
            self.write_log(f"Program log: Instruction: {log}")
        self._stack.append((program, self.used, cost))
        return self

    def __enter__(self) -> Self:
        """The called program runs."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """The called program returns; a doomed transaction fails in the check its outermost program ends with."""
        program, start, cost = self._stack.pop()
        if not self._stack:
            self.error = self.doom
        if program not in BUILTINS:
            self.used += cost
            self.write_log(f"Program {program} consumed {self.used - start} of {self.limit - start} compute units")
        if self.error is None:
            self.write_log(f"Program {program} success")
        else:
            self.write_log(f"Program {program} failed: custom program error: {self.error:#x}")

    def decimals(self, mint: Mint) -> int | None:
        """A mint's decimals as the transaction's token balances show them; those of SOL are known anyway."""
        held = any(holding.mint is mint for holding in self.ledger.tokens.values())
        return mint.decimals if held or mint is SOL else None

    def write_log(self, line: str) -> None:
        """A log line, unless the log is full: then "Log truncated" once, as the runtime does."""
        if self._log_bytes > self.log_bytes_limit:
            return
        self._log_bytes += len(line)
        if self._log_bytes > self.log_bytes_limit:
            line = "Log truncated"
        self.logs.append(line)

    def log_data(self, payload: bytes) -> None:
        """An event as a log line."""
        self.write_log("Program data: " + base64.b64encode(payload).decode())

    def event(self, program: str, authority: str, payload: bytes) -> None:
        """An event as a call of the program to itself."""
        with self.call(program, [authority], EVENT_TAG + payload, cost=2_003):
            pass

    def transfer(self, transfer: Transfer, style: Style = "checked") -> int:
        """Move tokens with one token program call; returns what a transfer fee withheld."""
        mint = self.ledger.tokens[transfer.source].mint
        if mint.program == TOKEN_2022 and style == "plain":
            style = "checked"
        accounts, data = _encode(transfer, mint, style)
        self.writable.update((transfer.source, transfer.target))
        # the SPL program is p-token since 2026: cheap, and without "Instruction:" lines
        log, cost = ("TransferChecked", 2_475) if mint.program == TOKEN_2022 else ("", 105)
        if mint.hook:
            accounts += [mint.hook, address(mint.hook, "accounts")]
        with self.call(mint.program, accounts, data, log=log, cost=cost):
            if mint.hook:
                execute = HOOK_TAG + transfer.amount.to_bytes(8, "little")
                with self.call(mint.hook, accounts[:4], execute, log="TransferHook", cost=4_000):
                    pass
            return self.ledger.move(transfer.source, transfer.target, transfer.amount)

    def transfers(self, style: Style, *moves: Transfer) -> tuple[int, ...]:
        """Several transfers in order; as one p-token batch when the style says so and all mints are SPL tokens."""
        mints = [self.ledger.tokens[move.source].mint for move in moves]
        if style != "batch" or any(mint.program != TOKEN for mint in mints):
            return tuple(self.transfer(move, "checked" if style == "batch" else style) for move in moves)
        accounts: list[str] = []
        data = b"\xff"
        for move, mint in zip(moves, mints, strict=True):
            own, part = _encode(move, mint, "checked")
            accounts += own
            data += bytes((len(own), len(part))) + part
            self.writable.update((move.source, move.target))
        with self.call(TOKEN, accounts, data, cost=70 + 60 * len(moves)):
            return tuple(self.ledger.move(move.source, move.target, move.amount) for move in moves)

    def pay(self, source: str, target: str, lamports: int) -> None:
        """A System program transfer."""
        self.ledger.fund(target, 1_000_000)
        self.writable.update((source, target))
        with self.call(SYSTEM, [source, target], b"\x02\0\0\0" + lamports.to_bytes(8, "little")):
            self.ledger.pay(source, target, lamports)

    def budget(self, limit: int, price: int) -> None:
        """The two compute budget calls most transactions start with."""
        self.limit = limit
        self.used += 300
        with self.call(COMPUTE_BUDGET, [], b"\x02" + limit.to_bytes(4, "little")):
            pass
        with self.call(COMPUTE_BUDGET, [], b"\x03" + price.to_bytes(8, "little")):
            pass

    def open_account(self, owner: str, mint: Mint) -> str:
        """Make the wallet's account for a mint with the associated token program, paid by the fee payer."""
        account = wallet_account(owner, mint)
        self.writable.add(account)
        with self.call(ASSOCIATED, [self.payer, account, owner, mint.address, SYSTEM, mint.program], b"\1", cost=9_000):
            self.write_log("Program log: CreateIdempotent")
            with self.call(mint.program, [mint.address], b"\x15\x07\x00", cost=190):
                pass
            size = (165).to_bytes(8, "little")
            funding = b"\0\0\0\0" + (2_039_280).to_bytes(8, "little") + size + bytes(32)
            with self.call(SYSTEM, [self.payer, account], funding):
                self.ledger.open(account, mint, owner, self.payer)
            self.write_log("Program log: Initialize the associated token account")
            with self.call(mint.program, [account], b"\x16", cost=110):
                pass
            with self.call(mint.program, [account, mint.address], b"\x12" + raw(owner), cost=180):
                pass
        return account

    def wrap(self, owner: str, lamports: int) -> str:
        """Open a wrapped SOL account and put ``lamports`` into it."""
        account = self.open_account(owner, SOL)
        if lamports:
            self.pay(owner, account, lamports)
            with self.call(TOKEN, [account], b"\x11", cost=210):
                self.ledger.sync_native(account)
        return account

    def unwrap(self, owner: str) -> None:
        """Close the owner's wrapped SOL account; everything in it goes to the owner."""
        account = wallet_account(owner, SOL)
        with self.call(TOKEN, [account, owner, owner], b"\x09", cost=120):
            self.ledger.close(account, owner)


def wallet_account(owner: str, mint: Mint) -> str:
    """The address of a wallet's token account for a mint."""
    return address("wallet", owner, mint.symbol)


def _encode(transfer: Transfer, mint: Mint, style: Style) -> tuple[list[str], bytes]:
    """Accounts and data of one token program transfer."""
    source, target, amount, authority = transfer
    units = amount.to_bytes(8, "little")
    if style == "plain":
        return [source, target, authority], b"\x03" + units
    accounts = [source, mint.address, target, authority]
    if style == "with_fee" and mint.fee_basis_points:
        fee = mint.fee(amount).to_bytes(8, "little")
        return accounts, b"\x1a\x01" + units + bytes((mint.decimals,)) + fee
    return accounts, b"\x0c" + units + bytes((mint.decimals,))
