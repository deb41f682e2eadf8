"""Candles as a picture, by matplotlib: an extra, since it is large."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from indexer.chart_bars import Bar, Chart, price_text
from indexer.errors import UsageError

_INCHES, _DOTS_PER_INCH = (12.0, 7.0), 120
_UP, _DOWN, _INCOMPLETE, _UNPRICED = "#16a085", "#c0392b", "#e5a50a", "#95a5a6"
_MARGIN, _FADED = 0.05, 0.7
_BODY_SHARE = 0.7
_DAY_SECONDS = 86_400
_THIN = 0.002  # of the price's extent: a body that opens where it closes is a line still


def write_png(chart: Chart, path: Path) -> None:
    """Draw ``chart`` into ``path``. Raises UsageError when matplotlib is not installed or the file cannot be made."""
    figure = picture(chart)
    try:
        figure.savefig(path, format="png", dpi=_DOTS_PER_INCH, metadata={"Title": chart.title})
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}", hint="name a file in another directory") from error


def picture(chart: Chart) -> Any:
    """The figure, price above volume."""
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - a second, and an extra that need not be there
    except ImportError:
        raise UsageError(
            "matplotlib is not installed", hint="pip install 'solana-liquidity-indexer[chart]'; a terminal needs none"
        ) from None
    figure = Figure(figsize=_INCHES, layout="constrained")
    price, volume = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (3, 1)})
    figure.suptitle(chart.title, fontsize=12)
    _candles(price, chart)
    _volume(volume, chart)
    _axes(price, volume, chart)
    return figure


def _candles(axes: Any, chart: Chart) -> None:
    low, high = chart.extent()
    bars = [(bar, bar.prices) for bar in chart.bars if bar.prices is not None]
    _legend(axes, chart)
    if not bars:
        axes.set_yticks([])
        axes.text(0.5, 0.5, "no swap set a price", transform=axes.transAxes, ha="center")
        return
    times = [_middle(bar.time, chart) for bar, _ in bars]
    colours = [_colour(bar) for bar, _ in bars]
    edges = [_INCOMPLETE if bar.incomplete else colour for (bar, _), colour in zip(bars, colours, strict=True)]
    axes.vlines(times, [one[2] for _, one in bars], [one[1] for _, one in bars], color=edges, linewidth=1.2)
    heights = [max(abs(one[3] - one[0]), (high - low) * _THIN) for _, one in bars]
    bottoms = [min(one[0], one[3]) for _, one in bars]
    axes.bar(times, heights, _width(chart), bottoms, color=colours, edgecolor=edges, linewidth=1.5, zorder=3)
    axes.set_ylim(low - (high - low) * _MARGIN, high + (high - low) * _MARGIN)


def _legend(axes: Any, chart: Chart) -> None:
    """What a colour means that is neither up nor down."""
    from matplotlib.patches import Patch  # noqa: PLC0415 - as above

    marks = []
    if any(bar.incomplete for bar in chart.bars):
        text = "incomplete: touches a missing slot"
        marks.append(Patch(facecolor="none", edgecolor=_INCOMPLETE, linewidth=1.5, label=text))
    if any(bar.prices is None for bar in chart.bars):
        marks.append(Patch(facecolor=_UNPRICED, alpha=_FADED, label="volume without a price"))
    if marks:
        axes.legend(handles=marks, loc="best", fontsize=8)


def _volume(axes: Any, chart: Chart) -> None:
    scale = 10 ** (chart.quote_decimals or 0)
    times = [_middle(bar.time, chart) for bar in chart.bars]
    colours = [_colour(bar) for bar in chart.bars]
    edges = [_INCOMPLETE if bar.incomplete else colour for bar, colour in zip(chart.bars, colours, strict=True)]
    axes.bar(
        times, [bar.volume / scale for bar in chart.bars], _width(chart), color=colours, edgecolor=edges, alpha=_FADED
    )


def _colour(bar: Bar) -> str:
    if bar.prices is None:
        return _UNPRICED
    return _UP if bar.prices[3] >= bar.prices[0] else _DOWN


def _axes(price: Any, volume: Any, chart: Chart) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter  # noqa: PLC0415 - as above
    from matplotlib.ticker import FuncFormatter  # noqa: PLC0415

    def label(value: float, _: int | None) -> str:
        ticks = price.get_yticks()
        return price_text(value, abs(ticks[1] - ticks[0]) / 10 if len(ticks) > 1 else abs(value) / 1000)

    price.yaxis.set_major_formatter(FuncFormatter(label))
    price.set_ylabel(f"price, {chart.quote} per {chart.pair.partition('/')[0]}")
    raw = "" if chart.quote_decimals is not None else " (raw units)"
    volume.set_ylabel(f"volume, {chart.quote}{raw}")
    volume.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.12g}"))
    locator = AutoDateLocator(tz=UTC)  # type: ignore[no-untyped-call]
    volume.xaxis.set_major_locator(locator)
    volume.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=UTC))  # type: ignore[no-untyped-call]
    volume.set_xlabel("time, UTC")
    price.set_title(chart.summary(), fontsize=9)
    first, last = chart.bars[0].time - chart.seconds, chart.bars[-1].time + 2 * chart.seconds
    volume.set_xlim(*(datetime.fromtimestamp(at, UTC) for at in (first, last)))
    for axes in (price, volume):
        axes.grid(visible=True, alpha=0.25)
        axes.set_axisbelow(True)


def _middle(unix_seconds: int, chart: Chart) -> datetime:
    """A body's place: a tick says when its window opens, and the body fills the window."""
    return datetime.fromtimestamp(unix_seconds + chart.seconds / 2, UTC)


def _width(chart: Chart) -> float:
    """Of a body, in days, as date axes have it."""
    return chart.seconds * _BODY_SHARE / _DAY_SECONDS
