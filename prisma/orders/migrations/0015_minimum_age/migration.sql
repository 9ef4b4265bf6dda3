-- How old the buyer must be, by the catalogue's word when the order was placed; null: of any age.
ALTER TABLE "order_item" ADD COLUMN "minimum_age" SMALLINT;
