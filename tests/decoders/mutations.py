"""Ways to break a transaction, each a function of the transaction and of chance."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from decoders.engine import text58
from decoders.engine.model import Instruction, TokenAccount, Transaction

Mutation = Callable[[Transaction, Random], Transaction]


def with_trace(transaction: Transaction, calls: list[Instruction]) -> Transaction:
    """The transaction with another trace, positions counted anew."""
    trace = tuple(
        Instruction(
            position=position, outer=one.outer, height=one.height, program=one.program, accounts=one.accounts,
            text=one.text,
        )
        for position, one in enumerate(calls)
    )  # fmt: skip
    return replace(transaction, trace=trace)


def changed(one: Instruction, **changes: object) -> Instruction:
    """The instruction with some fields exchanged."""
    fields = {name: getattr(one, name) for name in ("position", "outer", "height", "program", "accounts", "text")}
    return Instruction(**{**fields, **changes})


def _at(transaction: Transaction, position: int, one: Instruction) -> Transaction:
    calls = list(transaction.trace)
    calls[position] = one
    return with_trace(transaction, calls)


def _pick(transaction: Transaction, random: Random) -> tuple[int, Instruction]:
    position = random.randrange(len(transaction.trace))
    return position, transaction.trace[position]


def _is_outer(transaction: Transaction, position: int) -> bool:
    """Whether it is the first instruction of its outer index: the outer one itself."""
    return position == 0 or transaction.trace[position - 1].outer != transaction.trace[position].outer


def _bytes(one: Instruction) -> bytes:
    """The data, or nothing where another mutation has spoilt the text."""
    try:
        return one.data
    except ValueError:
        return b""


def cut_data(transaction: Transaction, random: Random) -> Transaction:
    """Instruction data ends early."""
    position, one = _pick(transaction, random)
    data = _bytes(one)
    return _at(transaction, position, changed(one, text=text58.encode(data[: random.randrange(len(data) + 1)])))


def flip_data(transaction: Transaction, random: Random) -> Transaction:
    """One bit of instruction data."""
    position, one = _pick(transaction, random)
    data = bytearray(_bytes(one))
    if not data:
        return transaction
    data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return _at(transaction, position, changed(one, text=text58.encode(bytes(data))))


def spoil_text(transaction: Transaction, random: Random) -> Transaction:
    """Data that is not base58."""
    position, one = _pick(transaction, random)
    at = random.randrange(len(one.text) + 1)
    return _at(transaction, position, changed(one, text=one.text[:at] + "0" + one.text[at:]))


def cut_accounts(transaction: Transaction, random: Random) -> Transaction:
    """Accounts of an instruction end early."""
    position, one = _pick(transaction, random)
    return _at(transaction, position, changed(one, accounts=one.accounts[: random.randrange(len(one.accounts) + 1)]))


def flip_account(transaction: Transaction, random: Random) -> Transaction:
    """An account is another one of the transaction."""
    position, one = _pick(transaction, random)
    if not one.accounts:
        return transaction
    accounts = list(one.accounts)
    accounts[random.randrange(len(accounts))] = random.choice(random.choice(transaction.trace).accounts or one.accounts)
    return _at(transaction, position, changed(one, accounts=tuple(accounts)))


def drop_call(transaction: Transaction, random: Random) -> Transaction:
    """An instruction is missing; an outer one with all below it, because nodes list these under its index."""
    position, one = _pick(transaction, random)
    outer = _is_outer(transaction, position)
    calls = [call for call in transaction.trace if call is not one and not (outer and call.outer == one.outer)]
    return with_trace(transaction, calls) if calls else transaction


def swap_calls(transaction: Transaction, random: Random) -> Transaction:
    """Two instructions have changed places, but not their heights and outer instructions."""
    (first, one), (second, other) = _pick(transaction, random), _pick(transaction, random)
    calls = list(transaction.trace)
    calls[first] = changed(other, outer=one.outer, height=one.height)
    calls[second] = changed(one, outer=other.outer, height=other.height)
    return with_trace(transaction, calls)


def change_height(transaction: Transaction, random: Random) -> Transaction:
    """A stack height is wrong or missing; outer instructions have none to be wrong."""
    position, one = _pick(transaction, random)
    if _is_outer(transaction, position):
        return transaction
    height = random.choice((None, 0, 1, 2, 3, (one.height or 1) + 1))
    return _at(transaction, position, changed(one, height=height))


def change_balance(transaction: Transaction, random: Random) -> Transaction:
    """A token balance is another, or missing on one side or on both."""
    tokens = dict(transaction.tokens)
    if not tokens:
        return transaction
    account = random.choice(sorted(tokens))
    row = tokens[account]
    choice = random.randrange(4)
    if choice == 0:
        del tokens[account]
    elif choice == 1:
        tokens[account] = TokenAccount(row.mint, row.decimals, row.owner, None, row.after)
    elif choice == 2:
        tokens[account] = TokenAccount(row.mint, row.decimals, row.owner, row.before, (row.after or 0) + 1)
    else:
        tokens[account] = TokenAccount(random.choice(sorted(tokens)), row.decimals, None, row.before, row.after)
    return replace(transaction, tokens=tokens)


def lose_logs(transaction: Transaction, random: Random) -> Transaction:
    """Logs are cut or were not kept."""
    logs = transaction.logs
    if logs is None or random.random() < 0.3:
        return replace(transaction, logs=None)
    return replace(transaction, logs=(*logs[: random.randrange(len(logs) + 1)], "Log truncated"))


MUTATIONS: tuple[Mutation, ...] = (
    cut_data, flip_data, spoil_text, cut_accounts, flip_account, drop_call, swap_calls, change_height, change_balance,
    lose_logs,
)  # fmt: skip
