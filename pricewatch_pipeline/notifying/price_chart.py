"""A small picture of a price's last months, for channels that take images.

What it shows is worked out in chart_series.py, and drawn in draw_chart.py.
"""

import threading
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from pricewatch_pipeline.domain.price_changes import PriceChange
from pricewatch_pipeline.notifying.chart_series import series_of
from pricewatch_pipeline.notifying.formats import Formats

# For whatever draws: the fonts of matplotlib, and its caches, are shared by all threads.
ONE_AT_A_TIME = threading.Lock()


def price_chart(
    changes: Sequence[PriceChange],
    *,
    until: datetime,
    currency: str,
    title: str,
    formats: Formats,
    threshold: Decimal | None = None,
) -> bytes | None:
    """The last 90 days as a PNG; None where no price is known in them.

    Args:
        changes: Oldest first. Prices in other currencies are left out.
        threshold: Drawn as the target.
    """
    series = series_of(changes, until=until, currency=currency)
    if series is None:
        return None
    # matplotlib takes half a second and 60 MB: only for those who draw.
    from pricewatch_pipeline.notifying.draw_chart import Drawing  # noqa: PLC0415

    with ONE_AT_A_TIME:
        return Drawing(series, currency=currency, formats=formats, threshold=threshold).png(title)
