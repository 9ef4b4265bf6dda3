/** A brand: who makes a product, or whose name it bears. */
export interface Brand {
  id: string;
  handle: string;
  name: string;
  /** Lower case: the key of the list's order. */
  sortName: string;
  description: string | null;
  logoUrl: string | null;
}
