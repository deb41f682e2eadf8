"""Obric v2: a proprietary AMM around an oracle's price. Its accounts 1 and 2 are not the mints its old IDL says."""

from decoders.engine.families import UP_TO_IN
from decoders.engine.families_prop import SIDE_FIRST
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="obric_v2",
    address="obriQD1zbpyLz95G5n7nJe6a4DPjpFwa5XYPoNm113y",
    kind="prop_amm",
    swaps=tuple(
        SwapIx(name, accounts=12, pool=0, vaults=(3, 4), users=(5, 6), user=10, args=args, pays=(("protocol", 7),))
        for name, args in (
            ("swap", SIDE_FIRST),
            ("swap2", SIDE_FIRST),
            ("swap_x_to_y", UP_TO_IN),
            ("swap_y_to_x", UP_TO_IN),
        )
    ),
    # the program's own interface (as in github.com/cpkt9762/solana-idls)
    others="create_pair create_pair_v2 update_concentration update_version update_fee_params update_oracles"
    " withdraw_fees deposit withdraw",
)
