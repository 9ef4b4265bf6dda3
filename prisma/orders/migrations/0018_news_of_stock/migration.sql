-- What waits of an item is written as inventory counts it, from the latest of its news: their number among those of the order.
ALTER TABLE "order_item" ADD COLUMN "stock_seq" INTEGER NOT NULL DEFAULT 0;
