import fc from 'fast-check';
import { FrameworkSchema, type Framework, type Item, type Predicate } from '../../src/domain/framework.js';

export const PROPERTIES = ['hasLink', 'hasCharge', 'hasLogin', 'purposeLimited'] as const;

/** A sound framework of two items, with what a test changes. */
export function framework(change: object = {}): Framework {
  return FrameworkSchema.parse({
    id: 'base',
    version: '1',
    title: { ja: '基準', en: 'Base' },
    source: { ja: '試験用', en: 'For tests' },
    properties: Object.fromEntries(PROPERTIES.map((name) => [name, { ja: name, en: name }])),
    items: [
      item('link-two-factor', { protects: ['link'], appliesIf: { is: 'hasLink' } }),
      item('stop-desk', { phase: 5 }),
    ],
    ...change,
  });
}

export function item(id: string, change: object = {}): Item {
  const text = { ja: `項目 ${id}`, en: `Item ${id}` };
  return { id, phase: 2, class: 'mandatory', text, evidence: ['screen'], protects: [], ...change };
}

export const anyPredicate: fc.Arbitrary<Predicate> = fc.letrec<{ predicate: Predicate }>((tie) => ({
  predicate: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.record({ is: fc.constantFrom(...PROPERTIES) }),
    fc.record({ not: tie('predicate') }),
    fc.record({ all: fc.array(tie('predicate'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ any: fc.array(tie('predicate'), { minLength: 1, maxLength: 3 }) }),
  ),
})).predicate;

export const anyForm = fc.record(Object.fromEntries(PROPERTIES.map((name) => [name, fc.boolean()])));

const anyText = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }).filter((text) => text.trim() !== '');

export const anyItem: fc.Arbitrary<Item> = fc
  .record({
    id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    phase: fc.constantFrom(1 as const, 2 as const, 3 as const, 4 as const, 5 as const),
    class: fc.constantFrom('mandatory' as const, 'advanced' as const),
    text: fc.record({ ja: anyText, en: anyText }),
    evidence: fc.subarray(['screen' as const, 'log' as const, 'settings' as const], { minLength: 1 }),
    appliesIf: fc.option(anyPredicate, { nil: undefined }),
    protects: fc.subarray(['link', 'charge', 'mijica-web']),
  })
  .map(({ appliesIf, ...rest }) => ({ ...rest, ...(appliesIf && { appliesIf }) }));

export const anyItems = fc.uniqueArray(anyItem, { selector: ({ id }) => id, maxLength: 6 });
