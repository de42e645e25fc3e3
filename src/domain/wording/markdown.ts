import type { Sentence } from '../sentence.js';

/** Both languages in one line, as the tables of the Web UI have them; what reads the same stands there once. */
export const both = ({ en, ja }: Sentence): string => (en === ja ? en : `${en} ／ ${ja}`);

/** A table in Markdown, line by line, with an empty line after it. */
export function table(head: readonly string[], lines: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...lines.map(line), ''];
}

/** What a person wrote, in one line and without effect as Markdown. */
export function plain(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_[\]<>#~!]/g, '\\$&');
}
