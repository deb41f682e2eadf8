"""A finished scene as the RPC's `json` encoding: accounts in order, lookup tables, balances, logs."""

from collections.abc import Iterable
from typing import Any, Literal

from indexer.localnet.builder_keys import TOKEN, TOKEN_2022, address, base58
from indexer.localnet.builder_ledger import Holding
from indexer.localnet.builder_scene import Scene, Step

Version = Literal["legacy", 0, 1]
SIGNATURE_FEE = 5_000
TABLE_SIZE = 256


def encode(
    scene: Scene,
    *,
    signatures: list[str],
    blockhash: str,
    version: Version = "legacy",
    lookup_table: bool = False,
    null_stack_height: bool = False,
    fee: int = SIGNATURE_FEE,
) -> tuple[dict[str, Any], list[str]]:
    """The transaction as an item of getBlock's `transactions`, and all its accounts in order."""
    keys = _Keys(scene, version=version, lookup_table=lookup_table)
    scene.ledger.settle(keys.all, frozenset(step.program for step in scene.steps))
    index = {key: at for at, key in enumerate(keys.all)}
    outer, inner = _instructions(scene.steps, index, null_stack_height=null_stack_height)
    message: dict[str, Any] = {
        "accountKeys": keys.static,
        "header": keys.header,
        "recentBlockhash": blockhash,
        "instructions": outer,
    }
    if version == 0:
        message["addressTableLookups"] = keys.lookups
    error = None if scene.error is None else {"InstructionError": [scene.outer, {"Custom": scene.error}]}
    meta = {
        "err": error,
        "status": {"Ok": None} if error is None else {"Err": error},
        "fee": fee,
        "preBalances": [scene.ledger.lamports[key][0] for key in keys.all],
        "postBalances": [scene.ledger.lamports[key][1] for key in keys.all],
        "innerInstructions": inner,
        "logMessages": scene.logs,
        "preTokenBalances": list(_token_rows(scene, index, after=False)),
        "postTokenBalances": list(_token_rows(scene, index, after=True)),
        "rewards": None,
        "loadedAddresses": {"writable": keys.loaded_writable, "readonly": keys.loaded_readonly},
        "computeUnitsConsumed": scene.used,
    }
    encoded = {"transaction": {"signatures": signatures, "message": message}, "meta": meta, "version": version}
    return encoded, keys.all


class _Keys:
    """Every account of the transaction in the runtime's order; what may be loaded comes from lookup tables."""

    def __init__(self, scene: Scene, *, version: Version, lookup_table: bool) -> None:
        used = dict.fromkeys(account for step in scene.steps for account in (*step.accounts, step.program))
        signers = dict.fromkeys(scene.signers)
        others = [account for account in used if account not in signers]
        called = {step.program for step in scene.steps if step.height == 1}
        load = version == 0 and lookup_table
        loaded = [account for account in others if load and account not in called]
        kept = [account for account in others if not load or account in called]
        writable = scene.writable
        readonly = [account for account in kept if account not in writable]
        self.static = [*signers, *(account for account in kept if account in writable), *readonly]
        self.header = {
            "numRequiredSignatures": len(signers),
            "numReadonlySignedAccounts": 0,
            "numReadonlyUnsignedAccounts": len(readonly),
        }
        self.loaded_writable = [account for account in loaded if account in writable]
        self.loaded_readonly = [account for account in loaded if account not in writable]
        self.all = [*self.static, *self.loaded_writable, *self.loaded_readonly]
        self.lookups = self._lookups(scene)

    def _lookups(self, scene: Scene) -> list[dict[str, Any]]:
        """One table, or two when there is much to load; places inside a table are made up but never repeat."""
        if not self.loaded_writable and not self.loaded_readonly:
            return []
        cut, cut_readonly = (len(part) * 2 // 3 for part in (self.loaded_writable, self.loaded_readonly))
        parts = (
            (range(cut), range(cut_readonly)),
            (range(cut, len(self.loaded_writable)), range(cut_readonly, len(self.loaded_readonly))),
        )
        stride, start = 7, scene.draw.randrange(TABLE_SIZE)
        return [
            {
                "accountKey": address("table", scene.steps[-1].program, str(number)),
                "writableIndexes": [(start + stride * at) % TABLE_SIZE for at in writable],
                "readonlyIndexes": [
                    (start + stride * (at + len(self.loaded_writable))) % TABLE_SIZE for at in readonly
                ],
            }
            for number, (writable, readonly) in enumerate(parts)
            if writable or readonly
        ]


def _instructions(
    steps: Iterable[Step], index: dict[str, int], *, null_stack_height: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The message's instructions and meta's innerInstructions."""
    outer: list[dict[str, Any]] = []
    inner: dict[int, list[dict[str, Any]]] = {}
    for step in steps:
        encoded = {
            "programIdIndex": index[step.program],
            "accounts": [index[account] for account in step.accounts],
            "data": base58(step.data),
            "stackHeight": None if null_stack_height else step.height,
        }
        if step.height == 1:
            outer.append(encoded)
        else:
            inner.setdefault(step.outer, []).append(encoded)
    return outer, [{"index": at, "instructions": calls} for at, calls in inner.items()]


def _token_rows(scene: Scene, index: dict[str, int], *, after: bool) -> Iterable[dict[str, Any]]:
    rows = ((index[account], holding) for account, holding in scene.ledger.tokens.items() if account in index)
    for at, holding in sorted(rows, key=lambda row: row[0]):
        amount = holding.after if after else holding.before
        if amount is not None:
            yield {
                "accountIndex": at,
                "mint": holding.mint.address,
                "owner": holding.owner,
                "programId": TOKEN if holding.mint.program == TOKEN else TOKEN_2022,
                "uiTokenAmount": _ui_amount(amount, holding),
            }


def _ui_amount(amount: int, holding: Holding) -> dict[str, Any]:
    decimals = holding.mint.decimals
    digits = str(amount).rjust(decimals + 1, "0")
    text = f"{digits[:-decimals]}.{digits[-decimals:]}".rstrip("0").rstrip(".") if decimals else digits
    return {
        "amount": str(amount),
        "decimals": decimals,
        "uiAmount": float(text) if amount else None,
        "uiAmountString": text,
    }
