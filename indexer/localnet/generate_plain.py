"""Transactions that hold no swap and are most of a block: votes and plain payments, written straight as JSON text."""

import random
from dataclasses import dataclass
from functools import lru_cache

from indexer.localnet.builder_keys import SYSTEM, VOTE, address, base58, raw
from indexer.localnet.source import Entry

VALIDATORS = 1_200
WALLETS = 5_000
TOWER_DEPTH = 31
VOTE_LOGS = (f"Program {VOTE} invoke [1]", f"Program {VOTE} success")
PAY_LOGS = (f"Program {SYSTEM} invoke [1]", f"Program {SYSTEM} success")

_SHAPE = (
    '{"transaction":{"signatures":["%s"],"message":{"accountKeys":["%s","%s","%s"],"header":{'
    '"numRequiredSignatures":1,"numReadonlySignedAccounts":0,"numReadonlyUnsignedAccounts":1},'
    '"recentBlockhash":"%s","instructions":[{"programIdIndex":2,"accounts":%s,"data":"%s","stackHeight":1}]}},'
    '"meta":{"err":null,"status":{"Ok":null},"fee":5000,"preBalances":[%d,%d,1],"postBalances":[%d,%d,1],'
    '"innerInstructions":[],"logMessages":["Program %s invoke [1]","Program %s success"],"preTokenBalances":[],'
    '"postTokenBalances":[],"rewards":null,"loadedAddresses":{"writable":[],"readonly":[]},'
    '"computeUnitsConsumed":%d},"version":"legacy"}'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A transaction as JSON text, and what the node needs to notify about it."""

    text: str
    entry: Entry


@lru_cache(maxsize=VALIDATORS)
def _validator(number: int) -> tuple[str, str, frozenset[str]]:
    identity, votes = address("validator", str(number)), address("validator", str(number), "votes")
    return identity, votes, frozenset((identity, votes, VOTE))


@lru_cache(maxsize=WALLETS)
def _wallet(number: int) -> str:
    return address("payer", str(number))


class Votes:
    """The votes of one block: every validator's differs in its keys and signature only."""

    def __init__(self, slot: int, blockhash: str, block_time: int) -> None:
        self.slot = slot
        self.blockhash = blockhash
        self.data = base58(_tower(slot, blockhash, block_time))

    def vote(self, number: int, signature: str) -> Written:
        """The vote of the block's validator ``number``."""
        identity, votes, accounts = _validator((number + self.slot * 17) % VALIDATORS)
        balance = 9_000_000_000 + number * 1_000_003
        text = _SHAPE % (
            signature, identity, votes, VOTE, self.blockhash, "[1,0]", self.data,
            balance, 27_074_400, balance - 5_000, 27_074_400, VOTE, VOTE, 2_100,
        )  # fmt: skip
        return Written(
            text=text, entry=Entry(signature=signature, accounts=accounts, err=None, logs=VOTE_LOGS, vote=True)
        )


def payment(draw: random.Random, blockhash: str, signature: str) -> Written:
    """SOL from one wallet to another."""
    source, target = draw.randrange(WALLETS), draw.randrange(WALLETS - 1)
    payer, payee = _wallet(source), _wallet(target if target < source else target + 1)
    lamports = draw.randrange(1_000, 500_000_000)
    before, there = draw.randrange(600_000_000, 90_000_000_000), draw.randrange(1_000_000, 9_000_000_000)
    data = base58(b"\x02\0\0\0" + lamports.to_bytes(8, "little"))
    text = _SHAPE % (
        signature, payer, payee, SYSTEM, blockhash, "[0,1]", data,
        before, there, before - lamports - 5_000, there + lamports, SYSTEM, SYSTEM, 150,
    )  # fmt: skip
    entry = Entry(signature=signature, accounts=frozenset((payer, payee, SYSTEM)), err=None, logs=PAY_LOGS)
    return Written(text=text, entry=entry)


def _tower(slot: int, blockhash: str, block_time: int) -> bytes:
    """TowerSync: root, lockouts as steps of one slot, the bank's hash, a timestamp, the block's id."""
    lockouts = b"".join(bytes((1, confirmations)) for confirmations in range(TOWER_DEPTH, 0, -1))
    voted = (14).to_bytes(4, "little") + max(0, slot - TOWER_DEPTH - 1).to_bytes(8, "little")
    voted += bytes((TOWER_DEPTH,)) + lockouts + raw(blockhash)
    return voted + b"\1" + block_time.to_bytes(8, "little", signed=True) + raw(blockhash)
