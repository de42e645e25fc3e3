import {
  EVIDENCE,
  FUNCTION_KINDS,
  isKind,
  ITEM_CLASSES,
  PHASES,
  predicateText,
  protectedFunctions,
  type ChangedItem,
  type Checklist,
  type ChecklistItem,
  type Framework,
  type Item,
  type Phase,
  type Protecting,
} from '../domain/framework.js';
import type { Sentence } from '../domain/sentence.js';
import { displayWidth, wrapped, type Page } from './output.js';

/** Columns of a terminal for each text, beside the item's text, which takes what is left. */
const EVIDENCE_COLUMNS = 18;
const CONDITION_COLUMNS = 22;
const PROTECTS_COLUMNS = 16;
const LEAST_TEXT = 30;
/** Indent and the gaps between columns. */
const GAPS = 14;

export interface ListedFramework {
  readonly id: string;
  readonly version: string;
  readonly title: Sentence;
  readonly items: number;
  readonly mandatory: number;
}

export function listPage(page: Page, rows: readonly ListedFramework[]): void {
  page.table(
    [
      { en: 'framework', ja: '基準' },
      { en: 'version', ja: '版' },
      { en: 'items', ja: '項目数' },
      { en: 'mandatory', ja: '必須' },
      { en: 'title', ja: '題名' },
    ].map((title) => page.t(title)),
    rows.map(({ id, version, title, items, mandatory }) => [
      id,
      version,
      String(items),
      String(mandatory),
      page.t(title),
    ]),
  );
}

/** Title, version and whose text it is. */
export function titleLines(page: Page, checklist: Checklist, source: Sentence, unit?: Sentence): void {
  const title = unit ? `${page.t(unit)}: ${page.t(checklist.title)}` : page.t(checklist.title);
  page.heading(`${title} (${checklist.id}, ${checklist.version})`);
  page.text(page.t(source), 0, 'dim');
}

/** One table for each phase that has items. */
export function itemTables(page: Page, { items }: Pick<Checklist, 'items'>, unit?: Protecting): void {
  const severalSources = new Set(items.map(({ from }) => from)).size > 1;
  for (const phase of [1, 2, 3, 4, 5] as const satisfies readonly Phase[]) {
    const rows = items.filter((item) => item.phase === phase);
    if (rows.length === 0) continue;
    page.heading(page.t(PHASES[phase]));
    phaseTable(page, rows, severalSources, unit);
  }
  const of = (itemClass: Item['class']) => items.filter((item) => item.class === itemClass).length;
  page.raw();
  page.text(
    page.t({
      en: `${items.length} items: ${of('mandatory')} mandatory, ${of('advanced')} advanced.`,
      ja: `全${items.length}項目（必須 ${of('mandatory')}、高度化 ${of('advanced')}）`,
    }),
  );
}

function phaseTable(page: Page, items: readonly ChecklistItem[], severalSources: boolean, unit?: Protecting): void {
  const ids = Math.max(...items.map(({ id, from }) => displayWidth(severalSources ? `${id} [${from}]` : id)));
  const fixed = ids + displayWidth(page.t(ITEM_CLASSES.advanced)) + PROTECTS_COLUMNS + GAPS;
  const wide = page.width - fixed - EVIDENCE_COLUMNS - CONDITION_COLUMNS >= LEAST_TEXT;
  const room = Math.max(LEAST_TEXT, page.width - fixed - (wide ? EVIDENCE_COLUMNS + CONDITION_COLUMNS : 0));
  const fit = (text: string, width: number) => wrapped(text, width).join('\n');
  page.table(
    [
      { en: 'item', ja: '項目' },
      { en: 'class', ja: '区分' },
      { en: 'text', ja: '内容' },
      { en: 'protects', ja: '保護する機能' },
      ...(wide
        ? [
            { en: 'evidence', ja: '証跡' },
            { en: 'applies if', ja: '適用条件' },
          ]
        : []),
    ].map((title) => page.t(title)),
    items.map((item) => [
      severalSources ? `${item.id} [${item.from}]` : item.id,
      page.t(ITEM_CLASSES[item.class]),
      fit(page.t(item.text), room),
      fit(protectedNames(page, item, unit).join(', '), PROTECTS_COLUMNS),
      ...(wide
        ? [
            fit(item.evidence.map((type) => page.t(EVIDENCE[type])).join(', '), EVIDENCE_COLUMNS),
            fit(condition(page, item), CONDITION_COLUMNS),
          ]
        : []),
    ]),
  );
}

/** The unit's own functions; without a unit, what the framework says. */
function protectedNames(page: Page, item: Item, unit?: Protecting): string[] {
  if (unit) return protectedFunctions(item, unit);
  return item.protects.map((name) => (isKind(name) ? page.t(FUNCTION_KINDS[name]) : name));
}

function condition(page: Page, { appliesIf, askIf }: Item): string {
  const asks =
    askIf &&
    page.t({
      en: `asked after ${askIf.item} = ${askIf.answered.join(' or ')}`,
      ja: `${askIf.item} の回答が ${askIf.answered.join('・')} のとき`,
    });
  return [predicateText(appliesIf), asks].filter(Boolean).join('; ');
}

export interface DiffView {
  readonly old: Framework;
  readonly now: Framework;
  readonly added: readonly Item[];
  readonly removed: readonly Item[];
  readonly changed: readonly ChangedItem[];
  /** The condition of the framework as a whole differs. */
  readonly scope: boolean;
}

export function diffPage(page: Page, { old, now, added, removed, changed, scope }: DiffView): void {
  page.heading(`${old.id} ${old.version} > ${now.id} ${now.version}`);
  const line = (sign: string, item: Item) =>
    page.text(`${sign} ${item.id} (${page.t(ITEM_CLASSES[item.class])}) ${page.t(item.text)}`, 2);
  for (const item of added) line('+', item);
  for (const item of removed) line('-', item);
  for (const { item, fields, before, after } of changed) {
    page.text(`~ ${item}`, 2);
    for (const field of fields) page.text(`${field}: ${shown(page, before, field)} > ${shown(page, after, field)}`, 6);
  }
  if (scope)
    page.text(
      `~ ${page.t({ en: 'whom it concerns', ja: '基準全体の適用条件' })}: ${predicateText(old.appliesIf) || '-'} > ${predicateText(now.appliesIf) || '-'}`,
      2,
    );
  page.raw();
  page.text(
    page.t({
      en: `${added.length} added, ${removed.length} removed, ${changed.length} changed.`,
      ja: `追加 ${added.length}、削除 ${removed.length}、変更 ${changed.length}`,
    }),
  );
}

function shown(page: Page, item: Item, field: ChangedItem['fields'][number]): string {
  const value = item[field];
  if (value === undefined) return '-';
  if (field === 'text') return page.t(item.text);
  if (field === 'appliesIf') return predicateText(item.appliesIf);
  if (field === 'class') return page.t(ITEM_CLASSES[item.class]);
  if (Array.isArray(value)) return value.join(', ') || '-';
  return typeof value === 'object' ? condition(page, { ...item, appliesIf: undefined }) : String(value);
}
