"""The token-swap family: one program by many names, fees paid as new pool shares between the two transfers."""

from indexer.localnet.builder_keys import TOKEN_2022
from indexer.localnet.builder_market import BONK, HODLORD, MSOL, ORCA, SOL, TITHE, USDC, USDT, Mint
from indexer.localnet.programs.form import Act, Deed, Form, Given, fee_in_shares, got, paid, pools_of, table_row
from indexer.localnet.programs.venue import Venue

#: how often the fee is large enough for a share
SHARES_SHARE = 0.7
HEAD = "pool authority user user_in* vault_in* vault_out* user_out* lp_mint* fee_account*"


def _sometimes_shares(act: Act) -> None:
    """A fee that rounds to nothing mints nothing."""
    if act.scene.draw.random() < SHARES_SHARE:
        fee_in_shares(act)


def _swap(accounts: str, given: Given | None = None, **kind: object) -> Form:
    return Form(
        name="swap",
        accounts=accounts,
        data="x01 offered least",
        owner="authority",
        log="Swap",
        given=given,
        acts=(paid, Deed(_sometimes_shares), got),
        kind={"partial": True, "styles": ("plain",)} | kind,
    )


OLD = _swap(f"{HEAD} token|{HEAD} token host_fee*")
#: FluxBeam's copy takes any tokens and moves them with checked transfers only
NEW = _swap(
    f"{HEAD} mint_in mint_out program_in program_out lp_program",
    lambda _scene, _trade: {"lp_program": TOKEN_2022},
    token_2022=True,
    styles=("checked", "checked", "with_fee"),
)
#: where the new mints and programs may follow, and need not
EITHER = _swap(f"{HEAD} token|{HEAD} mint_in mint_out program_in program_out token", styles=("plain", "checked"))


def _old(slug: str, where: str, tvl: float, form: Form = OLD, *extra: tuple[Mint, Mint]) -> Venue:
    pairs = ((SOL, USDC), (SOL, USDT), (USDC, USDT), *(extra or ((ORCA, USDC),)))
    pools = [(a, b, tvl / (1 + at)) for at, (a, b) in enumerate(pairs)]
    return table_row(slug, where, pools_of(slug, *pools, fee_basis_points=30), form, weight=0.6)


VENUES: tuple[Venue, ...] = (
    _old("orca_token_swap_v2", "9W959DqEETiGZocYWCQPaJ6sBmUzgfxXfqGeTEdp3aQP", 600_000),
    _old("orca_token_swap_v1", "DjVE6JNiYqPL2QXyCUUh8rNjHrbz9hXHNYt99MQ59qw1", 90_000),
    _old("spl_token_swap", "SwaPpA9LAaLfeLi3a68M4DjnLqgtticKg6CnyNwgAC8", 60_000),
    _old("saros_amm", "SSwapUtytfBdBn1b9NUGG6foMVPtcWgpRU32HToDUZr", 400_000, OLD, (MSOL, SOL)),
    _old("dooar", "Dooar9JkhdZ7J3LHN3A7YCuoGRUggXhQaG4kijfLGU2j", 200_000),
    _old("penguin", "PSwapMdSai8tjrEXcxFeQth87xC4rRsa4VA5mhGhXkP", 60_000),
    _old("dexlab", "DSwpgjMvXhtGn6BsbqmacdBZyfLj6jSWf3HJpdJtmg6N", 60_000, EITHER, (BONK, SOL)),
    _old("fluxbeam", "FLUXubRmkEi2q6K3Y9kBPg9248ggaZVsoSFhtJHSrm1X", 500_000, NEW, (TITHE, SOL), (HODLORD, SOL)),
)
