-- Money that is set aside first and taken later. A capture is noted before the provider is asked for it.
ALTER TABLE "payment"
  ADD COLUMN "capture_method" TEXT NOT NULL DEFAULT 'AUTOMATIC',
  -- Until when what is set aside can be taken.
  ADD COLUMN "authorized_until" TIMESTAMPTZ(6),
  -- The caller's: asking twice is asking once.
  ADD COLUMN "capture_id" UUID,
  ADD COLUMN "capture_amount" BIGINT,
  ADD COLUMN "capture_requested_at" TIMESTAMPTZ(6),
  ADD CONSTRAINT "payment_capture_method_known" CHECK ("capture_method" IN ('AUTOMATIC', 'MANUAL')),
  ADD CONSTRAINT "payment_capture_whole" CHECK (("capture_id" IS NULL) = ("capture_amount" IS NULL)
    AND ("capture_id" IS NULL) = ("capture_requested_at" IS NULL)),
  ADD CONSTRAINT "payment_capture_within_authorized" CHECK (0 < "capture_amount" AND "capture_amount" <= "amount"),
  -- What is set aside is either taken or given up.
  ADD CONSTRAINT "payment_capture_or_cancel" CHECK ("capture_id" IS NULL OR "cancel_requested_at" IS NULL);
