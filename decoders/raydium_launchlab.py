"""Raydium LaunchLab: bonding curves of LetsBonk and other launchpads; tokens and quote in vaults."""

from decoders.engine.events import Event
from decoders.engine.families import EXACT_IN, OUT_FIRST_UP_TO, UP_TO_IN
from decoders.engine.spec import Program, SwapIx

_HEAD = "pool:pubkey _:u64 _:u64 _:u64 _:u64 _:u64 _:u64 _:u64 amount_in:u64 amount_out:u64"
#: since 2025 with the creator's fee, before without; each is emitted in a call and repeated in the log
_TAILS = (
    " fee_{0}_protocol:u64 fee_{0}_platform:u64 fee_{0}_creator:u64 fee_{0}_referral:u64 _:u8 _:u8 _:bool",
    " fee_{0}_protocol:u64 fee_{0}_platform:u64 fee_{0}_referral:u64 _:u8 _:u8",
)
_BUY = tuple(Event("TradeEvent", _HEAD + tail.format("in"), via="call") for tail in _TAILS)
_SELL = tuple(Event("TradeEvent", _HEAD + tail.format("out"), via="call") for tail in _TAILS)

PROGRAM = Program(
    name="raydium_launchlab",
    address="LanMV9sAd7wArD4vJFi2qDdfnVhFxYSUg6eADduJ3uj",
    kind="bonding_curve",
    swaps=tuple(
        SwapIx(name, accounts=15, pool=4, vaults=(7, 8), users=(5, 6), mints=(9, 10), user=0, args=args, events=events)
        for name, args, events in (
            ("buy_exact_in", UP_TO_IN, _BUY),
            ("buy_exact_out", OUT_FIRST_UP_TO, _BUY),
            ("sell_exact_in", EXACT_IN, _SELL),
            ("sell_exact_out", OUT_FIRST_UP_TO, _SELL),
        )
    ),
    # as in github.com/pinax-network/substreams-solana-idls
    others="initialize initialize_v2 initialize_with_token_2022 migrate_to_amm migrate_to_cpswap claim_platform_fee"
    " claim_creator_fee claim_vested_token collect_fee collect_migrate_fee create_vesting_account"
    " claim_platform_fee_from_vault create_config create_platform_config remove_platform_curve_param"
    " update_config update_platform_config update_platform_curve_param create_platform_vesting_account",
)
