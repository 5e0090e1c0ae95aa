-- Rows that every report, event or consumption updates: while there is room on its page, the new version of a row needs no new entry
-- in the indexes, and the old one goes when the page is written next. Counts for the pages written from now on.
$postgresql ALTER TABLE usage_counters SET (fillfactor = 50);
$postgresql ALTER TABLE meter_counters SET (fillfactor = 50);
$postgresql ALTER TABLE credit_grants SET (fillfactor = 50);
