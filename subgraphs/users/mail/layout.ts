/** How a mail's content becomes text and HTML. */

export interface Content {
  subject: string;
  greeting: string;
  paragraphs: string[];
  /** Two columns: what, and how much. */
  rows?: (readonly [string, string])[];
  /** What follows the rows. */
  notes?: string[];
  closing: string;
}

export const escapeHtml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');

export function textOf({ greeting, paragraphs, rows = [], notes = [], closing }: Content): string {
  const width = Math.max(0, ...rows.map(([left]) => left.length)) + 2;
  const table = rows.map(([left, right]) => `${left.padEnd(width)}${right}`).join('\n');
  const parts = [greeting, ...paragraphs, table, ...notes, closing];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

const paragraph = (text: string): string => `<p>${escapeHtml(text).replaceAll('\n', '<br>')}</p>`;

export function htmlOf(content: Content, language: string): string {
  const { subject, greeting, paragraphs, rows = [], notes = [], closing } = content;
  const table = rows.map(
    ([left, right]) =>
      `<tr><td style="padding:2px 24px 2px 0">${escapeHtml(left)}</td><td style="text-align:right">${escapeHtml(right)}</td></tr>`,
  );
  return [
    `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head>`,
    '<body style="font-family:sans-serif;line-height:1.5;max-width:40em">',
    ...[greeting, ...paragraphs].map(paragraph),
    ...(table.length > 0 ? [`<table>${table.join('')}</table>`] : []),
    ...[...notes, closing].map(paragraph),
    '</body></html>',
  ].join('\n');
}
