"""Vault's liquid unstake pool: liquid staking tokens against SOL."""

from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="vault_liquid_unstake",
    address="2rU1oCHtQ7WJUvy15tKtFvxdYNNSc3id7AzUcjeFSddo",
    kind="conversion",
    default=False,
    swaps=(SwapIx("buy_lst", accounts=17, pool=2, vaults=(3, 4), users=(1, 11), user=0),),
    partly="liquid_unstake_lst in four forms, and the pool's own shares against SOL: no transaction on record",
    # the program's own interface (as in github.com/cpkt9762/solana-idls)
    others="create_or_update_token_metadata flash_borrow flash_repay initialize_pool liquid_unstake_stake_account"
    " update update_pool upsert_lst_info withdraw_stake_account",
)
