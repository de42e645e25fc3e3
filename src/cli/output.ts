import Table from 'cli-table3';
import pc from 'picocolors';
import { DAY, HOUR, localText, millis, MINUTE, type Instant, type Zone } from '../domain/instant.js';
import type { Language, Sentence } from '../domain/sentence.js';

type Paint = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan' | 'inverse';

const NARROW = 72;
const WIDE = 120;
const ROOMY = 100;

export interface PageOptions {
  readonly language: Language;
  readonly color: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

/** A page of text for people: one language, colours where they are shown, lines that fit. */
export class Page {
  private readonly lines: string[] = [];
  private readonly colors: ReturnType<typeof pc.createColors>;
  readonly language: Language;
  readonly width: number;

  constructor({ language, color, width }: PageOptions) {
    this.language = language;
    this.width = Math.min(Math.max(width, NARROW), WIDE);
    this.colors = pc.createColors(color);
  }

  /** A terminal of the old width: tables leave out what is said elsewhere too. */
  get narrow(): boolean {
    return this.width < ROOMY;
  }

  /** The page's language of a sentence. */
  t(sentence: Sentence): string {
    return sentence[this.language];
  }

  paint(text: string, ...paints: Paint[]): string {
    return paints.reduce((painted, paint) => this.colors[paint](painted), text);
  }

  heading(text: string, ...paints: Paint[]): void {
    if (this.lines.length > 0) this.lines.push('');
    this.lines.push(this.paint(text, 'bold', ...paints));
  }

  /** Text for reading, wrapped to the page. */
  text(text: string, indent = 0, ...paints: Paint[]): void {
    for (const line of wrapped(text, this.width - indent))
      this.lines.push(' '.repeat(indent) + this.paint(line, ...paints));
  }

  /** Text for copying: never wrapped. */
  code(text: string, indent = 4): void {
    this.lines.push(' '.repeat(indent) + this.paint(text, 'cyan'));
  }

  raw(text = ''): void {
    this.lines.push(text);
  }

  table(head: readonly string[], rows: readonly (readonly string[])[], indent = 2): void {
    const table = new Table({
      head: head.map((cell) => this.paint(cell, 'dim')),
      // Its own colours are written even where nobody sees colours.
      style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
      chars: NO_LINES,
    });
    table.push(...rows.map((row) => [...row]));
    for (const line of table.toString().split('\n')) this.lines.push(' '.repeat(indent) + line.trimEnd());
  }

  toString(): string {
    return `${this.lines.join('\n')}\n`;
  }
}

const NO_LINES = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
    'middle',
  ].map((part) => [part, '']),
);

/** Columns of a terminal that a text takes: East Asian wide characters take two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += isWide(character.codePointAt(0)!) ? 2 : 1;
  return width;
}

function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6)
  );
}

/** Breaks between words, and between Japanese characters; a word that is too long stays whole, so that it can be copied. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const piece of pieces(paragraph)) {
      if (line !== '' && displayWidth(line + piece.trimEnd()) > width) {
        lines.push(line.trimEnd());
        line = piece.trimStart();
      } else line += piece;
    }
    lines.push(line.trimEnd());
  }
  return lines;
}

/** Marks that may not begin a line stay with what stands before them. */
function pieces(text: string): string[] {
  return text.match(/[^\s\u2e80-\uff60]+[、。，）」：]*\s*|[\u2e80-\uff60][、。，）」：ー]*\s*|\s+/gu) ?? [];
}

/** `2026-11-23 16:00`, the local time without its zone, which the page names once. */
export function local(at: Instant, zone: Zone): string {
  return localText(at, zone).slice(0, 16);
}

/** The same to the second: how long a stop took is a matter of seconds. */
export function localSeconds(at: Instant, zone: Zone): string {
  return `${local(at, zone)}:${at.slice(17, 19)}`;
}

/** How far an instant lies ahead or behind, in the coarsest words that help. */
export function fromNow(at: Instant, now: Instant): Sentence {
  const distance = millis(at) - millis(now);
  const span = Math.abs(distance);
  const [en, ja] =
    span < HOUR
      ? [`${Math.floor(span / MINUTE)} min`, `${Math.floor(span / MINUTE)}分`]
      : span < 2 * DAY
        ? [
            `${Math.floor(span / HOUR)} h ${Math.floor((span % HOUR) / MINUTE)} min`,
            `${Math.floor(span / HOUR)}時間${Math.floor((span % HOUR) / MINUTE)}分`,
          ]
        : [`${Math.floor(span / DAY)} days`, `${Math.floor(span / DAY)}日`];
  return distance >= 0 ? { en: `in ${en}`, ja: `あと${ja}` } : { en: `${en} ago`, ja: `${ja}前` };
}

/** A time limit: how long is left, or that it is past. */
export function dueText(due: Instant, now: Instant, zone: Zone): { text: Sentence; overdue: boolean } {
  const overdue = due < now;
  const away = fromNow(due, now);
  return {
    overdue,
    text: {
      en: `${local(due, zone)} (${overdue ? `OVERDUE, ${away.en}` : away.en})`,
      ja: `${local(due, zone)}（${overdue ? `期限超過・${away.ja}` : away.ja}）`,
    },
  };
}

/** What strangers wrote moves no cursor of a terminal, and turns no text around. */
export const oneLine = (text: string) =>
  // eslint-disable-next-line no-control-regex -- they are what is taken out
  text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, ' ');

/** One word of a shell's command line, quoted where it must be. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
