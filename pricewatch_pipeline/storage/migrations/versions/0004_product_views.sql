-- Views on products, prices over stores, and insights. Run by 0004_products_and_alerts.py.

-- A function in a view acts for who asks, and analysts may read no table: those that read tables act for their owner.

-- Exchange rates. For comparing stores only; no alert depends on them.

CREATE FUNCTION pricewatch.per_euro(code text, on_day date) RETURNS numeric
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN code = 'EUR' THEN 1 ELSE (
        SELECT r.per_eur FROM pricewatch.exchange_rates r
        WHERE r.currency = code AND r.day <= on_day AND r.day > on_day - 31 ORDER BY r.day DESC LIMIT 1) END
$$;
COMMENT ON FUNCTION pricewatch.per_euro IS
    'What one euro bought on a day: the newest rate at or before it; null where that is more than a month old';

CREATE FUNCTION pricewatch.convert(amount numeric, source text, target text, on_day date) RETURNS numeric
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN source = target THEN amount
                ELSE amount * pricewatch.per_euro(target, on_day) / pricewatch.per_euro(source, on_day) END
$$;
COMMENT ON FUNCTION pricewatch.convert IS 'An amount in another currency by the rates of a day; null where one is missing';

CREATE VIEW analytics.exchange_rates AS
SELECT r.day, r.currency, r.per_eur, r.source, r.created_at FROM pricewatch.exchange_rates r;
COMMENT ON VIEW analytics.exchange_rates IS 'Daily reference rates, as `pricewatch rates` brought them in';
COMMENT ON COLUMN analytics.exchange_rates.per_eur IS 'Units of the currency for one euro';
COMMENT ON COLUMN analytics.exchange_rates.source IS 'The file or URL that they came from';

-- What domain/insights.py says in Python: a price stands from its change until the next one, and counts while the thing
-- can be bought for it.

CREATE FUNCTION pricewatch.is_price(price numeric, availability text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(price > 0, false) AND coalesce(availability NOT IN ('OutOfStock', 'Discontinued'), true)
$$;
COMMENT ON FUNCTION pricewatch.is_price IS 'Whether somebody can buy for it: not at 0, not when sold out';

CREATE FUNCTION pricewatch.time_since(since timestamptz, began_at timestamptz, ended_at timestamptz, is_newest boolean)
RETURNS interval LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN greatest(began_at, since) < ended_at OR (is_newest AND greatest(began_at, since) = ended_at)
                THEN ended_at - greatest(began_at, since) END
$$;
COMMENT ON FUNCTION pricewatch.time_since IS
    'How long what began and ended then stood, from an instant on; null: it did not. What began just now, did';

CREATE FUNCTION pricewatch.next_baseline(baseline numeric, price numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN baseline IS NULL OR price <= baseline * 0.97 OR price >= baseline * 1.03 THEN price ELSE baseline END
$$;
CREATE AGGREGATE pricewatch.drop_baseline(numeric) (SFUNC = pricewatch.next_baseline, STYPE = numeric);
COMMENT ON AGGREGATE pricewatch.drop_baseline(numeric) IS
    'Where a price last moved by 3 % or more: what drops are measured from, so that a slow drift adds up';

CREATE VIEW analytics.price_changes AS
SELECT c.watch_id, c.began_at, lead(c.began_at) OVER (PARTITION BY c.watch_id ORDER BY c.began_at) AS ended_at,
       c.price, c.currency, c.availability, pricewatch.is_price(c.price, c.availability) AS is_price, w.store_id, w.product_id
FROM pricewatch.price_changes c JOIN pricewatch.watches w USING (watch_id);
COMMENT ON VIEW analytics.price_changes IS
    'What prices were, and from when to when: one row per change of price, currency or availability';
COMMENT ON COLUMN analytics.price_changes.ended_at IS 'When the next change came; null: it stands';
COMMENT ON COLUMN analytics.price_changes.is_price IS
    'Counts as a price: above 0 (giveaways count nowhere), and not sold out';

CREATE VIEW analytics.price_drops AS
SELECT d.watch_id, d.began_at AS dropped_at, d.was_price, d.price, d.currency, round(1 - d.price / d.was_price, 4) AS share,
       w.store_id, w.product_id
FROM (SELECT b.watch_id, b.began_at, b.price, b.currency,
             lag(b.baseline) OVER (PARTITION BY b.watch_id, b.currency ORDER BY b.began_at) AS was_price
      FROM (SELECT c.watch_id, c.began_at, c.price, c.currency,
                   pricewatch.drop_baseline(c.price) OVER (PARTITION BY c.watch_id, c.currency ORDER BY c.began_at) AS baseline
            FROM pricewatch.price_changes c WHERE pricewatch.is_price(c.price, c.availability)) b) d
JOIN pricewatch.watches w USING (watch_id)
WHERE d.price <= d.was_price * 0.97;
COMMENT ON VIEW analytics.price_drops IS 'Falls by 3 % or more, within one currency';
COMMENT ON COLUMN analytics.price_drops.was_price IS
    'Where the price stood before: it last moved by 3 % or more then, so that many small steps count as one drop';
COMMENT ON COLUMN analytics.price_drops.share IS '0.1: ten percent';

-- One walk through the history of each watch. Of what stood when a window began, the part from then on counts.

CREATE VIEW analytics.watch_insights AS
SELECT w.watch_id, w.title, w.store_id, w.product_id, own.currency, h.price,
       h.lowest_price, h.lowest_at, h.highest_price, h.highest_at, h.low_30_days, h.median_30_days, h.low_90_days, h.median_90_days,
       h.changed_at, floor(extract(epoch FROM now() - h.changed_at) / 86400)::integer AS days_since_change,
       h.drops, h.last_dropped_at, w.target_price, w.target_currency, h.first_at, u.until AS known_until
FROM pricewatch.watches w
CROSS JOIN LATERAL (SELECT least(coalesce(w.last_success_at, now()), now()) AS until) u
CROSS JOIN LATERAL (
    SELECT c.currency FROM pricewatch.price_changes c
    WHERE c.watch_id = w.watch_id AND c.began_at <= u.until AND pricewatch.is_price(c.price, c.availability)
    ORDER BY c.began_at DESC LIMIT 1) own
CROSS JOIN LATERAL (
    SELECT max(p.price) FILTER (WHERE p.is_newest) AS price,
           min(p.price) AS lowest_price, max(p.price) AS highest_price, min(p.began_at) AS first_at,
           max(p.began_at) FILTER (WHERE p.price = p.low) AS lowest_at,
           max(p.began_at) FILTER (WHERE p.price = p.high) AS highest_at,
           max(p.began_at) FILTER (WHERE p.price <> p.was) AS changed_at,
           min(p.price) FILTER (WHERE p.in_month IS NOT NULL) AS low_30_days,
           min(p.price) FILTER (WHERE p.in_month IS NOT NULL AND p.month_passed + p.month_passed >= p.month_total) AS median_30_days,
           min(p.price) FILTER (WHERE p.in_quarter IS NOT NULL) AS low_90_days,
           min(p.price) FILTER (WHERE p.in_quarter IS NOT NULL AND p.quarter_passed + p.quarter_passed >= p.quarter_total) AS median_90_days,
           count(*) FILTER (WHERE p.price <= p.was_baseline * 0.97) AS drops,
           max(p.began_at) FILTER (WHERE p.price <= p.was_baseline * 0.97) AS last_dropped_at
    FROM (SELECT s.*, lag(s.price) OVER in_time AS was, lag(s.baseline) OVER in_time AS was_baseline,
                 min(s.price) OVER () AS low, max(s.price) OVER () AS high,
                 sum(s.in_month) OVER by_price AS month_passed, sum(s.in_month) OVER () AS month_total,
                 sum(s.in_quarter) OVER by_price AS quarter_passed, sum(s.in_quarter) OVER () AS quarter_total
          FROM (SELECT c.price, c.began_at, c.is_newest, pricewatch.drop_baseline(c.price) OVER (ORDER BY c.began_at) AS baseline,
                       pricewatch.time_since(now() - interval '720 hours', c.began_at, c.ended_at, c.is_newest) AS in_month,
                       pricewatch.time_since(now() - interval '2160 hours', c.began_at, c.ended_at, c.is_newest) AS in_quarter
                FROM (SELECT n.began_at, n.price, n.currency, n.availability,
                             coalesce(lead(n.began_at) OVER (ORDER BY n.began_at), u.until) AS ended_at,
                             lead(n.began_at) OVER (ORDER BY n.began_at) IS NULL AS is_newest
                      FROM pricewatch.price_changes n WHERE n.watch_id = w.watch_id AND n.began_at <= u.until) c
                WHERE pricewatch.is_price(c.price, c.availability) AND c.currency IS NOT DISTINCT FROM own.currency) s
          WINDOW in_time AS (ORDER BY s.began_at), by_price AS (ORDER BY s.price, s.began_at)) p) h
WHERE w.archived_at IS NULL;
COMMENT ON VIEW analytics.watch_insights IS
    'What the history of each live watch says, in the currency of its newest price: prices at which it could be bought, above 0';
COMMENT ON COLUMN analytics.watch_insights.price IS 'Now; null: it cannot be had';
COMMENT ON COLUMN analytics.watch_insights.lowest_at IS 'When the lowest price ever began to stand for the last time';
COMMENT ON COLUMN analytics.watch_insights.highest_at IS 'When the highest price ever began to stand for the last time';
COMMENT ON COLUMN analytics.watch_insights.low_30_days IS 'With what stood when they began';
COMMENT ON COLUMN analytics.watch_insights.median_30_days IS 'The price at or below which half of the time went by';
COMMENT ON COLUMN analytics.watch_insights.changed_at IS
    'When the price last became another one; that it was sold out in between is no change; null: it never did';
COMMENT ON COLUMN analytics.watch_insights.drops IS 'Falls by 3 % or more: see price_drops';
COMMENT ON COLUMN analytics.watch_insights.known_until IS 'The newest check that confirmed what stands; nothing is known after it';

-- The stores of a product side by side, as domain/products.py compares them.

CREATE VIEW pricewatch.store_offers AS
SELECT w.product_id, w.watch_id, w.store_id, w.title, w.url, n.price, n.currency, n.availability, n.condition,
       n.shipping_price, n.unit_price, n.unit_price_per,
       CASE WHEN n.pack_size > 0 AND n.pack_unit IS NOT NULL THEN n.pack_size ELSE p.pack_size END AS pack_size,
       CASE WHEN n.pack_size > 0 AND n.pack_unit IS NOT NULL THEN n.pack_unit ELSE p.pack_unit END AS pack_unit,
       w.last_success_at AS confirmed_at, n.observed_at,
       CASE WHEN w.every_s IS NOT NULL THEN w.every_s
            WHEN w.consecutive_failures = 0 THEN extract(epoch FROM w.next_due_at - w.last_slot_at)::integer END AS every_s
FROM pricewatch.watches w
JOIN pricewatch.products p USING (product_id)
LEFT JOIN LATERAL (
    SELECT s.* FROM pricewatch.current_snapshots s
    WHERE s.watch_id = w.watch_id AND s.slot_at = w.last_slot_at AND s.outcome = 'ok'
    OFFSET 0  -- watch by watch: the snapshots are never read as a whole
) n ON true
WHERE w.archived_at IS NULL;
COMMENT ON VIEW pricewatch.store_offers IS 'What each live watch of a product read last, in its own currency';

CREATE VIEW analytics.product_offers AS
SELECT s.product_id, s.product_title, s.watch_id, s.store_id, s.store_name, s.price, s.currency, s.standing, s.converted_price,
       s.product_currency, s.converted_price + s.converted_shipping AS landed_price,
       CASE WHEN s.converted_price IS NOT NULL THEN s.converted_unit_price END AS unit_price,
       CASE WHEN s.converted_price IS NOT NULL THEN s.unit END AS unit_price_per,
       s.availability, s.condition, s.shipping_price, s.is_best, s.confirmed_at, s.observed_at, s.url
FROM (
    SELECT o.*, p.title AS product_title, st.name AS store_name, c.code AS product_currency, r.best_watch_id = o.watch_id AS is_best,
           CASE WHEN coalesce(o.availability IN ('OutOfStock', 'Discontinued'), false) THEN 'sold_out'
                WHEN o.price IS NULL OR o.price = 0 THEN 'no_price'
                WHEN o.confirmed_at IS NULL
                     OR now() - o.confirmed_at > greatest(interval '7 days', make_interval(secs => 3 * coalesce(o.every_s, 0)))
                     THEN 'stale'
                WHEN coalesce(o.condition IN ('used', 'refurbished', 'damaged'), false)
                     AND bool_or(coalesce(o.price > 0 AND coalesce(o.condition NOT IN ('used', 'refurbished', 'damaged'), true), false))
                         OVER (PARTITION BY o.product_id) THEN 'used'
                WHEN pricewatch.convert(o.price, o.currency, c.code, d.today) IS NULL THEN 'no_rate'
                ELSE 'compared' END AS standing,
           pricewatch.convert(nullif(o.price, 0), o.currency, c.code, d.today) AS converted_price,
           pricewatch.convert(o.shipping_price, o.currency, c.code, d.today) AS converted_shipping,
           pricewatch.convert(CASE WHEN u.is_given THEN o.unit_price
                                   WHEN o.pack_size > 0 AND o.pack_unit IS NOT NULL THEN nullif(o.price, 0) / o.pack_size END,
                              o.currency, c.code, d.today) AS converted_unit_price,
           CASE WHEN u.is_given THEN o.unit_price_per WHEN o.pack_size > 0 THEN o.pack_unit END AS unit
    FROM pricewatch.store_offers o
    JOIN pricewatch.products p USING (product_id)
    LEFT JOIN pricewatch.stores st USING (store_id)
    LEFT JOIN pricewatch.product_prices r USING (product_id)
    CROSS JOIN LATERAL (SELECT coalesce(r.currency, p.currency)::text AS code) c
    CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE 'UTC')::date AS today) d
    CROSS JOIN LATERAL (SELECT coalesce(o.unit_price > 0, false) AND o.unit_price_per IS NOT NULL AS is_given) u
    WHERE p.archived_at IS NULL
) s;
COMMENT ON VIEW analytics.product_offers IS 'The stores of each product side by side: what each asks now, in the product''s currency too';
COMMENT ON COLUMN analytics.product_offers.standing IS
    'compared; or why it is not: sold_out, no_price, stale (no check confirmed it for 7 days and 3 intervals), used (others sell it new), no_rate';
COMMENT ON COLUMN analytics.product_offers.converted_price IS 'In product_currency, by the newest rates, not rounded';
COMMENT ON COLUMN analytics.product_offers.product_currency IS 'In which the product''s stores are compared; null until it was refreshed once';
COMMENT ON COLUMN analytics.product_offers.landed_price IS 'converted_price with shipping, where that is known; 0 is free, null is not known';
COMMENT ON COLUMN analytics.product_offers.unit_price IS
    'For one unit_price_per, in product_currency: as the page says it, else the price by what a pack holds';
COMMENT ON COLUMN analytics.product_offers.is_best IS 'When the product was refreshed last (products.refreshed_at)';
COMMENT ON COLUMN analytics.product_offers.confirmed_at IS 'By the newest check that ended well';

CREATE VIEW analytics.products AS
SELECT p.product_id, p.title, array(SELECT t.tag FROM pricewatch.product_tags t WHERE t.product_id = p.product_id ORDER BY t.tag) AS tags,
       p.is_favourite, p.pack_size, p.pack_unit, p.notes, coalesce(r.currency, p.currency) AS currency, r.best_price, r.best_watch_id,
       w.store_id AS best_store_id, r.best_landed_price, r.best_landed_watch_id, r.best_unit_price, r.unit_price_per,
       r.best_unit_watch_id, r.highest_price, r.lowest_ever_price, r.lowest_ever_at, r.trend, coalesce(r.watches, 0) AS watches,
       coalesce(r.priced_watches, 0) AS priced_watches, coalesce(r.not_comparable, 0) AS not_comparable, r.rates_day, r.seen_until,
       r.refreshed_at, p.primary_watch_id, p.source_file, p.created_at
FROM pricewatch.products p
LEFT JOIN pricewatch.product_prices r USING (product_id)
LEFT JOIN pricewatch.watches w ON w.watch_id = r.best_watch_id
WHERE p.archived_at IS NULL;
COMMENT ON VIEW analytics.products IS 'Every live product, and what it costs now over its stores and in one currency';
COMMENT ON COLUMN analytics.products.pack_size IS 'How many pack_unit a pack holds, where pages do not say';
COMMENT ON COLUMN analytics.products.currency IS 'Of all its prices here';
COMMENT ON COLUMN analytics.products.best_price IS 'The lowest for which it can be bought now; null: nowhere';
COMMENT ON COLUMN analytics.products.best_landed_price IS 'The lowest with shipping, among stores whose shipping is known';
COMMENT ON COLUMN analytics.products.best_unit_price IS 'The lowest for one unit_price_per';
COMMENT ON COLUMN analytics.products.highest_price IS 'The highest for which it can be bought now';
COMMENT ON COLUMN analytics.products.lowest_ever_price IS 'Over all its watches, each price by the rates of the day on which it began';
COMMENT ON COLUMN analytics.products.trend IS
    'lowest (as low as ever, having been higher); down, up or steady: its primary watch against the median of 30 days; null: too little is known';
COMMENT ON COLUMN analytics.products.priced_watches IS 'At which it can be bought now';
COMMENT ON COLUMN analytics.products.not_comparable IS 'At which it can be bought, in a currency for which there is no rate';
COMMENT ON COLUMN analytics.products.rates_day IS 'Of the newest rates used; null: none were needed';
COMMENT ON COLUMN analytics.products.seen_until IS 'Checks up to then are counted in';
