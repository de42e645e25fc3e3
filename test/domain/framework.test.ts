import {
  applicableItems,
  askedItems,
  compose,
  finder,
  FrameworkSchema,
  leftOut,
  lintFramework,
  protectedFunctions,
  type Framework,
} from '../../src/domain/framework.js';
import { framework, item } from './frameworkSupport.js';
import { expectComplete, refusalOf } from './support.js';

const alone = finder({});
const FUNCTIONS = new Set(['link-c1', 'mijica-web']);
const placesOf = (its: Framework, others: Record<string, Framework> = {}) => {
  const findings = lintFramework(its, { find: finder(others), functions: FUNCTIONS });
  for (const { problem } of findings) expectComplete({ ...problem, ja: problem.ja });
  return findings.map(({ where }) => where);
};
const idsOf = (items: readonly { id: string }[]) => items.map(({ id }) => id);

describe('an own checklist', () => {
  const base = framework();
  const own = (change: object = {}) =>
    framework({ id: 'own', properties: {}, extends: [{ framework: 'base', version: '1' }], items: [], ...change });

  test('is the framework plus items from own fraud cases, by phase', () => {
    const checklist = compose(own({ items: [item('card-returned', { phase: 4 })] }), finder({ base }));
    expect(idsOf(checklist.items)).toEqual(['link-two-factor', 'card-returned', 'stop-desk']);
    expect(checklist.items.map(({ from }) => from)).toEqual(['base', 'own', 'base']);
    expect(checklist.sources).toEqual([
      { framework: 'base', version: '1' },
      { framework: 'own', version: '1' },
    ]);
  });

  test('may take only some items, and put its own in the place of one, also where others ask by it', () => {
    const asking = framework({
      items: [item('lock'), item('lock-how', { askIf: { item: 'lock', answered: ['implemented'] } }), item('other')],
    });
    const checklist = compose(
      own({
        extends: [{ framework: 'base', version: '1', only: ['lock', 'lock-how'] }],
        items: [item('transfer-lockout', { replaces: 'lock' })],
      }),
      finder({ base: asking }),
    );
    expect(idsOf(checklist.items)).toEqual(['lock-how', 'transfer-lockout']);
    expect(checklist.items[0]!.askIf!.item).toBe('transfer-lockout');
  });

  test('keeps the version that it extends: a newer one that is loaded does not slip in', () => {
    const sentence = refusalOf(() => compose(own(), finder({ base: framework({ version: '2' }) })));
    expectComplete(sentence);
    expect(sentence.en).toContain('base of version 1');
  });

  test('that extends itself is refused, and never composed for ever', () => {
    const first = own({ id: 'base', extends: [{ framework: 'own', version: '1' }] });
    expectComplete(refusalOf(() => compose(own(), finder({ base: first, own: own() }))));
  });

  test('a condition of the whole framework holds for each of its items', () => {
    const limited = framework({ appliesIf: { not: { is: 'purposeLimited' } } });
    const { items } = compose(own(), finder({ base: limited }));
    expect(applicableItems(items, { hasLink: true, purposeLimited: true })).toEqual([]);
    expect(applicableItems(items, { hasLink: true })).toHaveLength(2);
  });
});

describe('which items a unit is asked', () => {
  const items = [
    item('two-factor', { appliesIf: { is: 'hasLink' } }),
    item('weaker', { askIf: { item: 'two-factor', answered: ['partly'] } }),
    item('until-when', { askIf: { item: 'weaker', answered: ['not-implemented'] } }),
  ];

  test('a conditional item appears by the earlier answer, and goes with it', () => {
    const form = { hasLink: true };
    expect(idsOf(askedItems(items, form, {}))).toEqual(['two-factor']);
    expect(idsOf(askedItems(items, form, { 'two-factor': 'partly' }))).toEqual(['two-factor', 'weaker']);
    const both = { 'two-factor': 'partly', weaker: 'not-implemented' } as const;
    expect(idsOf(askedItems(items, form, both))).toEqual(['two-factor', 'weaker', 'until-when']);
    // The answer to the hidden one is kept, and asks nothing any more.
    expect(idsOf(askedItems(items, form, { ...both, 'two-factor': 'implemented' }))).toEqual(['two-factor']);
  });

  test('an item that depends on one that does not apply does not apply either, and says so', () => {
    expect(applicableItems(items, { hasLink: false })).toEqual([]);
    const reasons = leftOut({ items, properties: {} }, { hasLink: false });
    expect(idsOf(reasons.map((each) => each.item))).toEqual(['two-factor', 'weaker', 'until-when']);
    expect(reasons[2]!.because.en).toContain('two-factor');
  });

  test('applicable items and those left out are together all items, and never the same', () => {
    for (const hasLink of [true, false])
      expect(
        [...applicableItems(items, { hasLink }), ...leftOut({ items, properties: {} }, { hasLink }).map((r) => r.item)]
          .length,
      ).toBe(items.length);
  });
});

describe('what an item protects', () => {
  test('for unit c1 the item on two-factor protects link-c1, for o3 link-o3', () => {
    const two = item('link-two-factor', { protects: ['link'] });
    expect(protectedFunctions(two, { functions: ['link-c1'] })).toEqual(['link-c1']);
    expect(protectedFunctions(two, { functions: ['link-o3'] })).toEqual(['link-o3']);
    expect(protectedFunctions(two, { functions: [] })).toEqual([]);
  });

  test('a unit of several functions says which serves as what, and nothing else is touched', () => {
    const unit = {
      functions: ['mijica-transfer', 'mijica-web', 'mijica-debit'],
      serves: { transfer: ['mijica-transfer'] },
    };
    expect(protectedFunctions(item('x', { protects: ['transfer', 'link'] }), unit)).toEqual(['mijica-transfer']);
    expect(protectedFunctions(item('x', { protects: ['mijica-web', 'transfer'] }), unit)).toEqual([
      'mijica-web',
      'mijica-transfer',
    ]);
    // Several functions and nobody said which: none is guessed.
    expect(protectedFunctions(item('x', { protects: ['transfer'] }), { functions: unit.functions })).toEqual([]);
  });

  test("another unit's function is never proposed for a stop", () => {
    expect(protectedFunctions(item('x', { protects: ['link-c2'] }), { functions: ['link-c1'] })).toEqual([]);
  });
});

describe('the lint of a framework', () => {
  test('a sound framework has no findings', () => {
    expect(placesOf(framework())).toEqual([]);
  });

  test.each<[string, object, string]>([
    ['an item on an unknown item', { askIf: { item: 'nobody', answered: ['partly'] } }, 'items.x.askIf'],
    ['an item on itself', { askIf: { item: 'x', answered: ['partly'] } }, 'items.x.askIf'],
    ['an unknown function', { protects: ['link-c9'] }, 'items.x.protects'],
    ['no type of evidence', { evidence: [] }, 'items.x.evidence'],
    ['an unknown property', { appliesIf: { any: [{ is: 'hasLink' }, { is: 'hasWings' }] } }, 'items.x.appliesIf'],
    ['an empty text in Japanese', { text: { ja: ' ', en: 'x' } }, 'items.x.text.ja'],
    ['an empty text in English', { text: { ja: 'x', en: '' } }, 'items.x.text.en'],
    ['a replacement of nothing', { replaces: 'nobody' }, 'items.x.replaces'],
    [
      'a mandatory item that no unit can meet',
      { appliesIf: { all: [{ is: 'hasLink' }, { not: { is: 'hasLink' } }] } },
      'items.x.appliesIf',
    ],
  ])('names %s', (_, change, where) => {
    expect(placesOf(framework({ items: [item('x', change)] }))).toEqual([where]);
  });

  test('names both members of a circle, and not who only leads into it', () => {
    const ask = (on: string) => ({ askIf: { item: on, answered: ['partly'] } });
    const circle = framework({ items: [item('a', ask('b')), item('b', ask('a')), item('c', ask('a'))] });
    expect(placesOf(circle)).toEqual(['items.a.askIf', 'items.b.askIf']);
  });

  test('names a mandatory item whose condition contradicts that of the item it depends on', () => {
    const items = [
      item('a', { appliesIf: { is: 'hasLink' } }),
      item('b', { appliesIf: { not: { is: 'hasLink' } }, askIf: { item: 'a', answered: ['partly'] } }),
    ];
    expect(placesOf(framework({ items }))).toEqual(['items.b.appliesIf']);
  });

  test('names an id that stands twice, in the framework and against what it extends', () => {
    expect(placesOf(framework({ items: [item('a'), item('a')] }))).toEqual(['items.a']);
    const own = framework({ id: 'own', extends: [{ framework: 'base', version: '1' }], items: [item('stop-desk')] });
    expect(placesOf(own, { base: framework() })).toEqual(['items.stop-desk']);
  });

  test('names a framework that is not loaded, and an item that it does not have', () => {
    const own = (only?: string[]) =>
      framework({ id: 'own', extends: [{ framework: 'base', version: '1', only }], items: [item('x')] });
    expect(placesOf(own())).toEqual(['extends']);
    expect(placesOf(own(['nobody']), { base: framework() })).toEqual(['extends.base.only']);
  });

  test('names an empty title and an empty source', () => {
    const title = { ja: '', en: 'x' };
    expect(placesOf(framework({ title, source: title }))).toEqual(['title.ja', 'source.ja']);
  });
});

describe('the form of a framework', () => {
  test.each([
    ['a phase of six', { items: [item('x', { phase: 6 })] }],
    ['an unknown type of evidence', { items: [item('x', { evidence: ['rumour'] })] }],
    ['an unknown field', { colour: 'red' }],
    ['a predicate that is none', { items: [item('x', { appliesIf: { is: 'hasLink', not: { is: 'a' } } })] }],
    ['a predicate of nothing', { items: [item('x', { appliesIf: { all: [] } })] }],
    ['a property called "and"', { properties: { and: { ja: 'x', en: 'x' } } }],
  ])('refuses %s', (_, change) => {
    expect(FrameworkSchema.safeParse({ ...framework(), ...change }).success).toBe(false);
  });
});

test('a framework without others is its own checklist', () => {
  const checklist = compose(framework(), alone);
  expect(idsOf(checklist.items)).toEqual(['link-two-factor', 'stop-desk']);
});
