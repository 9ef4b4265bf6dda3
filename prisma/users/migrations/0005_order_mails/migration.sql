-- Which mails about orders were handed over, so that an order can show it. Nothing of their text, nobody's address.
CREATE TABLE "order_mail" (
  "event_id"    UUID NOT NULL,
  "order_id"    UUID NOT NULL,
  "customer_id" UUID NOT NULL,
  "type"        TEXT NOT NULL,
  "sent_at"     TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "order_mail_pkey" PRIMARY KEY ("event_id")
);
CREATE INDEX "order_mail_order_id_sent_at_idx" ON "order_mail" ("order_id", "sent_at");
CREATE INDEX "order_mail_customer_id_idx" ON "order_mail" ("customer_id");
