/** The port to who carries parcels: what orders asks of a carrier, whichever it is. */
import type { ShipmentStatus } from '../order/rules.js';

export interface ParcelAddress {
  name: string;
  company: string | null;
  line1: string;
  line2: string | null;
  city: string;
  postalCode: string;
  /** ISO 3166-1 alpha-2. */
  country: string;
}

export interface Parcel {
  /** The shop's own id of it. */
  reference: string;
  to: ParcelAddress;
  weightGrams: number;
  /** Whether it comes back from the customer. */
  isReturn: boolean;
}

export interface Rate {
  service: string;
  name: string;
  /** Minor units. */
  amount: bigint;
  currencyCode: string;
  /** `2026-11-24`; null where the carrier does not say. */
  deliveryDate: string | null;
}

export interface Label {
  /** The carrier's id of the parcel. */
  id: string;
  trackingNumber: string;
  trackingUrl: string | null;
  labelUrl: string;
  /** What it cost, minor units. */
  amount: bigint;
  currencyCode: string;
  deliveryDate: string | null;
}

export interface TrackingEvent {
  /** Unique within the parcel: the same news twice are the same. */
  id: string;
  status: Exclude<ShipmentStatus, 'LABEL_REQUESTED' | 'CANCELLED'>;
  at: Date;
  place: string | null;
  message: string | null;
}

/** The carrier will not do this, now or later; its message is for staff. */
export class CarrierRefused extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'CarrierRefused';
    this.code = code;
  }
}

/** Every function throws CarrierRefused where the carrier says no; everything else it throws may yet succeed. */
export interface Carrier {
  rates(parcel: Parcel): Promise<Rate[]>;
  /** Buys a label: one per `key`, however often it is asked for. */
  buyLabel(key: string, parcel: Parcel, service: string): Promise<Label>;
  /** All that the carrier knows of the parcel, the oldest first. */
  tracking(labelId: string): Promise<TrackingEvent[]>;
  /** Gives a label back; a second time changes nothing. Refused when the parcel is on its way. */
  cancelLabel(labelId: string): Promise<void>;
}
