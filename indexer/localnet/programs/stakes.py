"""Staked tokens: stake pools, and what stands for a stake."""

from dataclasses import replace
from typing import Any

from indexer.localnet.builder_keys import address
from indexer.localnet.builder_market import JITOSOL, MSOL, ORCA, SOL, Pool, pool, share
from indexer.localnet.programs.table import Paid, Row, Table, issuing, redeeming, share_pools
from indexer.localnet.programs.venue import Venue


# Three deployments of the stake pool program: lamports against shares, fees in shares
def _stake_pool(slug: str, where: str, symbol: str) -> Venue:
    table = Table(slug, where)
    deposit = Row(
        accounts="pool* authority vault_b* user* user_a* manager* referrer* mint_a* system token",
        data="x0e in",
        authority="authority",
        fees=(Paid(to="manager", basis_points=5, of="out"), Paid(to="referrer", basis_points=5, of="out")),
    )
    withdraw = Row(
        payout="stake",
        accounts="pool* authority user user_a* vault_b* user_b* manager* mint_a* clock stake_history "
        "stake_program token",
        data="x10 in_and_fee",
        authority="authority",
        fees=(Paid(to="manager", basis_points=10, of="in"),),
    )
    return table.venue(
        share_pools(slug, (share(symbol, SOL, 1.2), SOL), (share(f"{symbol} II", SOL, 1.07), SOL)),
        table.kind("deposit_sol", **issuing(deposit), native=True, styles=("plain",)),
        table.kind("withdraw_sol", **redeeming(withdraw), native=True, styles=("plain", "checked")),
        table.kind(
            "deposit_sol_with_slippage",
            **issuing(replace(deposit, data="x19 in least")),
            native=True,
            styles=("plain",),
        ),
        table.kind(
            "withdraw_sol_with_slippage",
            **redeeming(replace(withdraw, data="x1a in_and_fee least")),
            native=True,
            styles=("plain",),
        ),
        conversion=True,
    )


SPL_STAKE_POOL = _stake_pool("spl_stake_pool", "SPoo1Ku8WFXoNDMHPsrGSTSG1Y47rzgn41SLUNakuHy", "plainSOL")
SANCTUM_MULTI_STAKE_POOL = _stake_pool(
    "sanctum_multi_stake_pool", "SPMBzsVUuoHA4Jm6KunbsotaahvVikZs1JyTW6iJvbn", "multiSOL"
)
SANCTUM_SPL_STAKE_POOL = _stake_pool("sanctum_spl_stake_pool", "SP12tWFxD9oJsVWNavTTBZvMbA6gkAmxtVgxdqvyvhY", "soloSOL")

_SOLS = Table("sanctum_sols", "so1f7APRw5pJ5iNJrM9g5X9tQgXzk8kMUnXxDNdt99b")
SANCTUM_SOLS = _SOLS.venue(
    share_pools("sanctum_sols", (share("SOLS", SOL, 1.0), SOL)),
    _SOLS.kind(
        "deposit_wrapped_sol",
        **issuing(Row(accounts="mint_a* user_a* pool* user_b* vault_b* user mint_b token", data="x02 in")),
    ),
    conversion=True,
)

_SOLAYER = Table("solayer", "endoLNCKTqDn8gSVnN2hDdpgACUPWHZTwoYnnMybpAT")
_DELEGATE = "user* pool* mint_a* vault_b* mint_b user_b* user_a* token associated system"


def _solayer(name: str, tag: str) -> Any:
    row = Row(accounts=_DELEGATE, data=f"{tag} in", log="".join(word.title() for word in name.split("_")))
    return _SOLAYER.kind(name, row, side="sell" if name.startswith("un") else "buy")


SOLAYER = _SOLAYER.venue(
    share_pools("solayer", (share("sSOL", JITOSOL, 1.0), JITOSOL)),
    _solayer("delegate", "x5a934bb255580489"),
    _solayer("delegate_no_init", "xfe00de2891766e14"),
    _solayer("undelegate", "x8394b4c65b682aee"),
    _solayer("undelegate_no_init", "xd511d75105727c4e"),
    conversion=True,
)

_UNSTAKE = Table("vault_liquid_unstake", "2rU1oCHtQ7WJUvy15tKtFvxdYNNSc3id7AzUcjeFSddo")
VAULT_LIQUID_UNSTAKE = _UNSTAKE.venue(
    (pool("vault_liquid_unstake", SOL, JITOSOL, 400_000, 3), pool("vault_liquid_unstake", SOL, MSOL, 200_000, 3)),
    _UNSTAKE.kind(
        "buy_lst",
        Row(
            accounts="user* user_a* pool* vault_a* vault_b* _ _ _ _ _ _ user_b* _ token associated system _",
            data="x3861528a72ba350c in least x01",
            log="BuyLst",
        ),
        side="sell",
    ),
    conversion=True,
)

# Marinade: staked SOL goes to the reserve for new tokens, or to the liquidity pool for those it holds
_MARINADE = Table("marinade", "MarBmsSgKXdrN1egZf5sqe1TMai9K1rChYNDJgjq7aD")
_STATE = "8szGkuLTAux9XMgZ2vtY39jVSowEcpBfFfD8hXSEqdGC"
_STAKED = share("staked by Marinade", SOL, 1.3)
_ISSUE, _LIQUIDITY = (
    Pool(
        program="marinade",
        address=_STATE,
        a=_STAKED,
        b=SOL,
        vault_a=vault_a,
        vault_b=address(_STATE, vault_b),
        tvl_usd=3_000_000,
        fee_basis_points=0,
    )
    for vault_a, vault_b in ((_STAKED.address, "reserve"), (address(_STATE, "token_leg"), "sol_leg"))
)
MARINADE = _MARINADE.venue(
    (_ISSUE, _LIQUIDITY),
    _MARINADE.kind(
        "deposit",
        **issuing(
            Row(
                accounts="pool* mint_a* sol_leg* token_leg* authority reserve* user* user_a* _ system token",
                data="xf223c68952e1f2b6 in",
                log="Deposit",
                authority="authority",
            )
        ),
        native=True,
        styles=("plain",),
    ),
    _MARINADE.kind(
        "liquid_unstake",
        **redeeming(
            Row(
                accounts="pool* mint_a* sol_leg* token_leg* treasury* user_a* user user* system token",
                data="x1e1e77f0bfe30c10 in_and_fee",
                log="LiquidUnstake",
                fees=(Paid(to="treasury", basis_points=7, of="in"),),
                output_first=True,
                payout="system",
            )
        ),
        native=True,
        takes=lambda pool: pool is _LIQUIDITY,
        styles=("plain",),
    ),
    conversion=True,
)

_PROP_S = Table("sanctum_prop_s", "pegVkBpfR9GFi5Jaa9YXAHACyM9CzCNvhc5bf8GWNyW")
SANCTUM_PROP_S = _PROP_S.venue(
    (pool("sanctum_prop_s", JITOSOL, SOL, 500_000, 2), pool("sanctum_prop_s", MSOL, SOL, 300_000, 2)),
    _PROP_S.kind(
        "swap", Row(accounts="user_in* vault_in* user_out* vault_out* pool* user token token", data="x00 in least")
    ),
    conversion=True,
)

_XORCA = Table("xorca", "StaKE6XNKVVhG8Qu9hDJBqCW3eRe7MDGLz17nJZetLT")
XORCA = _XORCA.venue(
    share_pools("xorca", (share("xORCA", ORCA, 1.03), ORCA)),
    _XORCA.kind(
        "stake", **issuing(Row(accounts="user vault_b* user_b* user_a* mint_a* pool* mint_b token", data="x00 in"))
    ),
    conversion=True,
)

VENUES = (
    SPL_STAKE_POOL,
    SANCTUM_MULTI_STAKE_POOL,
    SANCTUM_SPL_STAKE_POOL,
    MARINADE,
    SANCTUM_PROP_S,
    SANCTUM_SOLS,
    SOLAYER,
    VAULT_LIQUID_UNSTAKE,
    XORCA,
)
