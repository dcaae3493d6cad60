-- Views on insider filings, trades and the checks that brought them. Run by 0006_insiders.py.
--
-- A filing may have several owners and several footnotes, and be amended more than once: what there may be several of is an array,
-- made beside its row. No view joins it, so that no row is there twice and every sum is the sum of its rows.

CREATE VIEW analytics.insider_filings AS
SELECT f.accession, f.state, f.form, f.form LIKE '%/A' AS is_amendment, f.filed_on, f.accepted_at, f.period, f.issuer_cik, f.issuer_name,
       f.issuer_symbol, f.issuer_foreign_symbol,
       ARRAY(SELECT o.cik FROM pricewatch.insider_owners o WHERE o.accession = f.accession ORDER BY o.number) AS owner_ciks,
       ARRAY(SELECT o.name FROM pricewatch.insider_owners o WHERE o.accession = f.accession ORDER BY o.number) AS owner_names,
       f.transactions, f.holdings, f.is_10b5_1, f.is_subject_to_section_16, f.has_no_securities, f.original_filed_on, f.amends,
       ARRAY(SELECT a.accession FROM pricewatch.insider_filings a WHERE a.amends = f.accession ORDER BY a.filed_on, a.accession) AS amended_by,
       f.footnotes, f.remarks, f.signatures, f.flags, f.schema_version, f.url, f.feed_ciks, f.sources, f.listed_at, f.read_at, f.serial,
       f.attempts, f.retry_at, f.error, encode(f.page_sha256, 'hex') AS page, f.watch_id, f.run_id
FROM pricewatch.insider_filings f;
COMMENT ON VIEW analytics.insider_filings IS
    'Every filing of forms 3, 4, 5 and their amendments that was listed, read or not: one row per accession number';
COMMENT ON COLUMN analytics.insider_filings.state IS
    'read; pending: still to be fetched; gone: its document is not there; unreadable; left_out: beyond the bounds of the watch';
COMMENT ON COLUMN analytics.insider_filings.issuer_cik IS 'Whose shares: a filing belongs to its issuer, whoever''s list it was seen in; null: not read';
COMMENT ON COLUMN analytics.insider_filings.owner_ciks IS 'Who files, in the order of the document, as owner_names';
COMMENT ON COLUMN analytics.insider_filings.is_10b5_1 IS 'The box for trades by a plan made before; null: the form is older than the box';
COMMENT ON COLUMN analytics.insider_filings.original_filed_on IS 'Of an amendment: when that was filed which it amends, as it says itself';
COMMENT ON COLUMN analytics.insider_filings.amends IS 'Accession of the filing that it amends; null: none, or it is not known here';
COMMENT ON COLUMN analytics.insider_filings.amended_by IS 'Accessions of the amendments to it, the oldest first';
COMMENT ON COLUMN analytics.insider_filings.footnotes IS 'Texts by id';
COMMENT ON COLUMN analytics.insider_filings.flags IS 'What is odd of the whole, and was kept as it stands';
COMMENT ON COLUMN analytics.insider_filings.feed_ciks IS 'In whose lists it was seen';
COMMENT ON COLUMN analytics.insider_filings.sources IS 'feed: a list of filings; index: the daily index, by the nightly sweep';
COMMENT ON COLUMN analytics.insider_filings.serial IS 'In the order of being read';
COMMENT ON COLUMN analytics.insider_filings.attempts IS 'How often it was asked for in vain in this state; not again before retry_at';
COMMENT ON COLUMN analytics.insider_filings.page IS 'SHA-256 of the document that was kept';
COMMENT ON COLUMN analytics.insider_filings.watch_id IS 'Whose check fetched it';

CREATE VIEW analytics.insider_transactions AS
SELECT t.accession, t.table_name, t.row, t.issuer_cik, f.issuer_name, f.issuer_symbol, t.traded_on, t.filed_on, t.code,
       t.acquired_disposed, t.security, trim_scale(t.shares) AS shares, trim_scale(t.price) AS price, trim_scale(t.value) AS value,
       t.value_reason, trim_scale(t.total_value) AS total_value, trim_scale(t.owned_after) AS owned_after,
       trim_scale(t.value_owned_after) AS value_owned_after,
       t.direct_indirect, t.nature,
       o.cik AS owner_cik, o.name AS owner_name,
       ARRAY(SELECT o.cik FROM pricewatch.insider_owners o WHERE o.accession = t.accession ORDER BY o.number) AS owner_ciks,
       ARRAY(SELECT o.name FROM pricewatch.insider_owners o WHERE o.accession = t.accession ORDER BY o.number) AS owner_names,
       ARRAY(SELECT o.officer_title FROM pricewatch.insider_owners o
             WHERE o.accession = t.accession AND o.officer_title IS NOT NULL ORDER BY o.number) AS officer_titles,
       (SELECT bool_or(o.is_director) FROM pricewatch.insider_owners o WHERE o.accession = t.accession) AS is_director,
       (SELECT bool_or(o.is_officer) FROM pricewatch.insider_owners o WHERE o.accession = t.accession) AS is_officer,
       (SELECT bool_or(o.is_ten_percent_owner) FROM pricewatch.insider_owners o WHERE o.accession = t.accession) AS is_ten_percent_owner,
       trim_scale(t.exercise_price) AS exercise_price, t.exercise_date, t.expiration_date, t.underlying,
       trim_scale(t.underlying_shares) AS underlying_shares, trim_scale(t.underlying_value) AS underlying_value,
       t.superseded_by IS NULL AND t.repeats IS NULL AS is_counted, t.superseded_by, t.repeats,
       t.timeliness IS NOT DISTINCT FROM 'L' AS is_late, t.timeliness, f.is_10b5_1, t.is_equity_swap,
       t.traded_on IS NULL OR t.traded_on > t.filed_on
           OR t.flags && ARRAY['date_after_filing', 'date_long_after_period', 'date_long_before_period', 'date_out_of_range'] AS has_doubtful_date,
       t.flags, t.deemed_on, t.form_type, f.form, f.form LIKE '%/A' AS is_amendment, f.amends, f.period, f.accepted_at, t.footnotes,
       (SELECT jsonb_object_agg(note.id, f.footnotes -> note.id)
        FROM (SELECT DISTINCT jsonb_path_query(t.footnotes, '$.*[*]') #>> '{}' AS id) note WHERE note.id IS NOT NULL) AS footnote_texts,
       f.url, f.read_at
FROM pricewatch.insider_transactions t
JOIN pricewatch.insider_filings f ON f.accession = t.accession
LEFT JOIN pricewatch.insider_owners o ON o.accession = t.accession AND o.number = 1;
COMMENT ON VIEW analytics.insider_transactions IS
    'Every transaction of every filing that was read, of both tables and every code: the sums of insider_trades are those that mean something';
COMMENT ON COLUMN analytics.insider_transactions.table_name IS 'non_derivative (Table I) or derivative (Table II)';
COMMENT ON COLUMN analytics.insider_transactions.row IS 'In its table, from 1 on; with accession and table_name the key';
COMMENT ON COLUMN analytics.insider_transactions.issuer_name IS 'As this filing says it';
COMMENT ON COLUMN analytics.insider_transactions.traded_on IS 'As the filing says it; null: it says none that can be read. See has_doubtful_date';
COMMENT ON COLUMN analytics.insider_transactions.code IS
    'P purchase, S sale: on the open market or privately; A grant, M exercise, F tax, G gift and others are no decisions at a price';
COMMENT ON COLUMN analytics.insider_transactions.price IS 'USD per share, in Table II per derivative; null: the filing gives none, or in a footnote only';
COMMENT ON COLUMN analytics.insider_transactions.value IS 'shares x price in USD where that is a value; null: value_reason says why it is none';
COMMENT ON COLUMN analytics.insider_transactions.owner_cik IS 'The first of its owners: where each trade counts once';
COMMENT ON COLUMN analytics.insider_transactions.owner_ciks IS 'All who file it together, in the order of the document, as owner_names';
COMMENT ON COLUMN analytics.insider_transactions.is_officer IS 'Any of its owners is; likewise is_director, is_ten_percent_owner';
COMMENT ON COLUMN analytics.insider_transactions.is_counted IS 'It stands, and was not reported before: neither superseded_by nor repeats';
COMMENT ON COLUMN analytics.insider_transactions.superseded_by IS 'Accession of the amendment that restates it';
COMMENT ON COLUMN analytics.insider_transactions.repeats IS
    'Accession of the filing that reports the same trade first: entities of an ownership chain each report it';
COMMENT ON COLUMN analytics.insider_transactions.is_late IS 'As the filing says (L)';
COMMENT ON COLUMN analytics.insider_transactions.is_10b5_1 IS 'The box of the form: by a plan made before; null: the form is older than the box';
COMMENT ON COLUMN analytics.insider_transactions.has_doubtful_date IS
    'No day, one after the filing, or one a year from its period: it counts in sums, and in no cluster';
COMMENT ON COLUMN analytics.insider_transactions.flags IS 'What is odd, and was kept as it stands';
COMMENT ON COLUMN analytics.insider_transactions.footnotes IS 'Ids by the field that they stand at';
COMMENT ON COLUMN analytics.insider_transactions.footnote_texts IS 'Their texts by id';

CREATE VIEW analytics.insider_holdings AS
SELECT h.accession, h.table_name, h.row, h.issuer_cik, f.issuer_name, f.issuer_symbol, f.filed_on, f.period, h.security,
       trim_scale(h.owned_after) AS owned_after, trim_scale(h.value_owned_after) AS value_owned_after, h.direct_indirect, h.nature,
       o.cik AS owner_cik, o.name AS owner_name,
       ARRAY(SELECT o.cik FROM pricewatch.insider_owners o WHERE o.accession = h.accession ORDER BY o.number) AS owner_ciks,
       ARRAY(SELECT o.name FROM pricewatch.insider_owners o WHERE o.accession = h.accession ORDER BY o.number) AS owner_names,
       trim_scale(h.exercise_price) AS exercise_price, h.exercise_date, h.expiration_date, h.underlying,
       trim_scale(h.underlying_shares) AS underlying_shares, trim_scale(h.underlying_value) AS underlying_value, h.flags,
       f.form, f.form LIKE '%/A' AS is_amendment, f.amends, h.footnotes,
       (SELECT jsonb_object_agg(note.id, f.footnotes -> note.id)
        FROM (SELECT DISTINCT jsonb_path_query(h.footnotes, '$.*[*]') #>> '{}' AS id) note WHERE note.id IS NOT NULL) AS footnote_texts,
       f.url, f.read_at
FROM pricewatch.insider_holdings h
JOIN pricewatch.insider_filings f ON f.accession = h.accession
LEFT JOIN pricewatch.insider_owners o ON o.accession = h.accession AND o.number = 1;
COMMENT ON VIEW analytics.insider_holdings IS 'What filings say is held, in rows of their own without a transaction';
COMMENT ON COLUMN analytics.insider_holdings.owned_after IS 'Shares held; null: the filing gives a value instead, or a footnote only';
COMMENT ON COLUMN analytics.insider_holdings.owner_cik IS 'The first of its owners; owner_ciks has all';

CREATE VIEW analytics.insider_trades AS
SELECT t.accession, t.row, t.issuer_cik, t.issuer_name, t.issuer_symbol, t.traded_on, t.filed_on,
       CASE t.code WHEN 'P' THEN 'buy' ELSE 'sell' END AS side, t.code, t.security, t.shares, t.price, t.value, t.value_reason,
       t.owned_after, t.direct_indirect, t.nature, t.owner_cik, t.owner_name, t.owner_ciks, t.owner_names, t.officer_titles,
       t.is_director, t.is_officer, t.is_ten_percent_owner, t.is_late, t.is_10b5_1, t.is_equity_swap, t.has_doubtful_date, t.flags,
       t.form, t.is_amendment, t.amends, t.accepted_at, t.footnotes, t.footnote_texts, t.url, t.read_at
FROM analytics.insider_transactions t
WHERE t.table_name = 'non_derivative' AND t.code IN ('P', 'S') AND t.price > 0 AND t.superseded_by IS NULL AND t.repeats IS NULL;
COMMENT ON VIEW analytics.insider_trades IS
    'Buys and sells of shares at a price (codes P and S of Table I), each once: without what an amendment restates or a chain of owners repeats';
COMMENT ON COLUMN analytics.insider_trades.side IS 'buy (P) or sell (S)';
COMMENT ON COLUMN analytics.insider_trades.traded_on IS 'As the filing says it; null: it says none that can be read. See has_doubtful_date';
COMMENT ON COLUMN analytics.insider_trades.price IS 'USD per share';
COMMENT ON COLUMN analytics.insider_trades.value IS 'shares x price in USD where that is a value; null: value_reason says why it is none';
COMMENT ON COLUMN analytics.insider_trades.owner_cik IS 'The first of its owners: a trade belongs to it, and counts once; owner_ciks has all';
COMMENT ON COLUMN analytics.insider_trades.is_officer IS 'Any of its owners is; likewise is_director, is_ten_percent_owner';
COMMENT ON COLUMN analytics.insider_trades.is_10b5_1 IS 'By a plan made before, as the box of the form says; null: the form is older than the box';
COMMENT ON COLUMN analytics.insider_trades.has_doubtful_date IS
    'No day, one after the filing, or one a year from its period: it counts in sums, and in no cluster';

CREATE VIEW pricewatch.insider_issuers AS
SELECT DISTINCT ON (f.issuer_cik) f.issuer_cik, f.issuer_name, f.issuer_symbol
FROM pricewatch.insider_filings f WHERE f.issuer_cik IS NOT NULL
ORDER BY f.issuer_cik, f.filed_on DESC, f.accession DESC;
COMMENT ON VIEW pricewatch.insider_issuers IS 'Each issuer as its newest filing names it';

CREATE VIEW analytics.insider_company_days AS
SELECT d.issuer_cik, n.issuer_name, n.issuer_symbol, d.day, d.trades, d.buys, d.sells, d.bought_shares, d.sold_shares,
       d.bought_shares - d.sold_shares AS net_shares, d.bought_value, d.sold_value, d.bought_value - d.sold_value AS net_value,
       d.without_value, d.owners, d.buyers, d.sellers, d.planned, d.late
FROM (
    SELECT t.issuer_cik, t.traded_on AS day, count(*) AS trades, count(*) FILTER (WHERE t.code = 'P') AS buys,
           count(*) FILTER (WHERE t.code = 'S') AS sells,
           coalesce(sum(t.shares) FILTER (WHERE t.code = 'P'), 0) AS bought_shares,
           coalesce(sum(t.shares) FILTER (WHERE t.code = 'S'), 0) AS sold_shares,
           coalesce(sum(t.value) FILTER (WHERE t.code = 'P'), 0) AS bought_value,
           coalesce(sum(t.value) FILTER (WHERE t.code = 'S'), 0) AS sold_value,
           count(*) FILTER (WHERE t.value IS NULL) AS without_value,
           count(DISTINCT t.owner_cik) AS owners, count(DISTINCT t.owner_cik) FILTER (WHERE t.code = 'P') AS buyers,
           count(DISTINCT t.owner_cik) FILTER (WHERE t.code = 'S') AS sellers,
           count(*) FILTER (WHERE t.is_10b5_1) AS planned, count(*) FILTER (WHERE t.is_late) AS late
    FROM analytics.insider_trades t GROUP BY t.issuer_cik, t.traded_on
) d
LEFT JOIN LATERAL (
    SELECT i.issuer_name, i.issuer_symbol FROM pricewatch.insider_issuers i WHERE i.issuer_cik = d.issuer_cik
) n ON true;
COMMENT ON VIEW analytics.insider_company_days IS 'The sums of insider_trades by issuer and day of the trade';
COMMENT ON COLUMN analytics.insider_company_days.day IS 'As filings say it, typing errors included; null: no day that can be read';
COMMENT ON COLUMN analytics.insider_company_days.trades IS 'Rows of insider_trades: buys and sells';
COMMENT ON COLUMN analytics.insider_company_days.net_shares IS 'Bought less sold';
COMMENT ON COLUMN analytics.insider_company_days.bought_value IS 'USD, of those trades that have a value';
COMMENT ON COLUMN analytics.insider_company_days.without_value IS 'Trades that are in no value: see insider_trades.value_reason';
COMMENT ON COLUMN analytics.insider_company_days.owners IS 'Different first owners of filings: those who file together count as one';
COMMENT ON COLUMN analytics.insider_company_days.planned IS 'Trades by a 10b5-1 plan, as the form says';

CREATE VIEW analytics.insider_owner_net AS
SELECT d.issuer_cik, n.issuer_name, n.issuer_symbol, d.owner_cik, d.owner_name, d.trades, d.buys, d.sells, d.bought_shares, d.sold_shares,
       d.bought_shares - d.sold_shares AS net_shares, d.bought_value, d.sold_value, d.bought_value - d.sold_value AS net_value,
       d.without_value, d.first_traded_on, d.last_traded_on, d.planned, d.late
FROM (
    SELECT t.issuer_cik, t.owner_cik, (array_agg(t.owner_name ORDER BY t.filed_on DESC, t.accession DESC))[1] AS owner_name,
           count(*) AS trades, count(*) FILTER (WHERE t.code = 'P') AS buys, count(*) FILTER (WHERE t.code = 'S') AS sells,
           coalesce(sum(t.shares) FILTER (WHERE t.code = 'P'), 0) AS bought_shares,
           coalesce(sum(t.shares) FILTER (WHERE t.code = 'S'), 0) AS sold_shares,
           coalesce(sum(t.value) FILTER (WHERE t.code = 'P'), 0) AS bought_value,
           coalesce(sum(t.value) FILTER (WHERE t.code = 'S'), 0) AS sold_value,
           count(*) FILTER (WHERE t.value IS NULL) AS without_value,
           min(t.traded_on) FILTER (WHERE NOT t.has_doubtful_date) AS first_traded_on,
           max(t.traded_on) FILTER (WHERE NOT t.has_doubtful_date) AS last_traded_on,
           count(*) FILTER (WHERE t.is_10b5_1) AS planned, count(*) FILTER (WHERE t.is_late) AS late
    FROM analytics.insider_trades t GROUP BY t.issuer_cik, t.owner_cik
) d
LEFT JOIN LATERAL (
    SELECT i.issuer_name, i.issuer_symbol FROM pricewatch.insider_issuers i WHERE i.issuer_cik = d.issuer_cik
) n ON true;
COMMENT ON VIEW analytics.insider_owner_net IS
    'The sums of insider_trades by issuer and owner: a trade that several file together belongs to the first of them, and counts once';
COMMENT ON COLUMN analytics.insider_owner_net.owner_name IS 'As the newest of its filings says it';
COMMENT ON COLUMN analytics.insider_owner_net.net_shares IS 'Bought less sold';
COMMENT ON COLUMN analytics.insider_owner_net.bought_value IS 'USD, of those trades that have a value';
COMMENT ON COLUMN analytics.insider_owner_net.without_value IS 'Trades that are in no value: see insider_trades.value_reason';
COMMENT ON COLUMN analytics.insider_owner_net.first_traded_on IS 'Doubtful days left out; likewise last_traded_on';
COMMENT ON COLUMN analytics.insider_owner_net.planned IS 'Trades by a 10b5-1 plan, as the form says';

-- Those who ever filed a form of the company together are one party, and so are those whom a chain of such filings joins: each takes the lowest
-- CIK that anybody in its filings has, step by step until nothing changes. A step costs a row per owner and different lowest of its filings.
-- A window of 30 days with three parties may as well begin at a buy; windows that overlap have a buy in common and are one cluster.
CREATE VIEW analytics.insider_clusters AS
SELECT i.issuer_cik, n.issuer_name, n.issuer_symbol, c.first_on, c.last_on, c.owners, c.buys, c.shares, c.value, c.without_value,
       c.owner_ciks, c.owner_names, c.last_filed_on
FROM (
    SELECT t.issuer_cik FROM analytics.insider_trades t WHERE t.code = 'P' AND NOT t.has_doubtful_date
    GROUP BY t.issuer_cik HAVING count(DISTINCT t.owner_cik) >= 3
) i
CROSS JOIN LATERAL (
    WITH RECURSIVE owners AS MATERIALIZED (
        SELECT o.accession, o.cik, min(o.cik) OVER filing AS lowest, count(*) OVER filing > 1 AS is_joint
        FROM pricewatch.insider_filings f JOIN pricewatch.insider_owners o USING (accession) WHERE f.issuer_cik = i.issuer_cik
        WINDOW filing AS (PARTITION BY o.accession)
    ), steps AS (
        SELECT DISTINCT cik, lowest, lowest AS party, true AS goes_on FROM owners WHERE is_joint
        UNION ALL
        SELECT cik, lowest, lower_party, bool_or(lower_party <> party) OVER ()
        FROM (
            SELECT cik, lowest, party, min(filed_with) OVER (PARTITION BY cik) AS lower_party
            FROM (SELECT *, min(party) OVER (PARTITION BY lowest) AS filed_with FROM steps WHERE goes_on) f
        ) c
    ), parties AS (
        SELECT o.accession, coalesce(s.party, o.lowest) AS party
        FROM (SELECT DISTINCT accession, lowest FROM owners) o
        LEFT JOIN (SELECT cik, min(party) AS party FROM steps GROUP BY cik) s ON s.cik = o.lowest
    ), buys AS MATERIALIZED (
        SELECT t.traded_on, t.filed_on, t.shares, t.value, t.owner_cik, t.owner_name, p.party
        FROM analytics.insider_trades t JOIN parties p USING (accession)
        WHERE t.issuer_cik = i.issuer_cik AND t.code = 'P' AND NOT t.has_doubtful_date
    ), windows AS (
        SELECT b.traded_on AS begins_on FROM (SELECT DISTINCT traded_on FROM buys) b
        WHERE (SELECT count(DISTINCT w.party) FROM buys w WHERE w.traded_on BETWEEN b.traded_on AND b.traded_on + 29) >= 3
    ), marked AS (
        SELECT begins_on, begins_on <= lag(begins_on) OVER (ORDER BY begins_on) + 29 AS goes_on FROM windows
    ), numbered AS (
        SELECT begins_on, count(*) FILTER (WHERE goes_on IS NOT TRUE) OVER (ORDER BY begins_on) AS number FROM marked
    ), clusters AS (
        SELECT min(begins_on) AS first_on, max(begins_on) + 29 AS until FROM numbered GROUP BY number
    )
    SELECT k.first_on, max(b.traded_on) AS last_on, count(DISTINCT b.party) AS owners, count(*) AS buys, coalesce(sum(b.shares), 0) AS shares,
           coalesce(sum(b.value), 0) AS value, count(*) FILTER (WHERE b.value IS NULL) AS without_value,
           array_agg(DISTINCT b.owner_cik) AS owner_ciks, array_agg(DISTINCT b.owner_name) AS owner_names,
           max(b.filed_on) AS last_filed_on
    FROM clusters k JOIN buys b ON b.traded_on BETWEEN k.first_on AND k.until GROUP BY k.first_on
) c
LEFT JOIN LATERAL (
    SELECT i2.issuer_name, i2.issuer_symbol FROM pricewatch.insider_issuers i2 WHERE i2.issuer_cik = i.issuer_cik
) n ON true;
COMMENT ON VIEW analytics.insider_clusters IS
    'Times in which at least 3 different owners bought shares of a company within 30 days; such windows that overlap are one cluster';
COMMENT ON COLUMN analytics.insider_clusters.owners IS 'How many: those who ever filed together, or in a chain of such filings, count as one';
COMMENT ON COLUMN analytics.insider_clusters.owner_names IS 'The first owners of the filings, by name; owner_ciks by number';
COMMENT ON COLUMN analytics.insider_clusters.value IS 'USD, of those buys that have a value; without_value: how many have none';
COMMENT ON COLUMN analytics.insider_clusters.last_filed_on IS 'When the newest of its filings was filed';

-- The price that a watch has: storage/insider_trades.py says the same.
CREATE VIEW analytics.insider_latest_prices AS
SELECT DISTINCT ON (t.issuer_cik) t.issuer_cik, t.issuer_name, t.issuer_symbol, t.price, 'USD'::char(3) AS currency, t.traded_on,
       t.filed_on, t.side, t.code, t.shares, t.value, t.value_reason, t.security, t.owner_name, t.accession, t.row, t.url
FROM analytics.insider_trades t
WHERE t.traded_on <= t.filed_on AND (t.value_reason IS NULL OR t.value_reason NOT IN ('price_is_total', 'absurd'))
ORDER BY t.issuer_cik, t.traded_on DESC, t.filed_on DESC, t.accession DESC, t.row DESC;
COMMENT ON VIEW analytics.insider_latest_prices IS 'The newest open-market price per share of each issuer: that of the newest row of insider_trades whose price is one';
COMMENT ON COLUMN analytics.insider_latest_prices.traded_on IS 'A trade dated after its filing is none of the newest';

-- Statistics

CREATE VIEW analytics.insider_check_history AS
SELECT c.watch_id, c.slot_at, c.attempt, c.kind, c.outcome, c.started_at, c.finished_at,
       CASE WHEN c.outcome <> 'abandoned' THEN extract(epoch FROM c.finished_at - c.started_at)::numeric(12, 3) END AS duration_s, f.cik,
       f.listed, f.found, coalesce(f.read, kept.read) AS read, f.gone, f.unreadable, f.left_out, f.remaining,
       coalesce(f.transactions, kept.transactions) AS transactions, coalesce(f.holdings, kept.holdings) AS holdings, f.price, f.currency,
       f.traded_on, f.problem, c.error, c.http_status, c.page_count AS requests, c.wire_bytes, c.run_id
FROM pricewatch.checks c
JOIN pricewatch.watches w ON w.watch_id = c.watch_id AND w.provider = 'sec_form4'
LEFT JOIN pricewatch.filing_checks f
    ON f.watch_id = c.watch_id AND f.slot_at = c.slot_at AND f.attempt = c.attempt AND f.combination = 0
-- An abandoned check could not say what it had read: what was read for the watch from its slot on until it was given up, and is of no
-- abandoned check before it, nor of one that could.
LEFT JOIN LATERAL (
    SELECT count(*)::integer AS read, coalesce(sum(n.transactions), 0)::integer AS transactions, coalesce(sum(n.holdings), 0)::integer AS holdings
    FROM pricewatch.insider_filings n
    WHERE n.watch_id = c.watch_id AND n.read_at BETWEEN c.slot_at AND c.finished_at
      AND NOT EXISTS (
          SELECT FROM pricewatch.checks o
          WHERE o.watch_id = c.watch_id AND o.slot_at BETWEEN c.slot_at - interval '1 day' AND c.finished_at
            AND CASE WHEN o.outcome = 'abandoned' THEN n.read_at <= o.finished_at AND o.finished_at < c.finished_at
                     ELSE n.read_at BETWEEN o.started_at AND o.finished_at END)
) kept ON c.outcome = 'abandoned';
COMMENT ON VIEW analytics.insider_check_history IS 'Every check of every insider watch, also the failed ones, with what it found';
COMMENT ON COLUMN analytics.insider_check_history.outcome IS
    'ok, not_modified: nothing new; no_offers: read, and nobody traded at a price; or the kind of failure';
COMMENT ON COLUMN analytics.insider_check_history.duration_s IS
    'Null: abandoned, and nobody knows when: it was last heard of at started_at and given up at finished_at';
COMMENT ON COLUMN analytics.insider_check_history.listed IS 'Filings in the list of the company; null, as what follows: the check failed before it was read';
COMMENT ON COLUMN analytics.insider_check_history.found IS 'Filings not seen before';
COMMENT ON COLUMN analytics.insider_check_history.read IS
    'Filings that were read, of an abandoned check those that it left behind, as are transactions and holdings; gone, unreadable: those that could not';
COMMENT ON COLUMN analytics.insider_check_history.left_out IS 'Of the company, by the bounds of the watch';
COMMENT ON COLUMN analytics.insider_check_history.remaining IS 'Filings that are still to be read';
COMMENT ON COLUMN analytics.insider_check_history.transactions IS 'That it created';
COMMENT ON COLUMN analytics.insider_check_history.problem IS 'What is missing; error: why it failed';

CREATE VIEW analytics.insider_watches AS
SELECT w.watch_id, w.title, w.query ->> 'company' AS company, k.cik, coalesce(i.issuer_name, feed.name) AS issuer_name, i.issuer_symbol,
       w.archived_at IS NOT NULL AS is_archived, w.last_outcome, w.last_checked_at, w.last_success_at, w.next_due_at, w.last_price AS price,
       coalesce(c.checks, 0) AS checks, coalesce(c.succeeded, 0) AS succeeded, coalesce(c.without_price, 0) AS without_price,
       coalesce(c.failed, 0) AS failed, coalesce(c.cancelled, 0) AS cancelled,
       coalesce(c.abandoned, 0) AS abandoned, c.duration_s, round(c.duration_s / nullif(c.checks - c.abandoned, 0), 3) AS mean_duration_s,
       coalesce(c.checks_24h, 0) AS checks_24h, coalesce(c.succeeded_24h, 0) AS succeeded_24h,
       coalesce(c.without_price_24h, 0) AS without_price_24h, coalesce(c.failed_24h, 0) AS failed_24h,
       coalesce(c.cancelled_24h, 0) AS cancelled_24h,
       coalesce(c.abandoned_24h, 0) AS abandoned_24h, c.duration_s_24h, round(c.duration_s_24h / nullif(c.checks_24h - c.abandoned_24h, 0), 3) AS mean_duration_s_24h,
       coalesce(c.checks_7d, 0) AS checks_7d, coalesce(c.succeeded_7d, 0) AS succeeded_7d, coalesce(c.without_price_7d, 0) AS without_price_7d,
       coalesce(c.failed_7d, 0) AS failed_7d, coalesce(c.cancelled_7d, 0) AS cancelled_7d,
       coalesce(c.abandoned_7d, 0) AS abandoned_7d, c.duration_s_7d, round(c.duration_s_7d / nullif(c.checks_7d - c.abandoned_7d, 0), 3) AS mean_duration_s_7d,
       f.filings, f.filings_read, f.filings_pending, f.filings_gone, f.filings_unreadable, f.filings_left_out,
       f.filings_read_24h, f.filings_read_7d, coalesce(t.transactions, 0) AS transactions, coalesce(t.transactions_24h, 0) AS transactions_24h,
       coalesce(t.transactions_7d, 0) AS transactions_7d,
       feed.first_seen_on, feed.read_at AS feed_read_at, feed.missing_parts
FROM pricewatch.watches w
LEFT JOIN pricewatch.sec_companies s ON s.symbol = upper(w.query ->> 'company') AND s.site = coalesce(w.query ->> 'site', 'https://www.sec.gov')
LEFT JOIN LATERAL (
    SELECT h.cik FROM pricewatch.filing_checks h WHERE h.watch_id = w.watch_id AND h.cik IS NOT NULL ORDER BY h.slot_at DESC, h.attempt DESC LIMIT 1
) h ON true
CROSS JOIN LATERAL (
    SELECT CASE WHEN w.query ->> 'company' ~ '^[0-9]{1,10}$' THEN lpad(w.query ->> 'company', 10, '0') ELSE coalesce(s.cik, h.cik) END AS cik
) k
LEFT JOIN pricewatch.insider_feeds feed ON feed.cik = k.cik
LEFT JOIN LATERAL (
    SELECT n.issuer_name, n.issuer_symbol FROM pricewatch.insider_filings n WHERE n.issuer_cik = k.cik
    ORDER BY n.filed_on DESC, n.accession DESC LIMIT 1
) i ON true
LEFT JOIN (
    SELECT c.watch_id, count(*) AS checks, count(*) FILTER (WHERE c.is_success) AS succeeded,
           count(*) FILTER (WHERE c.is_answer) AS without_price, count(*) FILTER (WHERE c.is_failure) AS failed,
           count(*) FILTER (WHERE c.is_cancelled) AS cancelled,
           count(*) FILTER (WHERE c.is_abandoned) AS abandoned, sum(c.duration_s) AS duration_s,
           count(*) FILTER (WHERE c.is_of_24h) AS checks_24h, count(*) FILTER (WHERE c.is_of_24h AND c.is_success) AS succeeded_24h,
           count(*) FILTER (WHERE c.is_of_24h AND c.is_answer) AS without_price_24h,
           count(*) FILTER (WHERE c.is_of_24h AND c.is_failure) AS failed_24h,
           count(*) FILTER (WHERE c.is_of_24h AND c.is_cancelled) AS cancelled_24h,
           count(*) FILTER (WHERE c.is_of_24h AND c.is_abandoned) AS abandoned_24h,
           sum(c.duration_s) FILTER (WHERE c.is_of_24h) AS duration_s_24h,
           count(*) FILTER (WHERE c.is_of_7d) AS checks_7d, count(*) FILTER (WHERE c.is_of_7d AND c.is_success) AS succeeded_7d,
           count(*) FILTER (WHERE c.is_of_7d AND c.is_answer) AS without_price_7d,
           count(*) FILTER (WHERE c.is_of_7d AND c.is_failure) AS failed_7d,
           count(*) FILTER (WHERE c.is_of_7d AND c.is_cancelled) AS cancelled_7d,
           count(*) FILTER (WHERE c.is_of_7d AND c.is_abandoned) AS abandoned_7d,
           sum(c.duration_s) FILTER (WHERE c.is_of_7d) AS duration_s_7d
    FROM (
        SELECT one.watch_id, one.outcome IN ('ok', 'not_modified') AS is_success, one.outcome IN ('no_offers', 'finished') AS is_answer,
               one.outcome = 'cancelled' AS is_cancelled, one.outcome = 'abandoned' AS is_abandoned,
               one.outcome NOT IN ('ok', 'not_modified', 'no_offers', 'finished', 'cancelled') AS is_failure,
               CASE WHEN one.outcome <> 'abandoned' THEN extract(epoch FROM one.finished_at - one.started_at) END AS duration_s,
               one.finished_at > now() - interval '24 hours' AS is_of_24h, one.finished_at > now() - interval '7 days' AS is_of_7d
        FROM pricewatch.checks one JOIN pricewatch.watches ours USING (watch_id) WHERE ours.provider = 'sec_form4'
    ) c GROUP BY c.watch_id
) c ON c.watch_id = w.watch_id
CROSS JOIN LATERAL (
    SELECT count(*) AS filings, count(*) FILTER (WHERE state = 'read') AS filings_read,
           count(*) FILTER (WHERE state = 'pending') AS filings_pending, count(*) FILTER (WHERE state = 'gone') AS filings_gone,
           count(*) FILTER (WHERE state = 'unreadable') AS filings_unreadable,
           count(*) FILTER (WHERE state = 'left_out') AS filings_left_out,
           count(*) FILTER (WHERE state = 'read' AND read_at > now() - interval '24 hours') AS filings_read_24h,
           count(*) FILTER (WHERE state = 'read' AND read_at > now() - interval '7 days') AS filings_read_7d
    FROM pricewatch.insider_filings f WHERE f.feed_ciks @> ARRAY[k.cik]
) f
LEFT JOIN (
    SELECT f.watch_id, count(*) AS transactions, count(*) FILTER (WHERE f.read_at > now() - interval '24 hours') AS transactions_24h,
           count(*) FILTER (WHERE f.read_at > now() - interval '7 days') AS transactions_7d
    FROM pricewatch.insider_filings f JOIN pricewatch.insider_transactions t USING (accession)
    WHERE f.watch_id IS NOT NULL GROUP BY f.watch_id
) t ON t.watch_id = w.watch_id
WHERE w.provider = 'sec_form4';
COMMENT ON VIEW analytics.insider_watches IS 'Each insider watch in numbers: its company, its checks, the filings of its company, the transactions that its checks created';
COMMENT ON COLUMN analytics.insider_watches.cik IS 'Of the company; null: its ticker is not known yet';
COMMENT ON COLUMN analytics.insider_watches.succeeded IS 'ok and not_modified; without_price: read, and there is no trade at a price; failed: every other outcome';
COMMENT ON COLUMN analytics.insider_watches.abandoned IS 'Those of the failed whose run died: nobody knows how long they took, so they are in no duration';
COMMENT ON COLUMN analytics.insider_watches.duration_s IS 'Of all its checks together; what ends in 24h or 7d is of the last 24 hours or 7 days';
COMMENT ON COLUMN analytics.insider_watches.filings IS 'Listed by the company, in every state; read in 24h or 7d: since then, by whichever watch';
COMMENT ON COLUMN analytics.insider_watches.transactions IS 'That its checks created; another watch on the same company creates none of them again';
COMMENT ON COLUMN analytics.insider_watches.missing_parts IS 'Older files of the company''s list that could not be had';

CREATE VIEW analytics.insider_statistics AS
SELECT w.*, f.*, t.*
FROM (
    SELECT count(*) FILTER (WHERE NOT w.is_archived) AS watches, count(DISTINCT w.cik) FILTER (WHERE NOT w.is_archived) AS companies,
           count(*) FILTER (WHERE NOT w.is_archived AND w.last_checked_at IS NULL) AS not_checked_yet,
           coalesce(sum(w.checks), 0)::bigint AS checks, coalesce(sum(w.succeeded), 0)::bigint AS succeeded,
           coalesce(sum(w.without_price), 0)::bigint AS without_price, coalesce(sum(w.failed), 0)::bigint AS failed,
           coalesce(sum(w.cancelled), 0)::bigint AS cancelled, round(sum(w.duration_s) / nullif(sum(w.checks - w.abandoned), 0), 3) AS mean_duration_s,
           coalesce(sum(w.checks_24h), 0)::bigint AS checks_24h, coalesce(sum(w.succeeded_24h), 0)::bigint AS succeeded_24h,
           coalesce(sum(w.without_price_24h), 0)::bigint AS without_price_24h, coalesce(sum(w.failed_24h), 0)::bigint AS failed_24h,
           coalesce(sum(w.cancelled_24h), 0)::bigint AS cancelled_24h,
           round(sum(w.duration_s_24h) / nullif(sum(w.checks_24h - w.abandoned_24h), 0), 3) AS mean_duration_s_24h,
           coalesce(sum(w.checks_7d), 0)::bigint AS checks_7d, coalesce(sum(w.succeeded_7d), 0)::bigint AS succeeded_7d,
           coalesce(sum(w.without_price_7d), 0)::bigint AS without_price_7d, coalesce(sum(w.failed_7d), 0)::bigint AS failed_7d,
           coalesce(sum(w.cancelled_7d), 0)::bigint AS cancelled_7d,
           round(sum(w.duration_s_7d) / nullif(sum(w.checks_7d - w.abandoned_7d), 0), 3) AS mean_duration_s_7d
    FROM analytics.insider_watches w
) w
CROSS JOIN (
    SELECT count(*) AS filings, count(*) FILTER (WHERE state = 'read') AS filings_read,
           count(*) FILTER (WHERE state = 'pending') AS filings_pending, count(*) FILTER (WHERE state = 'gone') AS filings_gone,
           count(*) FILTER (WHERE state = 'unreadable') AS filings_unreadable,
           count(*) FILTER (WHERE state = 'left_out') AS filings_left_out,
           count(*) FILTER (WHERE state = 'read' AND read_at > now() - interval '24 hours') AS filings_read_24h,
           count(*) FILTER (WHERE state = 'read' AND read_at > now() - interval '7 days') AS filings_read_7d
    FROM pricewatch.insider_filings
) f
CROSS JOIN (
    SELECT count(*) AS transactions, count(*) FILTER (WHERE f.read_at > now() - interval '24 hours') AS transactions_24h,
           count(*) FILTER (WHERE f.read_at > now() - interval '7 days') AS transactions_7d, max(f.read_at) AS last_read_at
    FROM pricewatch.insider_transactions t JOIN pricewatch.insider_filings f USING (accession)
) t;
COMMENT ON VIEW analytics.insider_statistics IS 'All insider watches in numbers, one row: checks, filings, transactions; what ends in 24h or 7d is of the last 24 hours or 7 days';
COMMENT ON COLUMN analytics.insider_statistics.companies IS 'Different companies that are watched';
COMMENT ON COLUMN analytics.insider_statistics.not_checked_yet IS 'Watches that were never checked';
COMMENT ON COLUMN analytics.insider_statistics.checks IS 'In the ledger: it goes back as far as PRICEWATCH_CHECK_RETENTION_DAYS says';
COMMENT ON COLUMN analytics.insider_statistics.succeeded IS 'ok and not_modified; without_price: read, and there is no trade at a price; failed: every other outcome';
COMMENT ON COLUMN analytics.insider_statistics.filings IS 'Every filing once, whoever''s lists it is in';
COMMENT ON COLUMN analytics.insider_statistics.transactions IS 'Rows of insider_transactions; in 24h and 7d: of filings that were read since then';
COMMENT ON COLUMN analytics.insider_statistics.last_read_at IS 'When the newest filing with a transaction was read';
