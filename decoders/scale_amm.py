"""Scale AMM: the pools that tokens of Scale's curves graduate to."""

from decoders.engine.families import PAIR_BUY, PAIR_SELL
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="scale_amm",
    address="SCALEwAvEK5gtkdHiFzXfPgtk2YwJxPDzaV3aDmR7tA",
    kind="amm",
    swaps=tuple(
        SwapIx(
            name, accounts=14, pool=0, vaults=(7, 8), users=(5, 6), mints=(3, 4), user=1, events=events,
            pays=(("platform", 9),),
        )
        for name, events in (("buy", PAIR_BUY), ("sell", PAIR_SELL))
    ),
    # views
    # the program's own interface (as in github.com/cpkt9762/solana-idls)
    others="quote_buy quote_sell create create_from_vmm set_fee_beneficiary set_platform_base_token set_platform_fee"
    " transfer_authority",
)  # fmt: skip
