-- What the calls of a row cost by meter, in the order of their names: how many lines, of how much, and what they cost. Calls
-- without any line are one under an empty name, of nothing.
ALTER TABLE rollup_rows
    ADD COLUMN IF NOT EXISTS `meters.meter` Array(LowCardinality(String)) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS `meters.lines` Array(Int64) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS `meters.quantity` Array(Int64) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS `meters.usd` Array(Nullable(Decimal(38, 12))) CODEC(ZSTD(1));
