"""Fills at a quoted price: a market maker's own accounts take the place of vaults, and there is no pool."""

from indexer.localnet.builder_market import BONK, JUP, PYUSD, SOL, USDC, USDT
from indexer.localnet.programs.form import Act, Form, pools_of, table_row
from indexer.localnet.programs.venue import Venue

PAIRS = ((SOL, USDC, 9_000_000.0), (SOL, USDT, 900_000.0), (JUP, USDC, 300_000.0), (BONK, SOL, 200_000.0))


def _maker_signs(act: Act) -> None:
    maker = act.account("maker")
    if maker not in act.scene.signers:
        act.scene.sign(maker)


VENUES: tuple[Venue, ...] = (
    table_row(
        "jupiterz_order_engine",
        "61DFfeTKM7trxYcPQCM78bJ794ddZprZpAwAnLiwTpYH",
        pools_of("jupiterz_order_engine", *PAIRS, (PYUSD, USDC, 400_000), fee_basis_points=2),
        Form(
            name="fill",
            accounts="user maker* user_in* vault_in* user_out* vault_out* mint_in program_in mint_out program_out "
            "system",
            data="xa860b7a35c0a28a0 offered out deadline|xa860b7a35c0a28a0 offered out deadline r3",
            pool="maker",
            owner="maker",
            log="Fill",
            first=_maker_signs,
            kind={"token_2022": True, "styles": ("plain", "checked")},
        ),
        weight=3,
    ),
    table_row(
        "jupiter_rfq_v2",
        "fd3nMFYTQjX1yr5ER8u7tPdHJB7qt8RpDpNtLQX2Br5",
        pools_of("jupiter_rfq_v2", *PAIRS, (PYUSD, USDC, 400_000), fee_basis_points=2),
        Form(
            name="fill_exact_in",
            accounts="user maker user_a* user_b* vault_a* vault_b* mint_a mint_b program_a program_b instructions",
            data="xded006d19aa3365e sells offered deadline r16 x01000000 r16|"
            "xded006d19aa3365e sells offered deadline r16 x02000000 r32",
            pool="maker",
            owner="maker",
            log="FillExactIn",
            first=_maker_signs,
            kind={"token_2022": True, "styles": ("checked", "plain")},
        ),
    ),
)
