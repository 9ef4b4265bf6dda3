CREATE TABLE "account" (
  "user_id" UUID NOT NULL,
  "erased_at" TIMESTAMPTZ(3),
  CONSTRAINT "account_pkey" PRIMARY KEY ("user_id")
);

CREATE TABLE "entry" (
  "id" UUID NOT NULL,
  "user_id" UUID NOT NULL,
  "amount" INTEGER NOT NULL CHECK ("amount" > 0),
  "occurred_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "entry_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "entry_of_user" ON "entry" ("user_id");
