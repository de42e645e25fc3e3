import fc from 'fast-check';
import type { ITEM_FIELDS } from '../../src/domain/framework.js';
import { compose, diffItems, finder, gapList, type AnsweredRound, type Framework } from '../../src/domain/framework.js';
import { anyItems, framework, item } from './frameworkSupport.js';

const byId = (items: readonly { id: string }[]) => [...items].sort((a, b) => (a.id < b.id ? -1 : 1));

describe('what differs between two versions', () => {
  test('a version does not differ from itself, in whatever order its items stand', () => {
    fc.assert(
      fc.property(anyItems, (items) => {
        expect(diffItems(items, [...items].reverse())).toEqual({ added: [], removed: [], changed: [] });
      }),
    );
  });

  test('what one way adds, the other way removes; what changes, changes in the same fields', () => {
    fc.assert(
      fc.property(anyItems, anyItems, (before, after) => {
        const [there, back] = [diffItems(before, after), diffItems(after, before)];
        expect(byId(there.added)).toEqual(byId(back.removed));
        expect(byId(there.removed)).toEqual(byId(back.added));
        expect(there.changed.map(({ item: id, fields }) => [id, fields]).sort()).toEqual(
          back.changed.map(({ item: id, fields }) => [id, fields]).sort(),
        );
      }),
    );
  });

  test('the older version with the difference put in is the newer one', () => {
    fc.assert(
      fc.property(anyItems, anyItems, (before, after) => {
        const { added, removed, changed } = diffItems(before, after);
        const gone = new Set(removed.map(({ id }) => id));
        const now = new Map(changed.map((change) => [change.item, change.after]));
        const made = before.filter(({ id }) => !gone.has(id)).map((each) => now.get(each.id) ?? each);
        expect(byId([...made, ...added])).toEqual(byId(after));
      }),
    );
  });

  test.each<[(typeof ITEM_FIELDS)[number], unknown]>([
    ['phase', 3],
    ['class', 'advanced'],
    ['text', { ja: '別', en: 'other' }],
    ['evidence', ['log']],
    ['appliesIf', { is: 'hasLink' }],
    ['protects', ['charge']],
    ['askIf', { item: 'b', answered: ['partly'] }],
    ['replaces', 'b'],
    ['placeholder', true],
  ])('a changed %s is named', (field, value) => {
    const changed = diffItems([item('a')], [item('a', { [field]: value })]).changed;
    expect(changed.map(({ fields }) => fields)).toEqual([[field]]);
  });
});

describe('the gap list of a new version', () => {
  const old = framework();
  const now = framework({
    version: '2',
    items: [
      ...old.items.map((each) => (each.id === 'stop-desk' ? { ...each, text: { ja: '新', en: 'new' } } : each)),
      item('charge-limits', { phase: 3, appliesIf: { is: 'hasCharge' } }),
    ],
  });
  const checklist = (its: Framework) => compose(its, finder({}));
  const answered = { 'link-two-factor': 'implemented', 'stop-desk': 'implemented' } as const;
  const round = (units: readonly { unit: string; form: object; claims: object }[], open = true): AnsweredRound => ({
    round: open ? 'R2021' : 'R2020',
    open,
    units: units.map((unit) => ({ before: checklist(old), after: checklist(now), ...unit })) as AnsweredRound['units'],
  });

  test('names for each unit the items that it never answered, for open and closed rounds alike', () => {
    const units = [{ unit: 'c1', form: { hasLink: true, hasCharge: true }, claims: answered }];
    const gaps = gapList([round(units, false), round(units)]);
    expect(gaps.map(({ round: code, open, unit }) => [code, open, unit])).toEqual([
      ['R2020', false, 'c1'],
      ['R2021', true, 'c1'],
    ]);
    for (const { gaps: its, reworded, from, to } of gaps) {
      expect(its).toEqual([{ item: 'charge-limits', phase: 3, class: 'mandatory', because: 'added' }]);
      expect(reworded).toEqual(['stop-desk']);
      expect([from, to]).toEqual(['1', '2']);
    }
  });

  test('a unit to which the new item does not apply has no gap by it', () => {
    const [gaps] = gapList([round([{ unit: 'o1', form: { hasLink: true }, claims: answered }])]);
    expect(gaps!.gaps).toEqual([]);
  });

  test('a unit that never answered an old item is told of that too', () => {
    const [gaps] = gapList([round([{ unit: 'o1', form: { hasLink: true }, claims: { 'stop-desk': 'implemented' } }])]);
    expect(gaps!.gaps).toEqual([{ item: 'link-two-factor', phase: 2, class: 'mandatory', because: 'unanswered' }]);
  });

  test('an item that did not apply before and does now is a gap', () => {
    const before = framework({ items: [item('a', { appliesIf: { is: 'hasCharge' } })] });
    const after = framework({ version: '2', items: [item('a')] });
    const unit = { unit: 'o1', form: {}, claims: {}, before: checklist(before), after: checklist(after) };
    const [gaps] = gapList([{ round: 'R2020', open: true, units: [unit] }]);
    expect(gaps!.gaps.map(({ item: id, because }) => [id, because])).toEqual([['a', 'applies-now']]);
  });

  test('a unit that answered everything is left out', () => {
    const same = checklist(old);
    const unit = { unit: 'c1', form: { hasLink: true }, claims: answered, before: same, after: same };
    expect(gapList([{ round: 'R2020', open: true, units: [unit] }])).toEqual([]);
  });
});
