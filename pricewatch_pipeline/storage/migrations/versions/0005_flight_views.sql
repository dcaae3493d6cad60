-- Views on flights and on batches of matrix watches. Run by 0005_flights.py.

CREATE VIEW analytics.flight_searches AS
SELECT s.watch_id, s.slot_at, s.combination, s.observed_at, s.origins, s.destinations, s.departs_on, s.returns_on, s.outcome,
       s.price, s.currency, s.asked_currency, s.itineraries, s.priced_itineraries, s.price_indicator, s.typical_low, s.typical_high,
       s.url, s.run_id
FROM pricewatch.flight_searches s;
COMMENT ON VIEW analytics.flight_searches IS 'Every search of every check of a flight watch: what was asked, and its lowest fare';
COMMENT ON COLUMN analytics.flight_searches.slot_at IS 'When the check was due: all combinations of one check have the same';
COMMENT ON COLUMN analytics.flight_searches.combination IS 'Of a matrix watch, from 1 on, in the order of that check; 0: the watch is one search';
COMMENT ON COLUMN analytics.flight_searches.returns_on IS 'Null: one way';
COMMENT ON COLUMN analytics.flight_searches.outcome IS
    'ok; not_priced: flights, and none that meets the watch has a price; no_offers: the page says that there are none; implausible: the fare is not believed yet; or the kind of failure';
COMMENT ON COLUMN analytics.flight_searches.price IS
    'The lowest of those that meet what the watch asks for; with a way back the total of both ways. Null: there is none';
COMMENT ON COLUMN analytics.flight_searches.currency IS 'As the page has it, whatever was asked for: asked_currency';
COMMENT ON COLUMN analytics.flight_searches.price_indicator IS 'low, typical or high for this trip, as the page says; null: it says nothing';
COMMENT ON COLUMN analytics.flight_searches.typical_low IS 'Fares from here to typical_high are usual for this trip, as the page says';

CREATE VIEW analytics.flight_offers AS
SELECT o.watch_id, o.slot_at, o.combination, o.number, o.observed_at, s.departs_on, s.returns_on, o.section, o.price, o.currency,
       o.meets_query, o.airlines, o.flight_numbers, o.origin, o.destination, o.departs_local, o.arrives_local, o.departs_at,
       o.arrives_at, o.duration_minutes, o.stops, o.layovers, o.legs, o.emissions_g, o.typical_emissions_g, o.carry_on_bags,
       o.checked_bags, o.booking_token
FROM pricewatch.flight_offers o
LEFT JOIN pricewatch.flight_searches s USING (watch_id, slot_at, combination);
COMMENT ON VIEW analytics.flight_offers IS 'Every itinerary of every check of a flight watch, also those that do not meet what it asks for';
COMMENT ON COLUMN analytics.flight_offers.number IS 'The row of the page, from 1 on';
COMMENT ON COLUMN analytics.flight_offers.departs_on IS 'The day that was asked for';
COMMENT ON COLUMN analytics.flight_offers.returns_on IS 'The day that was asked for; null: one way. The itinerary itself is the way out';
COMMENT ON COLUMN analytics.flight_offers.section IS 'The list of the page: best or other';
COMMENT ON COLUMN analytics.flight_offers.price IS 'With a way back the total of both ways; null: the page has none';
COMMENT ON COLUMN analytics.flight_offers.meets_query IS 'Whether it meets what the watch asks for: only such fares are compared';
COMMENT ON COLUMN analytics.flight_offers.departs_local IS 'By the clocks of its origin; departs_at is the instant';
COMMENT ON COLUMN analytics.flight_offers.arrives_local IS 'By the clocks of its destination; arrives_at is the instant';
COMMENT ON COLUMN analytics.flight_offers.departs_at IS 'Null where the time zone of the airport is not known';
COMMENT ON COLUMN analytics.flight_offers.layovers IS 'airport, next_airport (another one: a change of airports), duration_minutes';
COMMENT ON COLUMN analytics.flight_offers.legs IS 'Its flights, each with airline, number, airports, local times and aircraft';
COMMENT ON COLUMN analytics.flight_offers.emissions_g IS 'CO2 of one traveller in grams; typical_emissions_g: what is usual for the trip';
COMMENT ON COLUMN analytics.flight_offers.carry_on_bags IS 'Included in the price; null: the page does not say';

-- One search is one line of the calendar as long as its URL is the same: the URL says all that was asked for. Each line is looked
-- up by its URL (the index flight_searches_url), so that the time of a view does not grow as all that was ever found does.

CREATE VIEW pricewatch.newest_searches AS
SELECT w.watch_id, s.slot_at, s.combination, s.observed_at, s.origins, s.destinations, s.departs_on, s.returns_on, s.outcome,
       s.price, s.currency, s.asked_currency, s.itineraries, s.price_indicator, s.typical_low, s.typical_high, s.url
FROM pricewatch.watches w
LEFT JOIN LATERAL (
    SELECT b.batch_id FROM pricewatch.batches b WHERE b.watch_id = w.watch_id AND w.is_matrix ORDER BY b.slot_at DESC, b.batch_id DESC LIMIT 1
) b ON true
CROSS JOIN LATERAL (
    SELECT one.*
    FROM pricewatch.batch_combinations c
    CROSS JOIN LATERAL (
        SELECT f.* FROM pricewatch.flight_searches f
        WHERE f.watch_id = w.watch_id AND hashtextextended(coalesce(f.url, ''), 0) = hashtextextended(c.url, 0) AND f.url = c.url
              AND f.combination > 0 AND f.outcome IN ('ok', 'not_priced', 'no_offers')
        ORDER BY f.observed_at DESC, f.slot_at DESC LIMIT 1
    ) one
    WHERE c.batch_id = b.batch_id
    UNION ALL
    SELECT every.*
    FROM (
        SELECT DISTINCT ON (CASE WHEN w.is_matrix THEN f.departs_on END, CASE WHEN w.is_matrix THEN f.returns_on END,
                            CASE WHEN w.is_matrix THEN f.url COLLATE "C" END) f.*
        FROM pricewatch.flight_searches f
        WHERE b.batch_id IS NULL AND f.watch_id = w.watch_id AND (f.combination > 0) = w.is_matrix
              AND f.outcome IN ('ok', 'not_priced', 'no_offers')
        ORDER BY CASE WHEN w.is_matrix THEN f.departs_on END, CASE WHEN w.is_matrix THEN f.returns_on END,
                            CASE WHEN w.is_matrix THEN f.url COLLATE "C" END,
                 f.observed_at DESC, f.slot_at DESC
    ) every
) s
WHERE w.archived_at IS NULL;
COMMENT ON VIEW pricewatch.newest_searches IS
    'The newest answer to each search that a live watch still makes: one per watch, of a matrix one per combination';

CREATE VIEW analytics.latest_flight_offers AS
SELECT o.watch_id, o.slot_at, o.combination, o.number, o.observed_at, s.departs_on, s.returns_on, o.section, o.price, o.currency,
       o.meets_query, o.airlines, o.flight_numbers, o.origin, o.destination, o.departs_local, o.arrives_local, o.departs_at,
       o.arrives_at, o.duration_minutes, o.stops, o.layovers, o.legs, o.emissions_g, o.typical_emissions_g, o.carry_on_bags,
       o.checked_bags, o.booking_token
FROM pricewatch.newest_searches s JOIN pricewatch.flight_offers o USING (watch_id, slot_at, combination);
COMMENT ON VIEW analytics.latest_flight_offers IS
    'The itineraries of the newest answer to each search that a live flight watch makes: see flight_offers';

CREATE VIEW pricewatch.known_fares AS
SELECT f.watch_id, f.departs_on, f.returns_on, f.url, hashtextextended(coalesce(f.url, ''), 0) AS url_hash, f.currency, f.price,
       f.observed_at, f.slot_at
FROM pricewatch.flight_searches f WHERE f.outcome = 'ok' AND f.price IS NOT NULL;
COMMENT ON VIEW pricewatch.known_fares IS 'The fares that were found and believed; url_hash is in the index flight_searches_url';

CREATE VIEW analytics.fare_calendar AS
SELECT n.watch_id, array_to_string(n.origins, ', ') AS origin, array_to_string(n.destinations, ', ') AS destination,
       n.departs_on, n.returns_on, n.price, n.currency, n.outcome, n.observed_at, n.price_indicator, n.typical_low, n.typical_high,
       i.airlines, i.flight_numbers, i.origin AS origin_airport, i.destination AS destination_airport, i.departs_local,
       i.stops, i.duration_minutes,
       CASE WHEN n.price IS NULL THEN p.price ELSE was.price END AS was_price,
       CASE WHEN n.price IS NULL THEN p.observed_at ELSE was.observed_at END AS was_observed_at,
       n.price - was.price AS change, lowest.price AS lowest_price, lowest.observed_at AS lowest_at, p.currency AS was_currency,
       n.departs_on < (now() AT TIME ZONE 'Etc/GMT+12')::date AS is_past, n.asked_currency, n.itineraries, n.slot_at,
       n.combination, n.url
FROM pricewatch.newest_searches n
LEFT JOIN LATERAL (
    SELECT f.* FROM pricewatch.known_fares f
    WHERE f.watch_id = n.watch_id AND f.url_hash = hashtextextended(coalesce(n.url, ''), 0) AND f.url IS NOT DISTINCT FROM n.url
          AND f.departs_on = n.departs_on AND f.returns_on IS NOT DISTINCT FROM n.returns_on
    ORDER BY f.observed_at DESC, f.slot_at DESC LIMIT 1
) p ON true
LEFT JOIN LATERAL (
    SELECT f.price, f.observed_at FROM pricewatch.known_fares f
    WHERE f.watch_id = p.watch_id AND f.url_hash = p.url_hash AND f.url IS NOT DISTINCT FROM p.url
          AND f.departs_on = p.departs_on AND f.returns_on IS NOT DISTINCT FROM p.returns_on
          AND f.currency IS NOT DISTINCT FROM p.currency AND (f.observed_at, f.slot_at) < (p.observed_at, p.slot_at)
    ORDER BY f.observed_at DESC, f.slot_at DESC LIMIT 1
) was ON true
LEFT JOIN LATERAL (
    SELECT f.price, f.observed_at FROM pricewatch.known_fares f
    WHERE f.watch_id = p.watch_id AND f.url_hash = p.url_hash AND f.url IS NOT DISTINCT FROM p.url
          AND f.departs_on = p.departs_on AND f.returns_on IS NOT DISTINCT FROM p.returns_on
          AND f.currency IS NOT DISTINCT FROM p.currency
    ORDER BY f.price, f.observed_at DESC LIMIT 1
) lowest ON true
LEFT JOIN LATERAL (
    SELECT o.* FROM pricewatch.flight_offers o
    WHERE o.watch_id = n.watch_id AND o.slot_at = n.slot_at AND o.combination = n.combination AND o.meets_query AND o.price = n.price
    ORDER BY o.stops, o.duration_minutes, o.number LIMIT 1
) i ON true;
COMMENT ON VIEW analytics.fare_calendar IS
    'The newest fare of each search that a live flight watch makes: one row per watch, of a matrix one per origin, destination and days';
COMMENT ON COLUMN analytics.fare_calendar.origin IS 'As asked for: an airport, a city id, or several; origin_airport is that of the cheapest itinerary';
COMMENT ON COLUMN analytics.fare_calendar.destination IS 'As asked for; destination_airport is that of the cheapest itinerary';
COMMENT ON COLUMN analytics.fare_calendar.returns_on IS 'Null: one way';
COMMENT ON COLUMN analytics.fare_calendar.price IS
    'Of the cheapest itinerary that meets the watch, at observed_at; with a way back the total of both ways. Null: there is none now, and outcome says why';
COMMENT ON COLUMN analytics.fare_calendar.outcome IS
    'ok; not_priced: flights, and none that meets the watch has a price; no_offers: the page says that there are none';
COMMENT ON COLUMN analytics.fare_calendar.observed_at IS 'Of the newest answer; searches that failed since then are not in it';
COMMENT ON COLUMN analytics.fare_calendar.price_indicator IS 'low, typical or high for this trip, as the page says; null: it says nothing';
COMMENT ON COLUMN analytics.fare_calendar.typical_low IS 'Fares from here to typical_high are usual for this trip, as the page says';
COMMENT ON COLUMN analytics.fare_calendar.airlines IS 'Of the cheapest itinerary, as flight_numbers and what follows; null where it is not kept any more';
COMMENT ON COLUMN analytics.fare_calendar.departs_local IS 'By the clocks of its origin';
COMMENT ON COLUMN analytics.fare_calendar.was_price IS 'The fare known before this one, at was_observed_at, in was_currency; null: this is the first';
COMMENT ON COLUMN analytics.fare_calendar.change IS 'price - was_price; null: there is none of both in one currency';
COMMENT ON COLUMN analytics.fare_calendar.lowest_price IS 'The lowest ever of this very search in was_currency, last seen at lowest_at';
COMMENT ON COLUMN analytics.fare_calendar.was_currency IS 'Of was_price and lowest_price: the currency of the newest fare that is known';
COMMENT ON COLUMN analytics.fare_calendar.is_past IS 'The day of departure has gone by everywhere on earth';
COMMENT ON COLUMN analytics.fare_calendar.itineraries IS 'On the page, also those without a price and those that do not meet the watch';
COMMENT ON COLUMN analytics.fare_calendar.slot_at IS 'Of the check; with watch_id and combination the rows of flight_offers behind it';

CREATE VIEW analytics.batches AS
SELECT b.batch_id, b.watch_id, b.slot_at, b.kind, b.state, b.outcome, b.combinations, b.done, b.failed,
       round((b.done + b.failed) / nullif(b.combinations, 0)::numeric, 4) AS share, b.price, b.currency, c.key AS best_key,
       b.takes, b.run_id, b.opened_at, b.updated_at, b.finished_at, b.cancel_asked_at
FROM pricewatch.batches b
LEFT JOIN pricewatch.batch_combinations c ON c.batch_id = b.batch_id AND c.number = b.best_number;
COMMENT ON VIEW analytics.batches IS 'Checks of matrix watches, which are made of many searches, and how far each is';
COMMENT ON COLUMN analytics.batches.kind IS 'scheduled or manual';
COMMENT ON COLUMN analytics.batches.state IS 'open, done, cancelled (by a person) or superseded (the watch asks for something else now)';
COMMENT ON COLUMN analytics.batches.outcome IS 'Of the check, when it is over';
COMMENT ON COLUMN analytics.batches.done IS 'Combinations that were answered, with or without a fare';
COMMENT ON COLUMN analytics.batches.failed IS 'Combinations that were given up';
COMMENT ON COLUMN analytics.batches.share IS 'Of its combinations those that are over; 1: all';
COMMENT ON COLUMN analytics.batches.price IS 'The lowest so far: that of best_key';
COMMENT ON COLUMN analytics.batches.takes IS 'How many runs took it up: one that is killed is gone on with';

CREATE VIEW analytics.batch_combinations AS
SELECT c.batch_id, b.watch_id, b.slot_at, c.number, c.key, c.state, c.outcome, c.error, c.price, c.currency, c.attempts,
       c.wire_bytes, c.fetch_ms, c.finished_at, c.url
FROM pricewatch.batch_combinations c JOIN pricewatch.batches b USING (batch_id);
COMMENT ON VIEW analytics.batch_combinations IS 'The searches that batches are made of, and how each ended';
COMMENT ON COLUMN analytics.batch_combinations.number IS 'From 1 on; with watch_id and slot_at the combination of flight_searches';
COMMENT ON COLUMN analytics.batch_combinations.key IS 'Origin, destination, day of departure and of return';
COMMENT ON COLUMN analytics.batch_combinations.state IS 'waiting, done (answered, with or without a fare) or failed';
COMMENT ON COLUMN analytics.batch_combinations.error IS 'Of its last attempt';
