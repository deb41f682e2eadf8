"""1DEX: pools of two tokens; owner and referrer may be paid beside the swap."""

from decoders.engine.families import EXACT_OUT, UP_TO_IN
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="onedex",
    address="DEXYosS6oEGvk8uCDayvwEZz4qEyDJRf9nFgYCaqPMTm",
    kind="amm",
    swaps=tuple(
        SwapIx(
            name, accounts=8, pool=1, vaults=(3, 4), users=(6, 7), user=5, args=args,
            pays=(("protocol", 8), ("referral", 9)),
        )
        for name, args in (("swap_exact_amount_in", UP_TO_IN), ("swap_exact_amount_out", EXACT_OUT))
    ),
    others="admin_update_admin_auth admin_update_fee_setting admin_update_swap_fee_tier admin_withdraw_token"
    " create_metadata_state create_pool_state exit_pool join_pool",
)  # fmt: skip
