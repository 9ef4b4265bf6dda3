/** A customer: a user or guest, known here by id alone. */
export interface Customer {
  id: string;
}
