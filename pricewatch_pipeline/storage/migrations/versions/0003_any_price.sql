-- What tables.py cannot say: what changes are measured against from now on, and the views. Run by 0003_any_price.py.

UPDATE pricewatch.watches w SET
    recent_prices = (
        SELECT coalesce(array_agg(n.price ORDER BY n.slot_at), '{}')
        FROM (SELECT n.slot_at, n.price FROM pricewatch.price_snapshots n
              WHERE n.watch_id = w.watch_id AND n.price IS NOT NULL AND n.currency IS NOT DISTINCT FROM w.last_currency
              ORDER BY n.slot_at DESC LIMIT 15) n),
    last_title = (SELECT n.title FROM pricewatch.price_snapshots n
                  WHERE n.watch_id = w.watch_id ORDER BY n.slot_at DESC LIMIT 1)
WHERE w.last_slot_at IS NOT NULL;
