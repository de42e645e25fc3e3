import fc from 'fast-check';
import {
  applies,
  parsePredicate,
  predicateText,
  propertiesOf,
  satisfiable,
  whyNot,
  type Form,
} from '../../src/domain/framework.js';
import { anyForm, anyPredicate, PROPERTIES } from './frameworkSupport.js';
import { expectComplete, refusalOf } from './support.js';

const allForms: Form[] = Array.from({ length: 2 ** PROPERTIES.length }, (_, bits) =>
  Object.fromEntries(PROPERTIES.map((name, index) => [name, ((bits >> index) & 1) === 1])),
);

describe('whether an item applies', () => {
  test('a unit without a charge function drops the charge items, a purpose-limited one drops all', () => {
    const charge = { all: [{ is: 'hasCharge' }, { not: { is: 'purposeLimited' } }] };
    expect(applies(charge, { hasCharge: true, purposeLimited: false })).toBe(true);
    expect(applies(charge, { hasCharge: false, purposeLimited: false })).toBe(false);
    expect(applies(charge, { hasCharge: true, purposeLimited: true })).toBe(false);
    expect(applies(undefined, {})).toBe(true);
  });

  test('a property that the form does not name counts as absent, also one that every object has', () => {
    expect(applies({ is: 'hasLink' }, {})).toBe(false);
    expect(applies({ is: 'constructor' }, {})).toBe(false);
  });

  test('not, all and any keep to the laws of logic', () => {
    fc.assert(
      fc.property(anyPredicate, anyPredicate, anyForm, (a, b, form) => {
        expect(applies({ not: a }, form)).toBe(!applies(a, form));
        expect(applies({ all: [a, b] }, form)).toBe(applies(a, form) && applies(b, form));
        expect(applies({ not: { all: [a, b] } }, form)).toBe(applies({ any: [{ not: a }, { not: b }] }, form));
      }),
    );
  });

  test('only the properties that a predicate names decide it', () => {
    fc.assert(
      fc.property(anyPredicate, anyForm, anyForm, (predicate, form, other) => {
        const named = propertiesOf(predicate);
        const mixed = { ...other, ...Object.fromEntries(named.map((name) => [name, form[name]!])) };
        expect(applies(predicate, mixed)).toBe(applies(predicate, form));
      }),
    );
  });

  test('a predicate is satisfiable exactly when some service form meets it', () => {
    fc.assert(
      fc.property(anyPredicate, (predicate) => {
        expect(satisfiable(predicate)).toBe(allForms.some((form) => applies(predicate, form)));
      }),
    );
    expect(satisfiable({ all: [{ is: 'hasLink' }, { not: { is: 'hasLink' } }] })).toBe(false);
  });
});

describe('a condition as people write it', () => {
  test('what is written is read back with the same meaning', () => {
    fc.assert(
      fc.property(anyPredicate, (predicate) => {
        const read = parsePredicate(predicateText(predicate));
        for (const form of allForms) expect(applies(read, form)).toBe(applies(predicate, form));
      }),
    );
  });

  test('"and" binds stronger than "or", and "not" strongest', () => {
    expect(parsePredicate('hasLink or not hasCharge and hasLogin')).toEqual({
      any: [{ is: 'hasLink' }, { all: [{ not: { is: 'hasCharge' } }, { is: 'hasLogin' }] }],
    });
    expect(predicateText({ not: { any: [{ is: 'a' }, { is: 'b' }] } })).toBe('not (a or b)');
    expect(parsePredicate('  ')).toBeUndefined();
  });

  test.each([
    'hasLink and',
    '(hasLink',
    'hasLink)',
    'hasLink hasCharge',
    'and',
    'HasLink',
    '='.repeat(50),
    `${'not '.repeat(50)}hasLink`,
  ])('the condition %j is refused with a right example', (text) => {
    const sentence = refusalOf(() => parsePredicate(text));
    expectComplete({ en: sentence.en, ja: sentence.ja });
    expect(sentence.en).toContain('hasCharge and not purposeLimited');
  });

  test('why an item does not apply names the properties that decide it, and no other', () => {
    const properties = { hasLink: { ja: '口座を紐づける', en: 'An account is linked' } };
    const predicate = { all: [{ is: 'hasLogin' }, { is: 'hasLink' }] };
    expect(whyNot(predicate, { hasLogin: true, hasLink: false }, properties)).toEqual({
      en: 'An account is linked: no',
      ja: '口座を紐づける：いいえ',
    });
  });
});
