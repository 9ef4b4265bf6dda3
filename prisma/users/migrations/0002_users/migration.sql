-- Accounts, sessions and what belongs to a user. Personal columns hold ciphertext under the user's own key
-- (subject_key): a destroyed key makes them unreadable in every backup as well.

CREATE TABLE "user_account" (
  "id" UUID NOT NULL,
  "email" BYTEA,
  "email_index" BYTEA,
  "username" BYTEA,
  "username_index" BYTEA,
  "password_hash" TEXT,
  "first_name" BYTEA,
  "last_name" BYTEA,
  "phone" BYTEA,
  "date_of_birth" BYTEA,
  "avatar_url" BYTEA,
  "locale" TEXT NOT NULL,
  "currency_code" TEXT NOT NULL CHECK (length("currency_code") = 3),
  "email_notifications" BOOLEAN NOT NULL,
  "sms_notifications" BOOLEAN NOT NULL,
  "push_notifications" BOOLEAN NOT NULL,
  "marketing" BOOLEAN NOT NULL,
  "theme" TEXT NOT NULL CHECK ("theme" IN ('LIGHT', 'DARK', 'AUTO')),
  "time_zone" TEXT NOT NULL,
  "roles" TEXT[] NOT NULL
    CHECK ("roles" <@ ARRAY['customer', 'support', 'merchandiser', 'warehouse', 'finance', 'manager', 'admin']),
  "version" INTEGER NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "updated_at" TIMESTAMPTZ(3) NOT NULL,
  "deleted_at" TIMESTAMPTZ(3),
  CONSTRAINT "user_account_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "user_account_reachable" CHECK (
    "deleted_at" IS NOT NULL
    OR ("email" IS NOT NULL AND "email_index" IS NOT NULL AND "username" IS NOT NULL AND "username_index" IS NOT NULL)
  ),
  CONSTRAINT "user_account_forgotten" CHECK (
    "deleted_at" IS NULL
    OR num_nonnulls("email", "email_index", "username", "username_index", "password_hash", "first_name", "last_name",
                    "phone", "date_of_birth", "avatar_url") = 0
  )
);
CREATE UNIQUE INDEX "user_account_email_key" ON "user_account" ("email_index");
CREATE UNIQUE INDEX "user_account_username_key" ON "user_account" ("username_index");
CREATE INDEX "user_account_created_at_id_idx" ON "user_account" ("created_at", "id");
CREATE INDEX "user_account_staff" ON "user_account" USING gin ("roles") WHERE "roles" <> ARRAY['customer'];

CREATE TABLE "session" (
  "id" UUID NOT NULL,
  "subject_id" UUID NOT NULL,
  "kind" TEXT NOT NULL CHECK ("kind" IN ('guest', 'user')),
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "expires_at" TIMESTAMPTZ(3) NOT NULL,
  "ended_at" TIMESTAMPTZ(3),
  "end_reason" TEXT,
  CONSTRAINT "session_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "session_end" CHECK (("ended_at" IS NULL) = ("end_reason" IS NULL))
);
CREATE INDEX "session_open" ON "session" ("subject_id") WHERE "ended_at" IS NULL;

CREATE TABLE "refresh_token" (
  "hash" BYTEA NOT NULL CHECK (length("hash") = 32),
  "session_id" UUID NOT NULL,
  "issued_at" TIMESTAMPTZ(3) NOT NULL,
  "expires_at" TIMESTAMPTZ(3) NOT NULL,
  "used_at" TIMESTAMPTZ(3),
  CONSTRAINT "refresh_token_pkey" PRIMARY KEY ("hash"),
  CONSTRAINT "refresh_token_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session" ("id")
    ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "refresh_token_session_id_idx" ON "refresh_token" ("session_id");

CREATE TABLE "signing_key" (
  "kid" TEXT NOT NULL,
  "public_key" JSONB NOT NULL,
  "private_key" BYTEA NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "retired_at" TIMESTAMPTZ(3),
  CONSTRAINT "signing_key_pkey" PRIMARY KEY ("kid")
);
-- One key signs: processes that start at once make one between them.
CREATE UNIQUE INDEX "signing_key_in_use" ON "signing_key" ((true)) WHERE "retired_at" IS NULL;

CREATE TABLE "address" (
  "id" UUID NOT NULL,
  "user_id" UUID NOT NULL,
  "type" TEXT NOT NULL CHECK ("type" IN ('BILLING', 'SHIPPING', 'BOTH')),
  "is_default" BOOLEAN NOT NULL,
  "details" BYTEA NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "updated_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "address_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "address_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user_account" ("id")
    ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "address_user_id_id_idx" ON "address" ("user_id", "id");
CREATE UNIQUE INDEX "address_default_shipping" ON "address" ("user_id")
  WHERE "is_default" AND "type" IN ('SHIPPING', 'BOTH');
CREATE UNIQUE INDEX "address_default_billing" ON "address" ("user_id")
  WHERE "is_default" AND "type" IN ('BILLING', 'BOTH');

CREATE TABLE "wishlist_item" (
  "user_id" UUID NOT NULL,
  "variant_id" UUID NOT NULL,
  "added_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "wishlist_item_pkey" PRIMARY KEY ("user_id", "variant_id"),
  CONSTRAINT "wishlist_item_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user_account" ("id")
    ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "wishlist_item_newest" ON "wishlist_item" ("user_id", "added_at", "variant_id");

CREATE TABLE "notification" (
  "id" UUID NOT NULL,
  "user_id" UUID NOT NULL,
  "event_id" UUID NOT NULL,
  "type" TEXT NOT NULL,
  "order_id" UUID,
  "variant_id" UUID,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "read_at" TIMESTAMPTZ(3),
  CONSTRAINT "notification_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "notification_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user_account" ("id")
    ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT "notification_about" CHECK (num_nonnulls("order_id", "variant_id") = 1)
);
CREATE UNIQUE INDEX "notification_user_id_event_id_key" ON "notification" ("user_id", "event_id");
CREATE INDEX "notification_newest" ON "notification" ("user_id", "created_at", "id");
CREATE INDEX "notification_unread" ON "notification" ("user_id") WHERE "read_at" IS NULL;

CREATE TABLE "audit_entry" (
  "id" UUID NOT NULL,
  "action" TEXT NOT NULL,
  "user_id" UUID,
  "actor_kind" TEXT NOT NULL CHECK ("actor_kind" IN ('anonymous', 'guest', 'user', 'service')),
  "actor_id" TEXT,
  "details" JSONB NOT NULL,
  "correlation_id" TEXT NOT NULL,
  "occurred_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "audit_entry_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "audit_entry_of_user" ON "audit_entry" ("user_id", "occurred_at", "id");
CREATE INDEX "audit_entry_newest" ON "audit_entry" ("occurred_at", "id");

CREATE FUNCTION "refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME;
END
$$;
CREATE TRIGGER "audit_entry_append_only" BEFORE UPDATE OR DELETE ON "audit_entry"
  FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "audit_entry_keep" BEFORE TRUNCATE ON "audit_entry"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
