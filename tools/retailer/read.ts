/** Reads the retailer's file, plain or gzip, row by row: a file of any size takes little memory. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { CsvError, parse } from 'csv-parse';
import { columns, parseRow, type Column, type InvoiceLine, type Row } from './line.js';

/** The file can't be used; the message says what to do. */
export class RetailerFileError extends Error {
  override readonly name = 'RetailerFileError';
}

/** A line of the file after the header: what it says, or what is wrong with it. */
export type FileLine =
  | { line: number; parsed: InvoiceLine; malformed?: never }
  | { line: number; malformed: string; parsed?: never };

/** One record holds far less; more than this is a quotation mark that was never closed. */
const maxRecordBytes = 64 * 1024;

interface CsvRecord {
  record: string[];
  info: { lines: number };
}

async function isGzip(path: string): Promise<boolean> {
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new RetailerFileError(
      error.code === 'ENOENT'
        ? `There is no file ${path}.`
        : `The file ${path} cannot be read (${error.code ?? error.message}).`,
    );
  });
  try {
    const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return buffer[0] === 0x1f && buffer[1] === 0x8b;
  } catch (error) {
    throw new RetailerFileError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? ''}).`);
  } finally {
    await handle.close();
  }
}

function positionsOf(path: string, header: string[]): Record<Column, number> {
  const names = header.map((name) => name.trim().toLowerCase());
  const missing = columns.filter((column) => !names.includes(column));
  if (missing.length > 0) {
    throw new RetailerFileError(
      `${path} is no file of invoice lines: its first line lacks ${missing.join(', ')}. Wanted: ${columns.join(',')}`,
    );
  }
  return Object.fromEntries(columns.map((column) => [column, names.indexOf(column)])) as Record<
    Column,
    number
  >;
}

function lineOf(line: number, record: string[], positions: Record<Column, number>, width: number): FileLine {
  if (record.length !== width)
    return { line, malformed: `it has ${record.length} fields instead of ${width}` };
  const row = Object.fromEntries(columns.map((column) => [column, record[positions[column]] ?? ''])) as Row;
  const parsed = parseRow(line, row);
  return typeof parsed === 'string' ? { line, malformed: parsed } : { line, parsed };
}

const explain = (path: string, error: unknown): unknown => {
  if (error instanceof RetailerFileError) return error;
  if (error instanceof CsvError) {
    return new RetailerFileError(
      `${path} is no CSV from line ${String(error['lines'] ?? '?')} on: ${error.message}`,
    );
  }
  const { code = '' } = error as NodeJS.ErrnoException;
  return code.startsWith('Z_')
    ? new RetailerFileError(`${path} is a damaged gzip file (${code}): copy it again.`)
    : error;
};

/**
 * All lines after the header, in the file's order. Rows that cannot be read come as malformed ones.
 * @throws RetailerFileError when there is no such file, or it is none of the retailer's
 */
export async function* readLines(path: string): AsyncGenerator<FileLine> {
  const gzip = await isGzip(path);
  const parser = parse({
    bom: true,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: maxRecordBytes,
  });
  const source = createReadStream(path);
  const piped = gzip ? pipeline(source, createGunzip(), parser) : pipeline(source, parser);
  // The parser, which is read below, fails with the same error.
  piped.catch(() => undefined);
  let positions: Record<Column, number> | undefined;
  let width = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<CsvRecord>) {
      if (positions) yield lineOf(info.lines, record, positions, width);
      else {
        positions = positionsOf(path, record);
        width = record.length;
      }
    }
  } catch (error) {
    throw explain(path, error);
  } finally {
    source.destroy();
  }
  if (!positions) throw new RetailerFileError(`${path} is empty.`);
}

/** SHA-256 of the file as it lies there, for a journal to know that it goes on with the same one. */
export async function fingerprintOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
