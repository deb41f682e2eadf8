"""What Meteora's DAMM v2 and DBC do alike: how exact a swap2 is, and a referrer paid from the vault that gives."""

from indexer.localnet.builder_keys import address
from indexer.localnet.builder_scene import Scene, Transfer
from indexer.localnet.programs.venue import Trade, stock

EXACT_IN, PARTIAL_FILL, EXACT_OUT = 0, 1, 2
SWAP_EVENT = bytes.fromhex("1b3c15d58aaabb93")
REFERRAL_PARTS = 500


def mode_of(trade: Trade) -> int:
    """The argument that says what is exact."""
    if trade.partial:
        return PARTIAL_FILL
    return EXACT_IN if trade.exact_in else EXACT_OUT


def referral_of(trade: Trade, slug: str) -> str | None:
    """The referrer's token account, where the trade has one."""
    return address(slug, "referral", trade.mint_out.symbol) if trade.variant == "referral" else None


def referral_fee(scene: Scene, trade: Trade, slug: str, authority: str) -> list[Transfer]:
    """What the vault pays to the referrer beside the leg."""
    referral = referral_of(trade, slug)
    if referral is None:
        return []
    stock(scene, trade, authority)
    scene.ledger.hold(referral, trade.mint_out, address(slug, "referrer"), 3_000_000)
    return [Transfer(trade.vault_out, referral, max(1, trade.amount_out // REFERRAL_PARTS), authority)]
