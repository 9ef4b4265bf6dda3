/** What the file's lines give to a catalogue, and what they do not. */
import type { Account } from '../retailer/account.js';
import { collectCatalogue, type Article } from '../retailer/catalogue.js';
import { kindOf, refusals, skuOf } from '../retailer/kind.js';
import type { InvoiceLine } from '../retailer/line.js';
import type { FileLine } from '../retailer/read.js';

/** The reasons of the import's account. */
export const meanings: Readonly<Record<string, string>> = {
  ...refusals,
  SOLD: "a sale: it gave the article's name, a price and pieces to stock",
  OTHER_DESCRIPTION:
    "a sale whose description is not the article's most frequent one: its price and pieces count",
  OTHER_SPELLING: 'a sale whose stock code is written otherwise (85123a): the same article',
  CANCELLATION: 'a cancellation: it tells nothing new of the catalogue',
};

interface Told {
  stockCode: string;
  description: string;
  lines: number[];
}

export interface FileCatalogue {
  articles: Article[];
  linesInFile: number;
  /** Malformed rows and what is wrong with them, the first hundred. */
  malformed: { line: number; why: string }[];
  /** Enters the lines of an article, once it is known what became of it: undefined is well, else why it was refused. */
  enterArticle(account: Account, article: Article, refused?: string): void;
}

const malformedShown = 100;

/** Reads the whole file; lines that give nothing are entered in the account at once. */
export async function readCatalogue(
  lines: AsyncIterable<FileLine>,
  account: Account,
): Promise<FileCatalogue> {
  const catalogue = collectCatalogue();
  const told = new Map<string, Map<string, Told>>();
  const malformed: FileCatalogue['malformed'] = [];
  let linesInFile = 0;

  const remember = ({ stockCode, description, line }: InvoiceLine): void => {
    const sku = skuOf(stockCode);
    const ofArticle = told.get(sku) ?? new Map<string, Told>();
    told.set(sku, ofArticle);
    const key = `${stockCode}\u0000${description}`;
    const same = ofArticle.get(key);
    if (same) same.lines.push(line);
    else ofArticle.set(key, { stockCode, description, lines: [line] });
  };

  for await (const { line, parsed, malformed: why } of lines) {
    linesInFile += 1;
    if (!parsed) {
      account.enter(line, 'refused', 'MALFORMED');
      if (malformed.length < malformedShown) malformed.push({ line, why });
      continue;
    }
    const kind = kindOf(parsed);
    if (kind === 'sale') {
      catalogue.add(parsed);
      remember(parsed);
    } else if (kind === 'cancellation') account.enter(line, 'refused', 'CANCELLATION');
    else account.enter(line, 'refused', kind.refused);
  }

  return {
    articles: catalogue.articles(),
    linesInFile,
    malformed,
    enterArticle(into, { sku, name }, refused) {
      const usual = catalogue.usualSpelling(sku);
      for (const { stockCode, description, lines: numbers } of told.get(sku)?.values() ?? []) {
        for (const line of numbers) {
          if (refused !== undefined) into.enter(line, 'refused', refused);
          else if (stockCode !== usual) into.enter(line, 'merged', 'OTHER_SPELLING');
          else if (description !== name) into.enter(line, 'merged', 'OTHER_DESCRIPTION');
          else into.enter(line, 'taken', 'SOLD');
        }
      }
    },
  };
}
