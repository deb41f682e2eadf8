"""Prices as text, and the figures of a chart."""

import pytest

from indexer.chart_bars import price_text
from tests.indexer.chart_made import bar, chart


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [
        (142.5, 0.5, "142.5"),
        (1234567.0, 100.0, "1,234,567"),
        (0.00012345, 0.00001, "0.00012"),
        (8.6321e-8, 1e-10, "8.63e-08"),
        (1.5e-12, 1e-13, "1.5e-12"),
        (0.0, 0.01, "0.00"),
        (0.0, 1e-12, "0e+00"),
        (4_538_134_518_162.0, 1e10, "4.54e+12"),
        (3.2e20, 1e18, "3.20e+20"),
        (999_999_999.0, 1e6, "999,999,999"),
    ],
)
def test_a_price_has_the_digits_that_tell_it_from_the_next(value: float, step: float, text: str) -> None:
    assert price_text(value, step) == text


def test_the_extent_is_of_wicks_and_never_empty() -> None:
    assert chart(bar(0, (10, 12, 9, 11)), bar(1, (11, 15, 10, 10)), bar(2, None)).extent() == (9, 15)
    low, high = chart(bar(0, (10, 10, 10, 10))).extent()
    assert low < 10 < high
    assert chart(bar(0, None)).extent() == (0, 1)


def test_the_summary_has_the_figures() -> None:
    made = chart(bar(0, (10, 12, 9, 11), volume=1_500_000), bar(3, None, volume=500_000))
    assert made.summary() == (
        "2 windows with trades, 2026-09-21 14:14 to 14:17 UTC · last 11.000, low 9.000, high 12.000 · "
        "volume 2 USDC · 4 trades"
    )
    assert "volume 2 raw USDC" in chart(bar(0, None), bar(1, None), decimals=None).summary()
    assert chart(bar(0, None)).summary().startswith("1 window with trades, 2026-09-21 14:14 UTC · ")
    assert "2026-09-21 14:14 to 2026-09-22 00:14 UTC" in chart(bar(0, None), bar(600, None)).summary()
