import { Liquid, type LiquidError, type Template } from 'liquidjs';
import { dateText } from '../../domain/date.js';
import type { Notice } from '../../domain/notice.js';
import { Refusal } from '../../domain/refusal.js';
import { dueText, type DueDay } from '../../domain/wording/due.js';

const LONGEST_SOURCE = 100_000;
const RENDER_MS = 2_000;
const MEMORY = 5_000_000;

/** How values enter a text: as they are, or so that Markdown takes none of their characters as a mark. */
type Into = 'plain' | 'markdown';
export type Part = 'subject' | 'body';

const engines = new Map<string, Liquid>();

function engine(into: Into, lang: Notice['lang']): Liquid {
  const known = engines.get(`${into} ${lang}`);
  if (known) return known;
  const liquid = new Liquid({
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    outputEscape: into === 'plain' ? oneLine : markdownLiteral,
    parseLimit: LONGEST_SOURCE,
    renderLimit: RENDER_MS,
    memoryLimit: MEMORY,
    // No text reads a file.
    templates: {},
  });
  liquid.registerFilter('day', (date: unknown) => dateText(String(date))[lang]);
  liquid.registerFilter('days', (days: unknown) =>
    lang === 'ja' ? `${Number(days)}日` : `${Number(days)} ${Number(days) === 1 ? 'day' : 'days'}`,
  );
  liquid.registerFilter('deadline', (due: unknown) => dueText(due as DueDay)[lang]);
  // Days come through `day`: the zone and the locale of a machine have no say in what is sent.
  delete (liquid.filters as Record<string, unknown>)['date'];
  // An approved text is approved with all values escaped.
  delete (liquid.filters as Record<string, unknown>)['raw'];
  engines.set(`${into} ${lang}`, liquid);
  return liquid;
}

function text(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object') throw new TypeError('a value with fields of its own; name one of them');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function oneLine(value: unknown): string {
  return text(value).replace(/\s+/g, ' ').trim();
}

/** Every ASCII punctuation mark may stand behind a backslash in Markdown. Lines stay lines of one paragraph. */
function markdownLiteral(value: unknown): string {
  return text(value)
    .trim()
    .split(/\s*\n\s*/)
    .map((line) => line.replace(/[!-/:-@[-`{-~]/g, '\\$&'))
    .join('\\\n');
}

/** @throws Refusal that names file, line and column */
export function parseTemplate(notice: Notice, part: Part): Template[] {
  return telling(notice, part, () =>
    engine(part === 'subject' ? 'plain' : 'markdown', notice.lang).parse(notice[part]),
  );
}

/** @throws Refusal that names file, line and column */
export function fillTemplate(notice: Notice, part: Part, templates: Template[], data: object): string {
  const liquid = engine(part === 'subject' ? 'plain' : 'markdown', notice.lang);
  return telling(notice, part, () => String(liquid.renderSync(templates, data)));
}

/** Refuses a text that names a field which `example` does not have, wherever in it. */
export function checkFields(notice: Notice, part: Part, templates: Template[], example: object): void {
  const { globals } = engine('plain', notice.lang).analyzeSync(templates);
  for (const variable of Object.values(globals).flat()) {
    let value: unknown = example;
    for (const segment of variable.segments) {
      // What stands in brackets is known only when it is filled in, and refused then.
      if (typeof segment !== 'string' || Array.isArray(value)) break;
      if (typeof value === 'object' && value !== null && Object.hasOwn(value, segment)) {
        value = (value as Record<string, unknown>)[segment];
        continue;
      }
      const { row, col } = variable.location;
      const name = variable.segments.map(String).join('.');
      throw refusal(notice, part, [row, col], {
        en: `there is no field "${name}"; fields are ${Object.keys(example).join(', ')}`,
        ja: `項目「${name}」はありません。使える項目は ${Object.keys(example).join('、')} です`,
      });
    }
  }
}

function telling<T>(notice: Notice, part: Part, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const place = (error as Partial<LiquidError>).token?.getPosition() as [number, number] | undefined;
    // The library's own words end with the place, which is the template's and not the file's.
    const problem = (error instanceof Error ? error.message : String(error)).replace(/, line:\d+, col:\d+$/, '');
    throw refusal(notice, part, place, { en: problem, ja: problem });
  }
}

function refusal(
  notice: Notice,
  part: Part,
  [row, col]: readonly [number, number] = [1, 1],
  problem: { en: string; ja: string },
): Refusal {
  const file = `${notice.name}.${notice.lang}.md`;
  const line = notice.lines[part] + row - 1;
  const column = part === 'subject' ? '' : `:${col}`;
  return new Refusal({
    en: `The text ${file}:${line}${column} is not right: ${problem.en}. Mend it there.`,
    ja: `文面 ${file}:${line}${column} に誤りがあります: ${problem.ja}。該当箇所を直してください。`,
  });
}
