import type { Claim } from '../answers.js';
import { canonicalJson } from '../json.js';
import type { Checklist } from './compose.js';
import { applicableItems, askedItems } from './applicable.js';
import type { Form, Item, ItemClass, Phase } from './schema.js';

/** What of an item can differ between two versions. */
export const ITEM_FIELDS = [
  'phase',
  'class',
  'text',
  'evidence',
  'appliesIf',
  'protects',
  'askIf',
  'replaces',
  'placeholder',
] as const satisfies readonly (keyof Item)[];
export type ItemField = (typeof ITEM_FIELDS)[number];

export interface ChangedItem {
  readonly item: string;
  readonly fields: readonly ItemField[];
  readonly before: Item;
  readonly after: Item;
}

export interface FrameworkDiff {
  readonly added: readonly Item[];
  readonly removed: readonly Item[];
  readonly changed: readonly ChangedItem[];
}

/** What a newer version adds, drops and changes, item by item. Both in the order of their own version. */
export function diffItems(before: readonly Item[], after: readonly Item[]): FrameworkDiff {
  const old = new Map(before.map((item) => [item.id, item]));
  const now = new Set(after.map(({ id }) => id));
  return {
    added: after.filter(({ id }) => !old.has(id)),
    removed: before.filter(({ id }) => !now.has(id)),
    changed: after.flatMap((item) => {
      const earlier = old.get(item.id);
      const fields = earlier ? ITEM_FIELDS.filter((field) => differs(earlier[field], item[field])) : [];
      return fields.length > 0 ? [{ item: item.id, fields, before: earlier!, after: item }] : [];
    }),
  };
}

const differs = (before: unknown, after: unknown) => canonicalJson(before ?? null) !== canonicalJson(after ?? null);

/** What a unit answered in a round, open or closed. */
export interface AnsweredUnit {
  readonly unit: string;
  readonly form: Form;
  /** The last claim for each item that it answered. */
  readonly claims: Readonly<Record<string, Claim>>;
}

export interface AnsweredRound {
  readonly round: string;
  readonly open: boolean;
  /** The checklist by which the unit was asked, and the one that is new now. */
  readonly units: readonly (AnsweredUnit & { readonly before: Checklist; readonly after: Checklist })[];
}

export interface Gap {
  readonly item: string;
  readonly phase: Phase;
  readonly class: ItemClass;
  /** The item is new; it was there and did not apply or was not asked; it was asked and never answered. */
  readonly because: 'added' | 'applies-now' | 'unanswered';
}

export interface UnitGaps {
  readonly round: string;
  readonly open: boolean;
  readonly unit: string;
  readonly framework: string;
  readonly from: string;
  readonly to: string;
  /** Items of the new version that the unit never answered. */
  readonly gaps: readonly Gap[];
  /** Items that it answered in an earlier wording, class or evidence: to be looked at, not to be asked anew by itself. */
  readonly reworded: readonly string[];
}

/**
 * The gap list of a new version (DOMAIN 3.3): for each unit of each round, open or closed, the items of the new version
 * that it never answered. Units without any are left out. The round itself goes on by the version it was opened with.
 */
export function gapList(rounds: readonly AnsweredRound[]): UnitGaps[] {
  return rounds.flatMap(({ round, open, units }) =>
    units.flatMap(({ unit, form, claims, before, after }) => {
      const known = new Set(before.items.map(({ id }) => id));
      const askedBefore = new Set(askedItems(before.items, form, claims).map(({ id }) => id));
      const asked = askedItems(after.items, form, claims);
      const gaps = asked
        .filter(({ id }) => !Object.hasOwn(claims, id))
        .map(({ id, phase, class: itemClass }): Gap => ({
          item: id,
          phase,
          class: itemClass,
          because: !known.has(id) ? 'added' : askedBefore.has(id) ? 'unanswered' : 'applies-now',
        }));
      const reworded = diffItems(before.items, applicableItems(after.items, form))
        .changed.filter(({ item, fields }) => Object.hasOwn(claims, item) && fields.some(isAsked))
        .map(({ item }) => item);
      if (gaps.length === 0 && reworded.length === 0) return [];
      return [{ round, open, unit, framework: after.id, from: before.version, to: after.version, gaps, reworded }];
    }),
  );
}

const isAsked = (field: ItemField) => field === 'text' || field === 'evidence' || field === 'class';
