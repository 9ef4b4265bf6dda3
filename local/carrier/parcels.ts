// A sandbox parcel: what its label costs, and where it is at a moment. Pure, so that a restart changes nothing.
export interface ParcelRequest {
  reference: string;
  to: { postalCode: string; country: string };
  weightGrams: number;
  isReturn: boolean;
}

export interface Label {
  id: string;
  key: string;
  request: ParcelRequest & { service: string };
  trackingNumber: string;
  amount: string;
  createdAt: string;
  deliveryDate: string;
  cancelledAt: string | null;
}

export interface TrackingEvent {
  id: string;
  status: string;
  at: string;
  place: string | null;
  message: string | null;
}

const services = {
  standard: { name: 'Parcel', base: 420, perKilo: 60, days: 3 },
  express: { name: 'Express', base: 990, perKilo: 110, days: 1 },
} as const;
export type Service = keyof typeof services;
export const isService = (text: string): text is Service => text in services;

/** Postal codes that end otherwise than in a delivery; like a payment sandbox's card numbers. */
export const unknownAddress = '00000';
const fates: Record<string, readonly string[]> = {
  '00001': ['IN_TRANSIT', 'EXCEPTION', 'OUT_FOR_DELIVERY', 'DELIVERED'],
  '00002': ['IN_TRANSIT', 'OUT_FOR_DELIVERY', 'EXCEPTION', 'RETURNED_TO_SENDER'],
};
const usual = ['IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERED'];
const words: Record<string, string> = {
  LABEL_CREATED: 'The parcel was announced.',
  IN_TRANSIT: 'The parcel is on its way.',
  OUT_FOR_DELIVERY: 'The parcel is in the van.',
  DELIVERED: 'The parcel was delivered.',
  EXCEPTION: 'Nobody was there; it is tried again.',
  RETURNED_TO_SENDER: 'The parcel goes back to its sender.',
};

const dayMs = 86_400_000;
const dateAfter = (now: Date, days: number): string =>
  new Date(now.getTime() + days * dayMs).toISOString().slice(0, 10);

/** Prices of all services, minor units of EUR as digits. */
export const ratesOf = (parcel: ParcelRequest, now: Date): object[] =>
  (Object.keys(services) as Service[]).map((service) => ({
    service,
    name: services[service].name,
    amount: amountOf(parcel, service),
    currencyCode: 'EUR',
    deliveryDate: deliveryDateOf(service, now),
  }));

export const amountOf = ({ weightGrams }: ParcelRequest, service: Service): string =>
  String(services[service].base + services[service].perKilo * Math.ceil(weightGrams / 1000));

export const deliveryDateOf = (service: Service, now: Date): string => dateAfter(now, services[service].days);

/** What has happened to the parcel by `now`: a step every `stepMs`. */
export function trackingOf(label: Label, now: Date, stepMs: number): TrackingEvent[] {
  const start = new Date(label.createdAt).getTime();
  const way = ['LABEL_CREATED', ...(fates[label.request.to.postalCode] ?? usual)];
  const until = label.cancelledAt === null ? now.getTime() : new Date(label.cancelledAt).getTime();
  return way.flatMap((status, i) => {
    const at = start + i * stepMs;
    if (at > until) return [];
    return [
      {
        id: `${label.id}-${i}`,
        status,
        at: new Date(at).toISOString(),
        place: i === 0 ? null : 'Lübeck',
        message: words[status] ?? null,
      },
    ];
  });
}

export const hasLeft = (label: Label, now: Date, stepMs: number): boolean =>
  trackingOf(label, now, stepMs).some(({ status }) => status === 'IN_TRANSIT');
