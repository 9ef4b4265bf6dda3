-- What a customer should know of a merge that happened while they did something else: kept until they change the cart.
ALTER TABLE "cart" ADD COLUMN "notices" JSONB NOT NULL DEFAULT '[]';
-- A guest whose cart went to an account gets no other one (cart/store.ts).
CREATE INDEX "cart_merged" ON "cart" ("customer_id") WHERE "status" = 'MERGED';
