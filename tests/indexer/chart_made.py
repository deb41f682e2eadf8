"""A chart made by hand."""

from indexer.chart_bars import Bar, Chart

POOL = "58oQChx4yWmvKdwLLZzBi4ChoCc2fqCUWBkwMihLYQo2"
FIRST = 1_790_000_040  # 14:14 UTC


def bar(window: int, prices: tuple[float, float, float, float] | None, *, volume: int = 1, **values: bool) -> Bar:
    """The bar of the ``window``th minute."""
    begin, high, low, end = prices or (None, None, None, None)
    incomplete = values.get("incomplete", False)
    return Bar(
        time=FIRST + 60 * window, open=begin, high=high, low=low, close=end, volume=volume, trades=2,
        incomplete=incomplete,
    )  # fmt: skip


def chart(*bars: Bar, decimals: int | None = 6) -> Chart:
    """SOL/USDC of one minute."""
    return Chart(
        pool=POOL, program="raydium_amm_v4", base_mint="So11111111111111111111111111111111111111112",
        quote_mint="EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", quote_decimals=decimals, interval="1m", seconds=60,
        bars=bars,
    )  # fmt: skip
