-- What a team's own files made of a rate: the list's prices beside those paid, who agreed it, and the exchange rates
-- that turned another currency into USD. `prices.list_unit_price` is for `prices.per` units; null where the list has
-- no price, and in rows of before this column.
ALTER TABLE rates
    ADD COLUMN IF NOT EXISTS `prices.list_unit_price` Array(Nullable(Decimal(38, 24))),
    ADD COLUMN IF NOT EXISTS `contracts.name` Array(String),
    ADD COLUMN IF NOT EXISTS `contracts.terms` Array(String),
    ADD COLUMN IF NOT EXISTS `contracts.source` Array(String),
    ADD COLUMN IF NOT EXISTS `contracts.checked` Array(String),
    ADD COLUMN IF NOT EXISTS `exchanges.currency` Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS `exchanges.usd` Array(Decimal(38, 24)),
    ADD COLUMN IF NOT EXISTS `exchanges.source` Array(String);
