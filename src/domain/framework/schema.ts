import { z } from 'zod';
import { CLAIMS } from '../answers.js';
import { KeyPart } from '../ids.js';
import type { Sentence } from '../sentence.js';

/** The five phases of a payment (DOMAIN 1.5). */
export const PHASES = {
  1: { ja: '① アカウント作成', en: '1 Account creation' },
  2: { ja: '② 銀行口座紐づけ', en: '2 Linking of a bank account' },
  3: { ja: '③ チャージ', en: '3 Top-up (charge)' },
  4: { ja: '④ 決済・送金', en: '4 Payment and transfer' },
  5: { ja: '⑤ 取引後', en: '5 After the transaction' },
} as const satisfies Record<number, Sentence>;
export type Phase = keyof typeof PHASES;

export const ITEM_CLASSES = {
  mandatory: { ja: '必須項目', en: 'mandatory' },
  advanced: { ja: '高度化項目', en: 'advanced' },
} as const satisfies Record<string, Sentence>;
export type ItemClass = keyof typeof ITEM_CLASSES;

/** Kinds of evidence that an item may ask for. */
export const EVIDENCE = {
  description: { ja: '対策の説明', en: 'description of the measure' },
  screen: { ja: '画面の写し', en: 'copy of the screen' },
  settings: { ja: '設定値', en: 'settings' },
  'test-result': { ja: '試験の結果', en: 'result of a test' },
  log: { ja: '記録の抜粋', en: 'extract of a log' },
  procedure: { ja: '手順書', en: 'written procedure' },
  contract: { ja: '契約・規約', en: 'contract or terms' },
  statistics: { ja: '件数の実績', en: 'figures of what happened' },
} as const satisfies Record<string, Sentence>;

/**
 * What an item may protect without naming a function: each unit says which of its own functions serves as which kind, so
 * that the same item protects `link-c1` at one unit and `link-o3` at another.
 */
export const FUNCTION_KINDS = {
  account: { ja: 'アカウント', en: 'account' },
  login: { ja: 'ログイン', en: 'log-in' },
  link: { ja: '口座紐づけ', en: 'linking' },
  charge: { ja: 'チャージ', en: 'top-up' },
  payment: { ja: '決済', en: 'payment' },
  transfer: { ja: '送金', en: 'transfer' },
} as const satisfies Record<string, Sentence>;
export type FunctionKind = keyof typeof FUNCTION_KINDS;

const keys = <K extends string>(map: Readonly<Record<K, unknown>>) => Object.keys(map) as [K, ...K[]];
export const FunctionKindSchema = z.enum(keys(FUNCTION_KINDS));

/** A property of a unit's service form, such as `hasCharge`. */
export const PropertyName = z
  .string()
  .regex(
    /^(?!(?:and|or|not)$)[a-z][A-Za-z0-9]{0,39}$/,
    'a property such as hasCharge (letters and digits) ／ hasCharge のような英数字の属性名',
  );

/** A condition on the boolean properties of a unit's service form. */
export type Predicate =
  | { readonly is: string }
  | { readonly not: Predicate }
  | { readonly all: readonly Predicate[] }
  | { readonly any: readonly Predicate[] };

export const PredicateSchema: z.ZodType<Predicate, Predicate> = z.lazy(() =>
  z.union(
    [
      z.strictObject({ is: PropertyName }),
      z.strictObject({ not: PredicateSchema }),
      z.strictObject({ all: z.array(PredicateSchema).min(1) }),
      z.strictObject({ any: z.array(PredicateSchema).min(1) }),
    ],
    {
      error:
        'one of { is: property }, { not: … }, { all: [ … ] }, { any: [ … ] } ／ { is: 属性 }・{ not: … }・{ all: [ … ] }・{ any: [ … ] } のいずれか',
    },
  ),
);

// Empty texts, no evidence and unknown names pass the schema: the lint says them all at once, each with its place.
const Text = z.strictObject({ ja: z.string(), en: z.string() });

const ItemSchema = z.strictObject({
  id: KeyPart,
  phase: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4), z.literal(5)], {
    error: 'a phase from 1 to 5 ／ 1から5の段階',
  }),
  class: z.enum(keys(ITEM_CLASSES)),
  text: Text,
  evidence: z.array(z.enum(keys(EVIDENCE))),
  /** Absent: the item applies to every unit. */
  appliesIf: PredicateSchema.optional(),
  /** Kinds of functions (`link`) or ids of the service map (`mijica-transfer`). */
  protects: z.array(KeyPart).default([]),
  /** Asked only after one of these answers to an earlier item. */
  askIf: z.strictObject({ item: KeyPart, answered: z.array(z.enum(CLAIMS)).min(1) }).optional(),
  /** An own item that stands where an inherited one stood. */
  replaces: KeyPart.optional(),
  /** Stands for an item whose real text is not public or not written yet. */
  placeholder: z.literal(true).optional(),
});

/**
 * A control framework or an own checklist, one version of it. A version never changes once it is published; DOMAIN 3.3,
 *
 */
export const FrameworkSchema = z.strictObject({
  id: KeyPart,
  version: z.string().min(1),
  title: Text,
  /** Whose text this is, for everybody who reads it. */
  source: Text,
  /** The properties of a service form that its predicates may name, with what they mean. */
  properties: z.record(PropertyName, Text).default({}),
  /** Whether the framework concerns a unit at all; holds beside each item's own predicate. */
  appliesIf: PredicateSchema.optional(),
  /** Frameworks whose items belong to this checklist too; `only` picks some of them. */
  extends: z
    .array(z.strictObject({ framework: KeyPart, version: z.string().min(1), only: z.array(KeyPart).min(1).optional() }))
    .default([]),
  items: z.array(ItemSchema),
});
export type Framework = z.output<typeof FrameworkSchema>;
export type Item = Framework['items'][number];

/** The service form of a unit: which properties it has. One that is not named counts as absent. */
export type Form = Readonly<Record<string, boolean>>;

/** Finds a version of a framework; absent when it is not loaded. */
export type FindFramework = (id: string, version: string) => Framework | undefined;

/** The version of each framework that is loaded, to be found by id and version. */
export function finder(frameworks: Readonly<Record<string, Framework>>): FindFramework {
  return (id, version) => {
    const found = Object.hasOwn(frameworks, id) ? frameworks[id] : undefined;
    return found?.version === version ? found : undefined;
  };
}
