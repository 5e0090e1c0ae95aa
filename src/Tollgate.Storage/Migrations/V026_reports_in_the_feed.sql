-- By how much a SET changed the usage of its window; null: a DELTA, or a SET from before this column.
ALTER TABLE measurements ADD COLUMN growth $decimal;
