"""What passes between the steps of decoding one swap instruction: the call, its roles, its settled legs, its facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from decoders.engine.call import Tree
from decoders.engine.errors import DecodeError
from decoders.engine.layout import Fields
from decoders.engine.model import Instruction
from decoders.engine.movements import Movement

if TYPE_CHECKING:
    from decoders.engine.spec import Program, SwapIx


@dataclass(slots=True)
class Roles:
    """The accounts of one leg. ``mints`` belong to ``vaults``, one each, or are empty where the layout has none.

    ``curve`` is the account whose lamports are the second vault, where the quote is native SOL.
    """

    pool: str
    vaults: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    mints: tuple[str, ...] = ()
    curve: str | None = None


@dataclass(slots=True)
class Settled:
    """The two sides of a leg and the movements that prove them; none where an event alone does (native SOL, fills)."""

    mint_in: str
    mint_out: str
    amount_in: int
    amount_out: int
    vault_in: str | None
    vault_out: str | None
    paid: Sequence[Movement] = ()
    received: Sequence[Movement] = ()


class Facts(NamedTuple):
    """What a program's event says of a leg. ``fees`` are (kind, side, amount); None: it is silent.

    ``native``: one side is lamports. Amounts are None where the event states them only roughly. ``kept``: fees in
    lamports or quote that stay with the pool. ``torn``: it names a part of a fee that is more than the fee.
    """

    amount_in: int | None
    amount_out: int | None
    fees: tuple[tuple[str, str, int], ...] = ()
    transfer_fee_in: int | None = None
    transfer_fee_out: int | None = None
    mint_in: str | None = None
    mint_out: str | None = None
    native: bool = False
    kept: int = 0
    torn: bool = False


class SwapCall:
    """One listed swap instruction in its transaction; ``data`` is its own with any obfuscation removed.

    Raises DecodeError when there are fewer accounts or data than its layout has.
    """

    __slots__ = (
        "_facts",
        "accounts",
        "args",
        "end",
        "flat",
        "instruction",
        "ix",
        "movements",
        "program",
        "tokens",
        "tree",
    )

    def __init__(self, tree: Tree, instruction: Instruction, program: "Program", ix: "SwapIx", data: bytes) -> None:
        self.tree = tree
        self.tokens = tree.transaction.tokens
        self.instruction = instruction
        self.program = program
        self.ix = ix
        self.accounts = instruction.accounts
        self.flat = instruction.height is None
        self.end = tree.end(instruction)
        self.movements = tree.below(instruction, self.end)
        self.args: Fields = {} if ix.args is None else ix.args.layout.read(data, ix.args_at)
        self._facts: dict[str, Facts | None] = {}

    def account(self, position: int) -> str:
        """The account at a position. Raises DecodeError when there is none."""
        if position >= len(self.accounts):
            raise DecodeError("accounts", f"{len(self.accounts)} accounts, {position + 1} needed")
        return self.accounts[position]

    def facts(self, roles: Roles) -> Facts | None:
        """What the first of the instruction's events that is there says of a leg."""
        if roles.pool not in self._facts:
            self._facts[roles.pool] = self._said(roles)
        return self._facts[roles.pool]

    def _said(self, roles: Roles) -> Facts | None:
        for event in self.ix.events:
            facts = event.facts(self, roles)
            if facts is not None:
                return facts
        return None

    def own_events(self) -> Sequence[bytes]:
        """What the program emitted by calling itself in this instruction, tags first."""
        trace = self.tree.trace
        address = self.program.address
        height = self.instruction.height
        found = []
        for position in range(self.instruction.position + 1, self.end):
            call = trace[position]
            if call.program == address and (height is None or call.height in (None, height + 1)):
                found.append(_data(call))
        return found

    def own_logs(self) -> Sequence[bytes]:
        """What the instruction wrote into its log as data."""
        return self.tree.logs.of(self.instruction)


def _data(call: Instruction) -> bytes:
    try:
        return call.data
    except ValueError as error:
        raise DecodeError("data", f"inner instruction {call.position}: {error}") from error
