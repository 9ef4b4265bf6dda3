-- For statements that ask by time alone. In a new shop, where all its indexes are of one page, Postgres found a customer's open
-- cart by reading this one from end to end, and kept that plan when the carts were many.
DROP INDEX "cart_expiry";
CREATE INDEX "cart_expiry" ON "cart" ("expires_at") WHERE "status" = 'OPEN' AND "expires_at" > '-infinity';
