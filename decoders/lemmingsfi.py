"""LemmingsFi: a proprietary AMM around its operator's price. Its integration guide tells the layout."""

from decoders.engine.families_prop import SIDE_FIRST
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="lemmingsfi",
    address="BQEJZUB4CzoT6UhRffoCkqCyqQNrCPCSGHcPEmsdbEsX",
    kind="prop_amm",
    swaps=tuple(
        SwapIx(name, accounts=8, pool=2, vaults=(3, 4), users=(5, 6), user=0, args=SIDE_FIRST)
        for name in ("swap", "swap2")
    ),
    others="create_market deposit initialize migrate_market migrate_market_v2 set_config_authority set_global_paused"
    " set_market_authority set_oracle_authority update_oracle update_params withdraw",
)
