"""Scale VMM: bonding curves with virtual reserves; a buy may move the liquidity on to Scale AMM."""

from decoders.engine.families import PAIR_BUY, PAIR_SELL
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="scale_vmm",
    address="SCALEWoRSpVZpMRqHEcDfNvBh3nUSe34jDr9r689gLa",
    kind="bonding_curve",
    swaps=tuple(
        SwapIx(
            name, accounts=18, pool=0, vaults=(6, 7), users=(4, 5), mints=(2, 3), user=1, events=events,
            pays=(("platform", 8),),
        )
        for name, events in (("buy", PAIR_BUY), ("sell", PAIR_SELL))
    ),
    # the program's own interface (as in github.com/cpkt9762/solana-idls)
    others="quote_buy quote_sell create get_platform_config set_fee_beneficiary set_graduation_threshold"
    " set_platform_base_token set_platform_fee transfer_authority",
)  # fmt: skip
