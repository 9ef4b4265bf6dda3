/** The clients' own book: what the shop told them, in their words. The shop must still say so when all is over. */

export interface Told {
  /** Number of the checkout in the plan. */
  checkout: number;
  story: string;
  /** The guest's or customer's id: the unacknowledged orders of a customer can be found by it. */
  customerId: string | null;
  orderId: string | null;
  number: string | null;
  /** Minor units. */
  total: number | null;
  /** How many intents to place an order were sent. */
  placings: number;
  paid: boolean;
  cancelled: boolean;
  /** Pieces per item that were cancelled, as acknowledged. */
  cancelledPieces: Map<string, number>;
  /** Minor units that staff gave back. */
  refunded: number;
  /** Staff were told that it has arrived. */
  shipped: boolean;
  /** Pieces per item that staff were told have come back. */
  returnedPieces: Map<string, number>;
  /** The customer asked for the end of the order, whatever was answered: it need not be paid in the end. */
  calledOff: boolean;
  /** The intent whose answer never came. */
  unknown: string | null;
  /** What no correct shop does: the run is red. */
  faults: string[];
}

export const newTold = (checkout: number, story: string): Told => ({
  ...{ checkout, story, customerId: null, orderId: null, number: null, total: null, placings: 0 },
  ...{
    paid: false,
    cancelled: false,
    cancelledPieces: new Map(),
    refunded: 0,
    calledOff: false,
    shipped: false,
    returnedPieces: new Map(),
  },
  ...{ unknown: null, faults: [] },
});

/** Pieces that staff brought or took, as acknowledged; `unknown` where an answer never came. */
export interface StaffMove {
  variantId: string;
  delta: number;
  unknown: boolean;
}
