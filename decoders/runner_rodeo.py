"""Runner Rodeo: bonding curves with both sides in vaults."""

from decoders.engine.families import UP_TO_IN
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="runner_rodeo",
    address="runnrXXdsSRkdueCRYxKDvSWfv6nAnrG5dcM29qj1HA",
    kind="bonding_curve",
    swaps=(SwapIx("swap", accounts=18, pool=0, vaults=(6, 7), users=(4, 5), user=1, args=UP_TO_IN),),
    partly="what consolidates coins, swaps old for new among it: its vaults and users are not known",
    # the program's own interface (as in github.com/cpkt9762/solana-idls)
    others="claim_creator_rewards fund_distributor harvest_transfer_fees init_coin init_config migrate_curve_pool"
    " sweep_holder_rewards",
)
