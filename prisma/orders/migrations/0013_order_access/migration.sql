-- What leads a guest back to an order: a random token, of which only the hash is kept.
CREATE TABLE "order_access" (
  "token_hash" BYTEA NOT NULL,
  "order_id" UUID NOT NULL REFERENCES "orders" ("id"),
  "created_at" TIMESTAMPTZ(6) NOT NULL,
  "expires_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "order_access_pkey" PRIMARY KEY ("token_hash")
);
CREATE INDEX "order_access_order_id_idx" ON "order_access" ("order_id");
