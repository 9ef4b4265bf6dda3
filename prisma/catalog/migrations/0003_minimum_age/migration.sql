-- How old a buyer of what is in it, or in any category below it, must be; null: it sets no limit of its own.
ALTER TABLE "category" ADD COLUMN "minimum_age" SMALLINT,
  ADD CONSTRAINT "category_minimum_age_range" CHECK ("minimum_age" BETWEEN 1 AND 99);
