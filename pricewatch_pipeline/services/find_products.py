"""Makes sure that products exist, and helps who misspelt one."""

from collections.abc import Sequence

from pricewatch_pipeline.errors import NotFound
from pricewatch_pipeline.storage import definitions
from pricewatch_pipeline.storage.database import Connection
from pricewatch_pipeline.watch_files.issues import did_you_mean


def require_products(connection: Connection, product_ids: Sequence[str]) -> Sequence[str]:
    """The ids, when a live product has each of them.

    Raises:
        NotFound: names those that none has, and what they may stand for.
    """
    existing = definitions.known(connection)[1]
    if missing := [name for name in dict.fromkeys(product_ids) if name not in existing]:
        hint = did_you_mean(missing[0], existing) if existing else "; `pricewatch product add ID` makes one"
        raise NotFound(f"there is no product {', '.join(missing)}{hint}")
    return product_ids
