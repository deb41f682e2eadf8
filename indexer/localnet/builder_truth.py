"""What a built transaction is known to contain: the swaps, stated by the one who made them."""

from dataclasses import dataclass

from indexer.localnet.builder_market import Mint


@dataclass(slots=True, kw_only=True)
class Leg:
    """A swap as its program made it, while the transaction is still being built."""

    program: str
    instruction: str
    position: int
    outer: int
    leg: int
    pool: str
    user: str
    mint_in: Mint
    mint_out: Mint
    amount_in: int
    amount_out: int
    vault_in: str | None
    vault_out: str | None
    fee_in: int = 0
    fee_out: int = 0
    route: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """One swap of a built transaction with every value the indexer must publish for it.

    Amounts are raw units of the pool leg, gross of transfer fees. For a native SOL leg the vault is the curve's
    account and the reserve its lamports after the transaction. Decimals are None where no token balance of the
    transaction shows the mint; vaults and reserves where no token account takes part. What a program mints or burns has
    the mint as its vault, and no reserve. A transfer fee is stated even
    where the transaction does not show it (two swaps through one account, plain checked transfers): null is right then.
    """

    slot: int
    block_time: int
    signature: str
    tx_index: int
    program: str
    program_id: str
    instruction: str
    outer_idx: int
    idx: int
    leg: int
    pool: str
    user: str
    fee_payer: str
    mint_in: str
    mint_out: str
    amount_in: int
    amount_out: int
    decimals_in: int | None
    decimals_out: int | None
    vault_in: str | None
    vault_out: str | None
    reserve_in: int | None
    reserve_out: int | None
    transfer_fee_in: int
    transfer_fee_out: int
    route: str | None
    hop: int
    hops: int

    @property
    def id(self) -> str:
        """The swap's id on the wire."""
        leg = f".{self.leg}" if self.leg else ""
        return f"501:{self.slot}:{self.signature}:{self.idx}{leg}"
