"""What is listed as no swap is none: a name that could be one stands there for a reason that is written down."""

import re

import pytest

from decoders.engine.spec import Program
from decoders.programs import PROGRAMS

NAMED = [program for program in PROGRAMS if isinstance(program.others, str) and program.others]
#: names of one of these words → why the instruction buys and sells nothing
TRADE = frozenset({"swap", "buy", "sell", "trade", "exchange", "convert", "fill", "take", "match", "route"})
REASONS = {
    "boost_buy_and_burn": "the pool's own buyback: nobody gets what it buys, it is burned",
    "decrease_position_with_internal_swap": "between two custodies of one pool, for a leveraged position",
    "decrease_position_with_tpsl_and_internal_swap": "the same",
    "increase_position_with_internal_swap": "the same",
    "increase_position_pre_swap": "before a swap that a router makes",
    "instant_increase_position_pre_swap": "the same",
    "get_exact_out_swap_amount_and_fees": "a view",
    "quote_buy": "a view",
    "quote_sell": "a view",
    "swap_exact_in_quote": "a view",
    "swap_callback": "the payment below a swap, which the swap counts",
    "swap_sol_for_tokens_on_raydium": "the operator's; the swap is Raydium's, one call deeper",
    "swap_tokens_for_sol_on_raydium": "the same",
    "take_farming_snapshot": "a picture of a farm",
    "create_swap_referral": "a setting",
    "admin_update_swap_fee_tier": "a setting",
    "change_swap_fee": "a setting",
    "change_swap_fee_privileged": "a setting",
    "creator_toggle_pro_swap": "a setting",
    "pause_swap_and_arbitrage": "a setting",
    "unpause_swap_and_arbitrage": "a setting",
    "set_pool_max_notional_swap": "a setting",
    "set_pool_min_swap_amount": "a setting",
    "set_pool_trade_fee_rate": "a setting",
    "set_pre_activation_swap_address": "a setting",
    "set_swap_dynamic_fee_params": "a setting",
    "update_lst_swap_fee": "a setting",
    "update_exo_buy_curve": "a setting",
    "update_exo_sell_curve": "a setting",
    "update_lst_buy_curve_config": "a setting",
    "update_lst_sell_curve_config": "a setting",
}


@pytest.mark.parametrize("program", NAMED, ids=lambda program: program.name)
def test_a_name_is_listed_once_and_is_one(program: Program) -> None:
    assert isinstance(program.others, str)
    names = program.others.split()
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)


def test_a_name_that_sounds_like_a_trade_has_its_reason() -> None:
    named = {name for program in NAMED for name in str(program.others).split()}
    assert {name for name in named if TRADE & set(name.split("_"))} == REASONS.keys()


def test_a_listed_tag_hides_no_swap() -> None:
    for program in PROGRAMS:
        assert len(set(program.other_tags)) == len(program.other_tags), program.name
        for tag in program.other_tags:
            hidden = [layout.name for layout in program.swaps if not layout.at and layout.tag.startswith(tag)]
            assert not hidden, (program.name, tag)
