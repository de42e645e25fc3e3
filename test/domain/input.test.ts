import fc from 'fast-check';
import { ContainmentInput, LossConfirmed } from '../../src/domain/containment.js';
import { answered, DecisionSchema, type Question } from '../../src/domain/decision.js';
import { examples } from '../../src/domain/examples.js';
import { parseInput } from '../../src/domain/input.js';
import { DriftFound, ProposeLiftInput, SuspensionInput } from '../../src/domain/suspension.js';
import { DIGEST, expectComplete, refusalOf } from './support.js';

const FORMS = [
  ['suspension', SuspensionInput, examples.suspension],
  ['containment', ContainmentInput, examples.containment],
  ['decide', DecisionSchema, examples.decide],
  ['proposeLift', ProposeLiftInput, examples.proposeLift],
  ['lossConfirmed', LossConfirmed, examples.lossConfirmed],
  ['driftFound', DriftFound, examples.driftFound],
] as const;

const refused = (input: unknown) => refusalOf(() => parseInput(SuspensionInput, input, examples.suspension));

describe('the one JSON object', () => {
  test.each(FORMS)('the example of %s is right', (_, schema, example) => {
    expect(() => parseInput<unknown>(schema as never, example, example)).not.toThrow();
  });

  test.each([
    ['none', undefined, 'missing'],
    ['null', null, 'missing'],
    ['a list', [examples.suspension], 'not a list'],
    ['a bare value', 'suspend it', 'not a bare value'],
    ['a number', 7, 'not a bare value'],
  ])('%s instead of an object is refused with a right example', (_, input, says) => {
    const sentence = refused(input);
    expectComplete(sentence);
    expect(sentence.en).toContain(says);
    for (const text of [sentence.en, sentence.ja]) expect(text).toContain(JSON.stringify(examples.suspension));
  });

  test.each([
    ['a field that is missing', { reason: undefined }, 'reason', 'string'],
    ['an unknown field', { tragets: ['x'] }, 'tragets', 'not a known field'],
    ['a measure that does not exist', { measure: 'kill' }, 'measure', 'suspend, restrict'],
    ['an incident in small letters', { incident: 'b' }, 'incident', 'capital letters'],
    ['a target with a space', { targets: ['mijica-web', 'mijica transfer'] }, 'targets.1', 'service map'],
    ['no targets', { targets: [] }, 'targets', 'at least 1'],
    ['a reason that says nothing', { reason: ' . ' }, 'reason', 'at least 3'],
    ['a limit of half a yen', { limitYen: 0.5 }, 'limitYen', 'int'],
    ['an expected end without an offset', { expectedEnd: '2020-10-01' }, 'expectedEnd', 'an instant with its offset'],
    ['another version', { v: 2 }, 'v', 'one of 1'],
    ['a null character', { reason: 'Losses go on\u0000' }, 'reason', 'cannot be stored'],
    ['half a character', { alsoReview: ['a', 'b\ud83d'] }, 'alsoReview.1', 'cannot be stored'],
    ['a limit of nothing', { limitYen: 0 }, 'limitYen', 'at least 1'],
    ['a limit below nothing', { limitYen: -1 }, 'limitYen', 'too small'],
    ['a limit that no column holds', { limitYen: 2 ** 31 }, 'limitYen', 'too big'],
    ['a target that no decision could name', { targets: ['a'.repeat(101)] }, 'targets.0', 'too long'],
    ['an end in a year that no calendar has', { expectedEnd: '0000-01-01T00:00:00Z' }, 'expectedEnd', '1900 and 9999'],
    ['an end beyond all years', { expectedEnd: '9999-12-31T23:59:59-09:00' }, 'expectedEnd', '1900 and 9999'],
  ])('%s is answered by a sentence that names it', (_, change, field, says) => {
    const sentence = refused({ ...examples.suspension, ...change });
    expectComplete(sentence);
    expect(sentence.en).toContain(`"${field}"`);
    expect(sentence.ja).toContain(`「${field}」`);
    expect(sentence.en).toContain(says);
  });

  test('signs, lines and faces in a reason are taken as they are', () => {
    const reason = '被害が続く 🔥\r\n\tsecond line \u0007 𠮷';
    expect(parseInput(SuspensionInput, { ...examples.suspension, reason }, examples.suspension).reason).toBe(reason);
  });

  test('a refusal never repeats a value that was sent', () => {
    const secret = fc.stringMatching(/^[0-9A-F]{24}$/).map((text) => `SECRET${text}`);
    fc.assert(
      fc.property(
        fc.constantFrom(...FORMS),
        fc.nat(),
        secret,
        fc.boolean(),
        ([, schema, example], n, value, nested) => {
          const fields = Object.keys(example);
          const field = fields[n % fields.length]!;
          const wrong = { ...example, [field]: nested ? { [value]: value } : [value, { value }] };
          const sentence = refusalOf(() => parseInput<unknown>(schema as never, wrong, example));
          expect(sentence.en + sentence.ja).not.toContain(value);
          expect(sentence.en + sentence.ja).not.toContain(value.toLowerCase());
          expectComplete(sentence);
        },
      ),
    );
  });

  test('a name or number that was pasted as a key is not repeated either', () => {
    for (const key of ['山田太郎', '090-1234-5678', 'Yamada Taro', 'a@b.example', '1234567890123']) {
      const sentence = refused({ ...examples.suspension, [key]: 1 });
      expect(sentence.en + sentence.ja).not.toContain(key);
    }
  });

  test('what is pasted as a subject is not repeated', () => {
    const sentence = refusalOf(() =>
      parseInput(DecisionSchema, { ...examples.decide, subject: '山田太郎 090-1234-5678' }, examples.decide),
    );
    expect(sentence.en + sentence.ja).not.toMatch(/山田|090-/);
    expect(sentence.en).toContain('"subject"');
  });
});

describe('a decision', () => {
  const question: Question = {
    subject: 'approve',
    rule: 'suspension.approve',
    verdicts: ['approve', 'refuse'],
    digest: DIGEST,
    asks: { en: 'Decide.', ja: '判断してください。' },
    otherwise: { en: 'Nothing happens.', ja: '何も起きません。' },
  };
  const wherever = { en: 'It is in force.', ja: '実施中です。' };
  const sent = DecisionSchema.parse({ ...examples.decide, digest: DIGEST });

  test('answers the question that is asked', () => {
    expect(answered([question], sent, wherever)).toBe(question);
  });

  test('on what nobody asked is refused, and told what is waited for', () => {
    const sentence = refusalOf(() => answered([question], { ...sent, subject: 'lift' }, wherever));
    expectComplete(sentence);
    expect(sentence.en).toContain('It waits for: approve.');
    expect(sentence.ja).toContain('approve');
    expectComplete(refusalOf(() => answered([], sent, wherever)));
  });

  test('with a stale digest is refused, and told the present one', () => {
    const sentence = refusalOf(() => answered([question], { ...sent, digest: 'f'.repeat(32) }, wherever));
    expectComplete(sentence);
    expect(sentence.en).toContain(DIGEST);
    expect(sentence.ja).toContain(DIGEST);
    expect(sentence.en).not.toContain('f'.repeat(32));
  });

  test('with an unknown verdict is refused, and told the possible ones', () => {
    const sentence = refusalOf(() => answered([question], { ...sent, verdict: 'SECRET' }, wherever));
    expectComplete(sentence);
    expect(sentence.en).toContain('approve, refuse');
    expect(sentence.en + sentence.ja).not.toContain('SECRET');
  });
});
