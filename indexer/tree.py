"""A transaction as people read it: its calls as a tree, and beside each what became of it."""

from collections import defaultdict
from collections.abc import Collection, Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from decoders.engine.call import Tree, is_event
from decoders.engine.model import Check, Decoded, Instruction, Swap, Transaction
from decoders.engine.movements import SYSTEM, TOKEN, TOKEN_2022, Kind, Movement
from decoders.engine.registry import Registry
from indexer.tokens import exact_amount, token_name

_LAMPORT_DECIMALS = 9
_BATCH_SHOWN = 3
_PLAIN = {
    SYSTEM: "system",
    TOKEN: "token",
    TOKEN_2022: "token-2022",
    "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL": "associated-token",
    "ComputeBudget111111111111111111111111111111": "compute-budget",
    "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr": "memo",
    "Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo": "memo",
}
_SYSTEM_NAMES = {0: "create account", 1: "assign", 3: "create account", 4: "advance nonce", 8: "allocate"}
_TOKEN_NAMES = {
    0: "initialize mint", 1: "initialize account", 4: "approve", 5: "revoke", 6: "set authority", 9: "close account",
    16: "initialize account", 17: "sync native", 18: "initialize account", 20: "initialize mint",
    21: "account data size", 22: "immutable owner", 255: "batch",
}  # fmt: skip


class Reading:
    """One transaction with its answer. ``wanted`` are the programs that would be published."""

    def __init__(
        self, transaction: Transaction, decoded: Decoded, registry: Registry, wanted: Collection[str], failed: str = ""
    ) -> None:
        self.transaction = transaction
        self.decoded = decoded
        self.failed = failed
        self._wanted = wanted
        self._programs = {program.address: program for program in registry.programs}
        self._names = _PLAIN | {one.address: one.name for one in registry.programs}
        self._names |= {one.address: one.name for one in registry.routers}
        self._tree = Tree(transaction, registry.addresses)
        self._moved: dict[int, list[Movement]] = defaultdict(list)
        for movement in self._tree.movements.all:
            self._moved[movement.position].append(movement)

    def render(self) -> RenderableType:
        """The tree on the left, swaps and reasons beside their instructions, a verdict below."""
        grid = Table.grid(padding=(0, 3))
        grid.add_column(overflow="fold")
        grid.add_column(overflow="fold")
        for call, guide in zip(self.transaction.trace, self._guides(), strict=True):
            beside = list(self.outcome(call))
            line = Text(guide, style="dim") + self._label(call)
            grid.add_row(line, beside[0] if beside else "")
            below = guide.replace("├─", "│ ").replace("└─", "  ")
            for more in beside[1:]:
                grid.add_row(Text(below, style="dim"), more)
        place = f"slot {self.transaction.slot:,}" if self.transaction.slot else "slot unknown"
        head = Text.assemble((self.transaction.signature, "bold"), (f"  {place}", "dim"))
        return Group(head, grid, Text(self.verdict(), style="bold"), Text())

    def verdict(self) -> str:
        """One line: what the transaction gives, or why it gives nothing."""
        if self.failed:
            return f"failed on chain, so no swap: {self.failed}"
        if not any(call.program in self._programs for call in self.transaction.trace):
            return "no known program is called: nothing to decode"
        answer = self.decoded
        counts = (
            (len(answer.swaps), "swap", "swaps"),
            (len(answer.dead), "dead letter", "dead letters"),
            (len(answer.idle), "instruction that moved nothing", "instructions that moved nothing"),
            (len(answer.unknown), "unknown instruction", "unknown instructions"),
            (sum(check.result == "agree" for check in answer.checks), "check agrees", "checks agree"),
            (sum(check.result == "differ" for check in answer.checks), "check DIFFERS", "checks DIFFER"),
        )
        parts = [f"{count} {one if count == 1 else many}" for count, one, many in counts if count]
        return ", ".join(parts) or "no swap instruction is called"

    def outcome(self, call: Instruction) -> Iterator[Text]:
        """What became of an instruction of ours; nothing for the others."""
        swaps = [swap for swap in self.decoded.swaps if swap.idx == call.position]
        for swap in swaps:
            yield from self._swap(swap)
        if swaps:
            yield self._checks(call.position)
            return
        for letter in self.decoded.dead:
            if letter.idx == call.position:
                yield Text(f"dead letter, {letter.reason}: {letter.detail}", style="red")
                return
        why = self._no_swap(call)
        if why:
            yield Text(why, style="yellow" if why.startswith("unknown") else "dim")

    def _no_swap(self, call: Instruction) -> str:
        program = self._programs.get(call.program)
        if program is None or self.failed or is_event(call):
            return ""
        data = _data(call) if program.reveal is None else program.reveal(_data(call))
        for name, tag in self.decoded.unknown:
            if name == program.name and data.hex().startswith(tag):
                return f"unknown instruction {tag}: no layout lists it"
        if data.startswith(program.other_tags):
            return "not a swap instruction"
        return "moved nothing: no swap" if program.name in self.decoded.idle else ""

    def _swap(self, swap: Swap) -> Iterator[Text]:
        paid = f"{exact_amount(swap.amount_in, swap.decimals_in)} {token_name(swap.mint_in)}"
        got = f"{exact_amount(swap.amount_out, swap.decimals_out)} {token_name(swap.mint_out)}"
        wanted = swap.program in self._wanted
        line = Text.assemble((paid, "bold"), " → ", (got, "bold"), style="green" if wanted else "dim")
        route = f"via {swap.route}" if swap.route else "direct"
        hop = f", hop {swap.hop + 1} of {swap.hops}" if swap.hops > 1 else ""
        yield line + Text(f"  {route}{hop}" + ("" if wanted else "  not in --programs"), style="dim")
        fees = [
            f"{exact_amount(fee.amount, self._decimals(fee.mint))} {token_name(fee.mint)} {fee.kind}"
            for fee in swap.fees
        ]
        for side, amount in (("in", swap.transfer_fee_in), ("out", swap.transfer_fee_out)):
            if amount:
                mint = swap.mint_in if side == "in" else swap.mint_out
                fees.append(f"{exact_amount(amount, self._decimals(mint))} {token_name(mint)} transfer fee")
        if fees:
            yield Text("fees: " + ", ".join(fees), style="dim")

    def _checks(self, position: int) -> Text:
        said = [check for check in self.decoded.checks if check.idx == position]
        if not said:
            return Text("no witness beside the transfers", style="dim")
        differ = [check for check in said if check.result == "differ"]
        agree = dict.fromkeys(check.check for check in said if check not in differ)
        line = Text(f"agree: {', '.join(agree)}" if agree else "", style="dim")
        for check in differ:
            line += Text(f"  {_difference(check)}", style="red")
        return line

    def _decimals(self, mint: str) -> int | None:
        return next((row.decimals for row in self.transaction.tokens.values() if row.mint == mint), None)

    def _label(self, call: Instruction) -> Text:
        name = self._names.get(call.program)
        style = "cyan" if call.program in self._names and call.program not in _PLAIN else ""
        head = Text.assemble((f"{call.position} ", "dim"), (name or _short(call.program), style))
        return head + Text(f" {self._detail(call)}".rstrip(), style="dim")

    def _detail(self, call: Instruction) -> str:
        if is_event(call):
            return "event"
        moved = self._moved.get(call.position, ())
        if moved:
            more = f" and {len(moved) - _BATCH_SHOWN} more" if len(moved) > _BATCH_SHOWN else ""
            return ", ".join(map(self._movement, moved[:_BATCH_SHOWN])) + more
        if call.program in self._programs:
            return self._instruction(call)
        names = {TOKEN: _TOKEN_NAMES, TOKEN_2022: _TOKEN_NAMES, SYSTEM: _SYSTEM_NAMES}.get(call.program, {})
        return names.get(_data(call)[0], "") if _data(call) else ""

    def _instruction(self, call: Instruction) -> str:
        """The swap instruction's name, where the data carries its tag."""
        program = self._programs[call.program]
        data = _data(call) if program.reveal is None else program.reveal(_data(call))
        named = next((swap.instruction for swap in self.decoded.swaps if swap.idx == call.position), "")
        return named or next((layout.name for layout in program.swaps if layout.matches(data)), "")

    def _movement(self, movement: Movement) -> str:
        if movement.kind is Kind.LAMPORTS:
            amount = f"{exact_amount(movement.amount, _LAMPORT_DECIMALS)} SOL"
        else:
            row = self.transaction.tokens.get(movement.source) or self.transaction.tokens.get(movement.dest)
            mint = movement.mint or (row.mint if row else None)
            decimals = movement.decimals if movement.decimals is not None else row.decimals if row else None
            amount = f"{exact_amount(movement.amount, decimals)} {token_name(mint) if mint else '?'}"
        what = "" if movement.kind in {Kind.TRANSFER, Kind.LAMPORTS} else f"{movement.kind.value} "
        return f"{what}{amount}  {_short(movement.source)} → {_short(movement.dest)}"

    def _guides(self) -> Iterator[str]:
        """The branches before each line; inner calls of old history, without stack heights, stand side by side."""
        depths = [(call.height or 2) - 1 for call in self.transaction.trace]
        for at, depth in enumerate(depths):
            bars = []
            for level in range(1, depth + 1):
                goes_on = next((later for later in depths[at + 1 :] if later <= level), 0) == level
                bars.append(("├─ " if goes_on else "└─ ") if level == depth else "│  " if goes_on else "   ")
            yield "".join(bars)


def _difference(check: Check) -> str:
    return f"{check.check} DIFFERS: {check.detail}"


def _data(call: Instruction) -> bytes:
    try:
        return call.data
    except ValueError:
        return b""


def _short(address: str) -> str:
    return f"{address[:4]}…{address[-4:]}"
