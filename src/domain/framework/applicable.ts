import type { Claim } from '../answers.js';
import type { Sentence } from '../sentence.js';
import { applies, whyNot } from './predicate.js';
import { FUNCTION_KINDS, type Form, type FunctionKind, type Item } from './schema.js';

/**
 * Items that a unit of this form has to answer, conditional ones included, in the checklist's order. An item that
 * depends on one that does not apply does not apply either.
 */
export function applicableItems<I extends Item>(items: readonly I[], form: Form): I[] {
  const byId = new Map(items.map((item) => [item.id, item]));
  return items.filter((item) => chain(item, byId).every(({ appliesIf }) => applies(appliesIf, form)));
}

/** An item and those it depends on, nearest first. A condition on nothing ends it, and so does a circle: the lint names both. */
function chain<I extends Item>(item: I, byId: ReadonlyMap<string, I>): I[] {
  const path = [item];
  for (let next = before(item, byId); next && !path.includes(next); next = before(next, byId)) path.push(next);
  return path;
}

const before = <I extends Item>(item: I, byId: ReadonlyMap<string, I>) => item.askIf && byId.get(item.askIf.item);

/** Items that the form leaves out, each with what the form says of it. Never counted as satisfied (invariant 7). */
export function leftOut<I extends Item>(
  { items, properties }: { readonly items: readonly I[]; readonly properties: Readonly<Record<string, Sentence>> },
  form: Form,
): { readonly item: I; readonly because: Sentence }[] {
  const byId = new Map(items.map((item) => [item.id, item]));
  return items.flatMap((item) => {
    const failed = chain(item, byId).find(({ appliesIf }) => !applies(appliesIf, form));
    if (!failed) return [];
    const because = whyNot(failed.appliesIf!, form, properties);
    if (failed === item) return [{ item, because }];
    return [
      {
        item,
        because: {
          en: `depends on ${failed.id}, which does not apply (${because.en})`,
          ja: `前提となる項目 ${failed.id} が該当しない（${because.ja}）`,
        },
      },
    ];
  });
}

/**
 * Applicable items that are asked now: a conditional one only after one of its answers to the item it depends on, and
 * only while that item is asked itself.
 * @param claims the last claim for each item answered so far
 */
export function askedItems<I extends Item>(
  items: readonly I[],
  form: Form,
  claims: Readonly<Record<string, Claim>>,
): I[] {
  const applicable = applicableItems(items, form);
  const byId = new Map(applicable.map((item) => [item.id, item]));
  const met = (item: I) => {
    const earlier = before(item, byId);
    if (!item.askIf || !earlier) return true;
    const claim = Object.hasOwn(claims, earlier.id) ? claims[earlier.id] : undefined;
    return claim !== undefined && item.askIf.answered.includes(claim);
  };
  return applicable.filter((item) => chain(item, byId).every(met));
}

/** What of a unit an item may stop: see `providers.yaml`. */
export interface Protecting {
  readonly functions: readonly string[];
  readonly serves?: Readonly<Partial<Record<FunctionKind, readonly string[]>>> | undefined;
}

/**
 * The unit's functions that an item protects: what its failure proposes to suspend, and nothing else. A kind such
 * as `link` stands for the functions that serve as it; a unit with a single function serves every kind by it.
 */
export function protectedFunctions(item: Pick<Item, 'protects'>, unit: Protecting): string[] {
  const functions = item.protects.flatMap((name) =>
    isKind(name) ? servesAs(unit, name) : unit.functions.filter((id) => id === name),
  );
  return [...new Set(functions)];
}

/** Functions of a unit that serve as a kind. */
export function servesAs({ functions, serves }: Protecting, kind: FunctionKind): readonly string[] {
  return serves?.[kind] ?? (serves === undefined && functions.length === 1 ? functions : []);
}

export function isKind(name: string): name is FunctionKind {
  return Object.hasOwn(FUNCTION_KINDS, name);
}
