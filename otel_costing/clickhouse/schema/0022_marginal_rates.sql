-- What a meter costs from its unit number `steps.first` on, where a rate has marginal bands: one element per step and
-- meter. `steps.unit_price` is for `steps.per` units; units before the first step of their meter cost `prices`.
ALTER TABLE rates
    ADD COLUMN IF NOT EXISTS `steps.first` Array(UInt64),
    ADD COLUMN IF NOT EXISTS `steps.meter` Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS `steps.unit_price` Array(Decimal(38, 24)),
    ADD COLUMN IF NOT EXISTS `steps.per` Array(UInt64);
