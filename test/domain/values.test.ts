import fc from 'fast-check';
import { wantedState, type Hold } from '../../src/domain/holds.js';
import { IncidentCode, KeyPart, parseWorkflowId, suspensionId, containmentId, TargetId } from '../../src/domain/ids.js';
import { canonicalJson } from '../../src/domain/json.js';
import { expectComplete, refusalOf } from './support.js';

const anyHold: fc.Arbitrary<Hold> = fc.record({
  suspension: fc.constantFrom('a', 'b', 'c'),
  target: fc.constant('mijica-transfer'),
  measure: fc.constantFrom('restrict' as const, 'suspend' as const),
  limitYen: fc.option(fc.integer({ min: 1, max: 1_000_000 }), { nil: undefined }),
});
const STRICTNESS = { ACTIVE: 0, RESTRICTED: 1, SUSPENDED: 2 };
const hold = (measure: 'restrict' | 'suspend', limitYen?: number): Hold => ({
  suspension: 'suspension/B/x',
  target: 'mijica-transfer',
  measure,
  limitYen,
});

describe('what must hold', () => {
  test('a function is active only when nothing holds it', () => {
    expect(wantedState([])).toEqual({ state: 'ACTIVE' });
    fc.assert(
      fc.property(fc.array(anyHold, { minLength: 1 }), (holds) => {
        expect(wantedState(holds).state).not.toBe('ACTIVE');
      }),
    );
  });

  test('of two suspensions that overlap, the lift of one leaves the other in force', () => {
    expect(wantedState([hold('suspend'), hold('restrict', 50_000)])).toEqual({ state: 'SUSPENDED' });
    expect(wantedState([hold('restrict', 50_000)])).toEqual({ state: 'RESTRICTED', limitYen: 50_000 });
  });

  test('the lowest limit of all restrictions holds', () => {
    expect(wantedState([hold('restrict', 50_000), hold('restrict', 30_000), hold('restrict')])).toEqual({
      state: 'RESTRICTED',
      limitYen: 30_000,
    });
    expect(wantedState([hold('restrict')])).toEqual({ state: 'RESTRICTED' });
    expect(wantedState([hold('restrict')], 40_000)).toEqual({ state: 'RESTRICTED', limitYen: 40_000 });
    expect(wantedState([hold('restrict', 50_000)], 40_000)).toEqual({ state: 'RESTRICTED', limitYen: 50_000 });
  });

  test('the order in which holds were placed does not matter', () => {
    fc.assert(
      fc.property(
        fc
          .array(anyHold)
          .chain((holds) =>
            fc.tuple(
              fc.constant(holds),
              fc.shuffledSubarray(holds, { minLength: holds.length, maxLength: holds.length }),
            ),
          ),
        ([holds, shuffled]) => expect(wantedState(shuffled)).toEqual(wantedState(holds)),
      ),
    );
  });

  test('a further hold never loosens what holds', () => {
    fc.assert(
      fc.property(fc.array(anyHold), anyHold, (holds, further) => {
        const before = wantedState(holds);
        const after = wantedState([...holds, further]);
        expect(STRICTNESS[after.state]).toBeGreaterThanOrEqual(STRICTNESS[before.state]);
        if (before.state === 'RESTRICTED' && after.state === 'RESTRICTED' && before.limitYen !== undefined)
          expect(after.limitYen).toBeLessThanOrEqual(before.limitYen);
      }),
    );
  });
});

describe('ids', () => {
  test('a workflow id names its job, the incident and the rest', () => {
    expect(suspensionId('B', 'mijica-transfer-1')).toBe('suspension/B/mijica-transfer-1');
    expect(containmentId('B-2', 'mijica-web')).toBe('containment/B-2/mijica-web');
    expect(parseWorkflowId('suspension', 'suspension/B/mijica-transfer-1')).toEqual({
      incident: 'B',
      name: 'mijica-transfer-1',
    });
    expect(parseWorkflowId('containment', 'containment/B/card-1/AB-9')).toEqual({ incident: 'B', name: 'card-1/AB-9' });
  });

  test.each([
    '',
    'stop',
    'suspension/B',
    'suspension//x',
    'suspension/b/x',
    'Suspension/B/x',
    'containment/B/x',
    'suspension/B/X y',
  ])('the workflow id %p is refused with the right form', (id) => {
    const sentence = refusalOf(() => parseWorkflowId('suspension', id));
    expectComplete(sentence);
    for (const text of [sentence.en, sentence.ja]) {
      expect(text).toContain('suspension/<incident>/<name>');
      expect(text).toContain('suspension/B/mijica-transfer-1');
    }
  });

  test('keys are lower-case words, incidents are capital codes, a target may carry a card or account reference', () => {
    expect(KeyPart.safeParse('mijica-transfer').success).toBe(true);
    for (const wrong of ['Mijica', 'a_b', '-a', 'a-', 'a--b', 'a b', ''])
      expect(KeyPart.safeParse(wrong).success).toBe(false);
    expect(IncidentCode.safeParse('B-2').success).toBe(true);
    expect(IncidentCode.safeParse('b').success).toBe(false);
    expect(TargetId.safeParse('jp-bank-card/AB-12').success).toBe(true);
    for (const wrong of ['card/', 'card/a/b', '/a', 'card/a b']) expect(TargetId.safeParse(wrong).success).toBe(false);
  });
});

describe('canonical JSON', () => {
  const shuffledKeys = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shuffledKeys);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, field]) => [key, shuffledKeys(field)]),
    );
  };

  test('keys are sorted, undefined fields are left out, lists keep their order', () => {
    expect(canonicalJson({ b: 1, a: { d: undefined, c: [2, 1, undefined] } })).toBe('{"a":{"c":[2,1,null]},"b":1}');
    expect(canonicalJson(null)).toBe('null');
  });

  test('equal content gives equal text, whatever the order of its keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(shuffledKeys(value))).toBe(canonicalJson(value));
      }),
    );
  });

  test('the text is JSON that says the same', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
