-- What every subgraph's schema has: events (outbox, inbox, dead letters), idempotency keys, data keys of persons.

CREATE TABLE "outbox" (
  "id" UUID NOT NULL,
  "type" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "aggregate_type" TEXT NOT NULL,
  "aggregate_id" UUID NOT NULL,
  "aggregate_seq" INTEGER NOT NULL,
  "correlation_id" TEXT NOT NULL,
  "occurred_at" TIMESTAMPTZ(6) NOT NULL,
  "payload" JSONB NOT NULL,
  "relayed_at" TIMESTAMPTZ(6),
  CONSTRAINT "outbox_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "outbox_aggregate_id_aggregate_seq_key" ON "outbox" ("aggregate_id", "aggregate_seq");
CREATE INDEX "outbox_not_relayed" ON "outbox" ("id") WHERE "relayed_at" IS NULL;

CREATE TABLE "aggregate_sequence" (
  "aggregate_id" UUID NOT NULL,
  "last_seq" INTEGER NOT NULL,
  CONSTRAINT "aggregate_sequence_pkey" PRIMARY KEY ("aggregate_id")
) WITH (fillfactor = 70);

CREATE TABLE "event_subscription" (
  "consumer" TEXT NOT NULL,
  "event_type" TEXT NOT NULL,
  CONSTRAINT "event_subscription_pkey" PRIMARY KEY ("consumer", "event_type")
);
CREATE INDEX "event_subscription_event_type_idx" ON "event_subscription" ("event_type");

CREATE TABLE "inbox" (
  "consumer" TEXT NOT NULL,
  "event_id" UUID NOT NULL,
  "type" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "aggregate_type" TEXT NOT NULL,
  "aggregate_id" UUID NOT NULL,
  "aggregate_seq" INTEGER NOT NULL,
  "correlation_id" TEXT NOT NULL,
  "occurred_at" TIMESTAMPTZ(6) NOT NULL,
  "payload" JSONB NOT NULL,
  "run_at" TIMESTAMPTZ(6) NOT NULL,
  "attempts" INTEGER NOT NULL DEFAULT 0,
  "lease_until" TIMESTAMPTZ(6),
  "last_error" TEXT,
  "done_at" TIMESTAMPTZ(6),
  CONSTRAINT "inbox_pkey" PRIMARY KEY ("consumer", "event_id")
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01);
CREATE INDEX "inbox_due" ON "inbox" ("consumer", "run_at", "event_id") WHERE "done_at" IS NULL;
CREATE INDEX "inbox_done" ON "inbox" ("done_at") WHERE "done_at" IS NOT NULL;

CREATE TABLE "dead_letter" (
  "consumer" TEXT NOT NULL,
  "event_id" UUID NOT NULL,
  "type" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "aggregate_type" TEXT NOT NULL,
  "aggregate_id" UUID NOT NULL,
  "aggregate_seq" INTEGER NOT NULL,
  "correlation_id" TEXT NOT NULL,
  "occurred_at" TIMESTAMPTZ(6) NOT NULL,
  "payload" JSONB NOT NULL,
  "attempts" INTEGER NOT NULL,
  "last_error" TEXT NOT NULL,
  "died_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "dead_letter_pkey" PRIMARY KEY ("consumer", "event_id")
);

CREATE TABLE "idempotency_key" (
  "owner" TEXT NOT NULL,
  "operation" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "request_hash" BYTEA NOT NULL,
  "outcome" JSONB,
  "created_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "idempotency_key_pkey" PRIMARY KEY ("owner", "operation", "key")
);
-- Rows are removed by age; they lie in the order of time, so a few pages of index tell where.
CREATE INDEX "idempotency_key_created" ON "idempotency_key" USING BRIN ("created_at");

CREATE TABLE "subject_key" (
  "subject_id" UUID NOT NULL,
  "wrapped" BYTEA NOT NULL,
  "master_key_id" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(6) NOT NULL,
  CONSTRAINT "subject_key_pkey" PRIMARY KEY ("subject_id")
);
