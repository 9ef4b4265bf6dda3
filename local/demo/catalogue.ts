/** The demonstration shop: a merchant house of a Hanseatic town. All invented. */

export interface DemoVariant {
  /** Values of the product's options, in their order. */
  options: string[];
  /** Euros; the other currencies' prices are made from it. */
  price: string;
  salePrice?: string;
  /** Units in the first and in the second warehouse. */
  stock: [number, number];
  weightGrams: number;
}

export interface DemoProduct {
  name: string;
  brand: string;
  category: string;
  description: string;
  taxCategory: 'STANDARD' | 'REDUCED';
  attributes: Record<string, string>;
  /** Names of the options by which the variants differ. */
  options: string[];
  variants: DemoVariant[];
}

export const brands = [
  'Kogge & Sons',
  'Salzspeicher',
  'Bernstein',
  'Petersen Tea',
  'Nordlicht',
  'Alte Waage',
];

/** Child to parent; parents come first. */
export const categories: [name: string, parent: string | null][] = [
  ['Pantry', null],
  ['Tea', 'Pantry'],
  ['Coffee', 'Pantry'],
  ['Spices and salt', 'Pantry'],
  ['Preserves', 'Pantry'],
  ['Household', null],
  ['Kitchen', 'Household'],
  ['Lamps', 'Household'],
  ['Textiles', 'Household'],
  ['Clothing', null],
  ['Outerwear', 'Clothing'],
  ['Knitwear', 'Clothing'],
  ['Accessories', 'Clothing'],
  ['Desk', null],
  ['Stationery', 'Desk'],
  ['Books', 'Desk'],
];

const v = (
  options: string[],
  price: string,
  stock: [number, number],
  weightGrams: number,
  salePrice?: string,
): DemoVariant => ({
  options,
  price,
  stock,
  weightGrams,
  ...(salePrice ? { salePrice } : {}),
});

const bags = (small: string, large: string): DemoVariant[] => [
  v(['100 g'], small, [80, 40], 120),
  v(['250 g'], large, [60, 20], 280),
];

const sizes = (price: string, weightGrams: number, salePrice?: string): DemoVariant[] =>
  ['S', 'M', 'L', 'XL'].map((size, i) => v([size], price, [12 - 2 * i, 6], weightGrams + 40 * i, salePrice));

type Line = [
  name: string,
  brand: string,
  category: string,
  description: string,
  attributes: Record<string, string>,
  options: string[],
  variants: DemoVariant[],
];

const lines: Line[] = [
  [
    'Harbour Breakfast Tea',
    'Petersen Tea',
    'Tea',
    'A strong black blend of Assam and Ceylon, made for milk and early ferries.',
    { Origin: 'India, Sri Lanka', Strength: 'Strong' },
    ['Weight'],
    bags('6.90', '14.90'),
  ],
  [
    'East Frisian Leaf Tea',
    'Petersen Tea',
    'Tea',
    'Malty second flush Assam; pour it over rock sugar and listen.',
    { Origin: 'India', Strength: 'Strong' },
    ['Weight'],
    bags('7.50', '16.50'),
  ],
  [
    'Sea Buckthorn Infusion',
    'Petersen Tea',
    'Tea',
    'Herbal, tart and golden: sea buckthorn, apple and verbena. No caffeine.',
    { Origin: 'Germany', Caffeine: 'None' },
    ['Weight'],
    bags('5.90', '12.90'),
  ],
  [
    'Smoked Pine Lapsang',
    'Petersen Tea',
    'Tea',
    'Black tea dried over pine fires. Tastes of tar, rope and a long voyage.',
    { Origin: 'China', Strength: 'Medium' },
    ['Weight'],
    bags('8.20', '18.20'),
  ],
  [
    'Green Sencha No. 4',
    'Petersen Tea',
    'Tea',
    'Steamed green tea with a clean, grassy cup.',
    { Origin: 'Japan', Strength: 'Light' },
    ['Weight'],
    bags('9.80', '21.90'),
  ],
  [
    'Quayside Espresso Beans',
    'Alte Waage',
    'Coffee',
    'Dark drum roast, cocoa and hazelnut, low in acid.',
    { Roast: 'Dark' },
    ['Weight'],
    [v(['250 g'], '8.90', [70, 30], 270), v(['1 kg'], '29.90', [40, 15], 1050, '26.90')],
  ],
  [
    'Weighhouse Filter Roast',
    'Alte Waage',
    'Coffee',
    'Light roast from Ethiopia with bergamot and peach.',
    { Roast: 'Light' },
    ['Weight'],
    [v(['250 g'], '10.50', [50, 20], 270), v(['1 kg'], '36.00', [20, 5], 1050)],
  ],
  [
    'Decaf Low Tide',
    'Alte Waage',
    'Coffee',
    'Decaffeinated with water only, roasted for the evening.',
    { Roast: 'Medium' },
    ['Weight'],
    [v(['250 g'], '9.90', [30, 10], 270)],
  ],
  [
    'Baltic Sea Salt',
    'Salzspeicher',
    'Spices and salt',
    'Flaky salt, evaporated over wood fire as in the old salt works.',
    { Grain: 'Flakes' },
    ['Weight'],
    [v(['150 g'], '4.90', [200, 90], 180), v(['500 g'], '12.90', [80, 30], 540)],
  ],
  [
    'Smoked Beech Salt',
    'Salzspeicher',
    'Spices and salt',
    'Sea salt smoked for three days over beech.',
    { Grain: 'Coarse' },
    ['Weight'],
    [v(['150 g'], '6.50', [120, 40], 180)],
  ],
  [
    'Merchant’s Pepper',
    'Salzspeicher',
    'Spices and salt',
    'Whole Tellicherry peppercorns, once worth their weight in silver.',
    { Origin: 'India' },
    ['Weight'],
    bags('7.20', '15.80'),
  ],
  [
    'Long Voyage Curry',
    'Salzspeicher',
    'Spices and salt',
    'A warm blend of coriander, turmeric, cumin and black mustard seed.',
    { Heat: 'Medium' },
    ['Weight'],
    bags('6.40', '13.90'),
  ],
  [
    'Saffron Threads',
    'Salzspeicher',
    'Spices and salt',
    'Hand-picked red threads. One gram is plenty.',
    { Grade: 'I' },
    ['Weight'],
    [v(['1 g'], '11.90', [25, 5], 20), v(['5 g'], '49.00', [6, 2], 40)],
  ],
  [
    'Rose Hip Jam',
    'Alte Waage',
    'Preserves',
    'From dune roses, cooked in copper with little sugar.',
    { Fruit: '70 %' },
    ['Weight'],
    [v(['220 g'], '5.40', [90, 20], 400)],
  ],
  [
    'Lübeck Marzipan Bar',
    'Alte Waage',
    'Preserves',
    'Almonds, a little sugar, rose water, dark chocolate.',
    { Almonds: '68 %' },
    ['Weight'],
    [v(['125 g'], '6.20', [150, 60], 140)],
  ],
  [
    'Herring Tin',
    'Kogge & Sons',
    'Kitchen',
    'Enamelled tin with a lid. For herring, biscuits or buttons.',
    { Material: 'Enamelled steel' },
    ['Colour'],
    [v(['White'], '18.00', [30, 10], 420), v(['Blue'], '18.00', [30, 10], 420)],
  ],
  [
    'Cast Iron Pan',
    'Kogge & Sons',
    'Kitchen',
    'Pre-seasoned, with two spouts and a long handle. Outlives its owner.',
    { Material: 'Cast iron', 'Dishwasher safe': 'No' },
    ['Diameter'],
    [
      v(['20 cm'], '39.00', [15, 5], 1600),
      v(['26 cm'], '54.00', [12, 4], 2500),
      v(['30 cm'], '69.00', [3, 0], 3300),
    ],
  ],
  [
    'Oyster Knife',
    'Kogge & Sons',
    'Kitchen',
    'Short stiff blade, handle of smoked oak.',
    { Material: 'Steel, oak' },
    ['Handle'],
    [v(['Oak'], '24.00', [20, 8], 110)],
  ],
  [
    'Stoneware Mug',
    'Salzspeicher',
    'Kitchen',
    'Salt-glazed stoneware, 300 ml. No two are alike.',
    { Volume: '300 ml', 'Dishwasher safe': 'Yes' },
    ['Colour'],
    [
      v(['Grey'], '16.50', [60, 30], 380),
      v(['Blue'], '16.50', [60, 30], 380),
      v(['Sand'], '16.50', [4, 0], 380),
    ],
  ],
  [
    'Stoneware Teapot',
    'Salzspeicher',
    'Kitchen',
    'Salt-glazed teapot with a strainer, 1.2 l.',
    { Volume: '1.2 l' },
    ['Colour'],
    [v(['Grey'], '64.00', [10, 4], 1200), v(['Blue'], '64.00', [8, 2], 1200, '54.00')],
  ],
  [
    'Lighthouse Lamp',
    'Nordlicht',
    'Lamps',
    'Dimmable table lamp with a turning lens. Its light sweeps the room.',
    { Power: '6 W', Socket: 'E27' },
    ['Colour'],
    [v(['Brass'], '129.00', [8, 3], 2100), v(['Black'], '119.00', [9, 3], 2100)],
  ],
  [
    'Ship’s Lantern',
    'Nordlicht',
    'Lamps',
    'Rechargeable lantern of galvanised steel, twelve hours of light.',
    { Power: '3 W', Battery: 'USB-C' },
    ['Colour'],
    [v(['Galvanised'], '59.00', [25, 10], 900), v(['Red'], '59.00', [18, 10], 900)],
  ],
  [
    'Beeswax Candles',
    'Nordlicht',
    'Lamps',
    'Hand-dipped candles of pure beeswax, a box of six.',
    { Burns: '7 h' },
    ['Length'],
    [v(['20 cm'], '19.50', [40, 20], 480)],
  ],
  [
    'Linen Tea Towel',
    'Bernstein',
    'Textiles',
    'Half-linen, woven with a herringbone. Dries, and dries again.',
    { Material: 'Linen, cotton', Care: '60 °C' },
    ['Colour'],
    [
      v(['Natural'], '9.90', [120, 60], 90),
      v(['Blue stripe'], '9.90', [110, 60], 90),
      v(['Red stripe'], '9.90', [90, 60], 90),
    ],
  ],
  [
    'Wool Blanket',
    'Bernstein',
    'Textiles',
    'Heavy blanket of moorland sheep’s wool, 150 by 200 cm.',
    { Material: 'Wool', Care: 'Hand wash' },
    ['Colour'],
    [v(['Grey'], '149.00', [10, 5], 1900), v(['Ochre'], '149.00', [6, 2], 1900, '119.00')],
  ],
  [
    'Fisherman’s Jumper',
    'Bernstein',
    'Knitwear',
    'Rib-knit troyer with a zipped collar, from oiled wool that sheds the rain.',
    { Material: 'Wool' },
    ['Size'],
    sizes('139.00', 820),
  ],
  [
    'Dock Worker’s Cap',
    'Bernstein',
    'Accessories',
    'Short knitted cap. Covers the head, not the ears.',
    { Material: 'Merino' },
    ['Colour'],
    [
      v(['Navy'], '34.00', [40, 20], 80),
      v(['Grey'], '34.00', [35, 20], 80),
      v(['Mustard'], '34.00', [20, 5], 80),
    ],
  ],
  [
    'Oilskin Coat',
    'Kogge & Sons',
    'Outerwear',
    'Waxed cotton, storm flap, corduroy collar. Keeps a north-wester out.',
    { Material: 'Waxed cotton', Lining: 'Cotton' },
    ['Size'],
    sizes('289.00', 1500),
  ],
  [
    'Yellow Rain Jacket',
    'Kogge & Sons',
    'Outerwear',
    'Welded seams, brass clasps, visible from the other pier.',
    { Material: 'Polyurethane' },
    ['Size'],
    sizes('119.00', 700, '99.00'),
  ],
  [
    'Amber Pendant',
    'Bernstein',
    'Accessories',
    'Raw Baltic amber on a linen cord, washed ashore and polished.',
    { Material: 'Amber' },
    ['Cord'],
    [v(['Natural'], '45.00', [14, 6], 20), v(['Black'], '45.00', [10, 6], 20)],
  ],
  [
    'Merchant’s Ledger',
    'Alte Waage',
    'Stationery',
    'Thread-bound ledger, 192 ruled pages, debit left and credit right.',
    { Pages: '192', Ruling: 'Ledger' },
    ['Format'],
    [v(['A5'], '22.00', [50, 25], 380), v(['A4'], '32.00', [35, 15], 720)],
  ],
  [
    'Brass Pen',
    'Alte Waage',
    'Stationery',
    'Hexagonal ballpoint of solid brass that ages with its writer.',
    { Material: 'Brass' },
    ['Finish'],
    [v(['Raw'], '38.00', [30, 10], 60), v(['Black'], '42.00', [20, 10], 60)],
  ],
  [
    'A Short History of the Hanse',
    'Alte Waage',
    'Books',
    'Four centuries of towns that traded instead of fighting, mostly.',
    { Pages: '312', Language: 'English' },
    ['Binding'],
    [v(['Paperback'], '16.90', [70, 30], 360), v(['Hardcover'], '29.90', [25, 10], 620)],
  ],
  [
    'Knots and How to Undo Them',
    'Alte Waage',
    'Books',
    'Seventy knots with drawings, sorted by how much you will regret them.',
    { Pages: '144', Language: 'English' },
    ['Binding'],
    [v(['Paperback'], '12.90', [60, 20], 240)],
  ],
];

const reduced = new Set(['Tea', 'Coffee', 'Spices and salt', 'Preserves', 'Books']);

export const products: DemoProduct[] = lines.map(
  ([name, brand, category, description, attributes, options, variants]) => ({
    name,
    brand,
    category,
    description,
    taxCategory: reduced.has(category) ? 'REDUCED' : 'STANDARD',
    attributes,
    options,
    variants,
  }),
);
