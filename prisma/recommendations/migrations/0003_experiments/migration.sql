-- Experiments: which of a list's ways of finding products works best, by showing each to a fixed share of the visitors.

CREATE TABLE "experiment" (
  "id" UUID NOT NULL,
  "name" TEXT NOT NULL,
  "slot" TEXT NOT NULL CHECK ("slot" IN ('FOR_YOU', 'RELATED', 'BOUGHT_TOGETHER')),
  "status" TEXT NOT NULL CHECK ("status" IN ('DRAFT', 'RUNNING', 'ENDED')),
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "started_at" TIMESTAMPTZ(3),
  "ended_at" TIMESTAMPTZ(3),
  CONSTRAINT "experiment_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "experiment_times" CHECK (
    ("started_at" IS NULL) = ("status" = 'DRAFT') AND ("ended_at" IS NULL) = ("status" <> 'ENDED'))
);
-- A list is shown in one way at a time. Lists read it by the same index.
CREATE UNIQUE INDEX "experiment_running" ON "experiment" ("slot") WHERE "status" = 'RUNNING';

CREATE TABLE "experiment_arm" (
  "experiment_id" UUID NOT NULL,
  "first_bucket" INTEGER NOT NULL CHECK ("first_bucket" >= 0),
  "share" INTEGER NOT NULL CHECK ("share" > 0),
  "name" TEXT NOT NULL,
  "strategy" TEXT NOT NULL,
  CONSTRAINT "experiment_arm_pkey" PRIMARY KEY ("experiment_id", "first_bucket"),
  CONSTRAINT "experiment_arm_buckets" CHECK ("first_bucket" + "share" <= 100),
  CONSTRAINT "experiment_arm_experiment_id_fkey" FOREIGN KEY ("experiment_id") REFERENCES "experiment" ("id")
);
CREATE UNIQUE INDEX "experiment_arm_experiment_id_name_key" ON "experiment_arm" ("experiment_id", "name");
