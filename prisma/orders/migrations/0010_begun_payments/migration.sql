-- Inventory asks whether a payment of an order has begun before it lets the order's stock lapse.
CREATE INDEX "idempotency_key_payment" ON "idempotency_key" (("outcome"->>'orderId')) WHERE "operation" = 'payOrder';
