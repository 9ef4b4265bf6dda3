-- How many pieces to reorder, for the notice that a reorder point was reached.
ALTER TABLE "notification" ADD COLUMN "quantity" INTEGER;
