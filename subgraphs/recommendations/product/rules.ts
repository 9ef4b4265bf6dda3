/** A product as far as recommendations know it: whether it may be shown, and what it is like. */
export interface KnownProduct {
  id: string;
  onSale: boolean;
  categoryId: string | null;
  /** When catalog added it. */
  createdAt: Date;
}
