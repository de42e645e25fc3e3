import { digest } from '../../src/activities/digest.js';
import { previewSuspension, singlesOf, stopTurns, suspensionTerms } from '../../src/domain/plan.js';
import { PolicySchema } from '../../src/domain/policy.js';
import type { Documents } from '../../src/domain/playbook.js';
import {
  controlOf,
  functionOf,
  functionsOf,
  outsideOf,
  ServiceMapSchema,
  sharing,
} from '../../src/domain/serviceMap.js';
import { sweepFindings } from '../../src/domain/guardSweep.js';
import { toldApart } from '../../src/domain/wording/function.js';
import { carried } from '../../src/domain/suspension.js';
import { sharers } from '../../src/domain/wording/suspensionPreview.js';
import { at, expectComplete, JST, plan, policy, refusalOf } from './support.js';

const name = (id: string) => ({ ja: `機能${id}`, en: id });
const fn = (id: string, more: object = {}) => ({
  id,
  name: name(id),
  connector: 'channel',
  autoStop: true,
  inFlight: 'finish',
  ...more,
});
const document = {
  version: 'map-4',
  controls: [
    { id: 'member-login', name: name('member-login') },
    { id: 'card-pin', name: name('card-pin') },
  ],
  services: [
    {
      id: 'mijica',
      name: name('mijica'),
      functions: [
        fn('mijica-transfer', {
          controls: ['member-login'],
          stopOrder: 2,
          restrictedLimitYen: 30_000,
          customers: { value: 200_000, approx: true },
          substitutes: [{ ja: '窓口', en: 'counter' }],
        }),
        fn('mijica-web', { controls: ['member-login'] }),
        fn('mijica-debit', { controls: ['card-pin', 'member-login'], autoStop: false }),
      ],
    },
    { id: 'card', name: name('card'), functions: [fn('bank-card', { kind: 'card', controls: ['card-pin'] })] },
  ],
};
const services = ServiceMapSchema.parse(document);
const documents = { services, policy } as unknown as Documents;
const input = (its: object = {}) => plan(its).input;
const preview = (its: object = {}) => previewSuspension(documents, input(its));

describe('the dry run', () => {
  test('shows customers, substitutes, what is under way and what shares a control', () => {
    expect(preview()).toEqual({
      measure: 'suspend',
      incident: 'B',
      reason: 'Losses go on',
      serviceMap: 'map-4',
      targets: [
        {
          target: 'mijica-transfer',
          connector: 'channel',
          stopOrder: 2,
          inFlight: 'finish',
          customers: { value: 200_000, approx: true },
          substitutes: [{ ja: '窓口', en: 'counter' }],
          sharesControlWith: ['mijica-debit', 'mijica-web'],
        },
      ],
      siblings: [],
    });
  });

  test.each<[string, object, object?]>([
    ['another number of customers', { customers: { value: 200_001, approx: true } }],
    ['another way with what is under way', { inFlight: 'hold' }],
    ['another substitute', { substitutes: [{ ja: '郵送', en: 'by letter' }] }],
    ['another order of stopping', { stopOrder: 1 }],
    ['another function behind the same control', { controls: ['card-pin'] }],
    ['another reason', {}, { reason: 'The losses stopped' }],
    ['another expected end', {}, { expectedEnd: '2020-12-01T00:00:00Z' }],
  ])('%s is another digest', (_, change, its = {}) => {
    const changed = structuredClone(document);
    Object.assign(changed.services[0]!.functions[0]!, change);
    const other = { services: ServiceMapSchema.parse(changed), policy } as unknown as Documents;
    expect(digest(previewSuspension(other, input(its)))).not.toBe(digest(preview()));
    expect(digest(preview())).toBe(digest(preview()));
  });

  test('names as many functions of a long list as a person reads, and counts the rest, for as long as it is carried', () => {
    const many = structuredClone(document);
    const others = Array.from({ length: 30 }, (_, n) => fn(`other-${n}`, { controls: ['member-login'] }));
    many.services[0]!.functions.push(...others);
    const whole = previewSuspension({ ...documents, services: ServiceMapSchema.parse(many) }, input());
    expect(whole.targets[0]!.sharesControlWith).toHaveLength(32);
    const [kept] = carried(whole).targets;
    expect(kept!.sharesControlWith).toEqual(whole.targets[0]!.sharesControlWith.slice(0, 20));
    expect(sharers(kept!)).toMatch(/, \+ 12$/);
    expect(carried(preview())).toEqual(preview());
  });

  test('asks about every function that shares the failed control and goes on running, and those named besides', () => {
    expect(preview({ failedControl: 'member-login' }).siblings).toEqual(['mijica-debit', 'mijica-web']);
    expect(preview({ failedControl: 'member-login', targets: ['mijica-transfer', 'mijica-web'] }).siblings).toEqual([
      'mijica-debit',
    ]);
    expect(preview({ alsoReview: ['mijica-debit', 'mijica-transfer'] }).siblings).toEqual(['mijica-debit']);
  });

  test('asks to keep cards that share the failed control, of which only single ones can be stopped', () => {
    const { siblings } = preview({ failedControl: 'card-pin', targets: ['mijica-debit'] });
    expect(siblings).toEqual(['bank-card']);
    expect(singlesOf(documents, siblings)).toEqual({ 'bank-card': 'card' });
    expect(singlesOf(documents, ['mijica-web'])).toBeUndefined();
    // The others go on when one is stopped.
    expect(preview({ failedControl: 'card-pin', targets: ['bank-card/AB-1'] }).siblings).toEqual([
      'bank-card',
      'mijica-debit',
    ]);
    expect(preview({ alsoReview: ['bank-card/AB-1'] }).siblings).toEqual(['bank-card/AB-1']);
    expect(refusalOf(() => preview({ targets: ['bank-card'] })).en).toMatch(
      /^"bank-card" stands for single cards .* --targets bank-card\/<reference>\.$/,
    );
    expect(refusalOf(() => preview({ targets: ['fax'] })).en).toMatch(/mijica-debit, bank-card\/<reference>\.$/);
  });

  test('shows the targets in the order of stopping', () => {
    expect(preview({ targets: ['mijica-transfer', 'mijica-web'] }).targets.map(({ target }) => target)).toEqual([
      'mijica-web',
      'mijica-transfer',
    ]);
  });

  test('gives a turn to the targets of a service that are not stopped all at once', () => {
    expect(stopTurns(documents, ['mijica-transfer', 'mijica-web', 'bank-card/AB-1'])).toEqual({
      'mijica-transfer': { service: 'mijica', order: 2 },
      'mijica-web': { service: 'mijica', order: 1 },
    });
    expect(stopTurns(documents, ['mijica-web', 'mijica-debit', 'bank-card/AB-1'])).toBeUndefined();
  });

  test('a restriction without a limit takes the one of the service map', () => {
    expect(preview({ measure: 'restrict' }).targets[0]!.limitYen).toBe(30_000);
    expect(preview({ measure: 'restrict', limitYen: 5_000 }).targets[0]!.limitYen).toBe(5_000);
  });

  test.each([
    ['an unknown function', { targets: ['mijica-fax'] }, 'mijica-fax'],
    ['an unknown control', { failedControl: 'magic' }, 'magic'],
    ['an unknown function to be reviewed', { alsoReview: ['mijica-fax'] }, 'mijica-fax'],
    ['a target named twice', { targets: ['mijica-web', 'mijica-web'] }, 'targets'],
    ['a card kind without the card', { targets: ['bank-card'] }, 'bank-card'],
    ['a function with a card reference', { targets: ['mijica-web/AB-1'] }, 'mijica-web/AB-1'],
  ])('%s is refused by name', (_, its, says) => {
    const sentence = refusalOf(() => preview(its));
    expectComplete(sentence);
    expect(sentence.en).toContain(says);
    expect(sentence.ja).toContain(says);
  });

  test('the terms name the functions that nothing may stop without a person', () => {
    expect(suspensionTerms(documents, JST, false)).toMatchObject({
      acts: true,
      policyVersion: 'policy-7',
      personOnly: ['mijica-debit'],
    });
    const alarming = { ...documents, policy: { ...policy, timeouts: 'alarm' } } as Documents;
    expect(suspensionTerms(alarming, JST, true)).toMatchObject({ acts: false, drill: true });
  });
});

describe('the service map', () => {
  test('finds a function, or one card of a kind', () => {
    expect(functionOf(services, 'mijica-web')).toMatchObject({ id: 'mijica-web', service: 'mijica' });
    expect(functionOf(services, 'bank-card/AB-1').id).toBe('bank-card');
    expect(functionsOf(services)).toHaveLength(4);
    expect(controlOf(services, 'card-pin').id).toBe('card-pin');
  });

  test('tells a function from others by its partner and its customers, for people and for connectors', () => {
    const told = structuredClone(document);
    Object.assign(told.services[0]!.functions[1]!, { partner: 'C1', segment: 'new', external: { code: 'WEB' } });
    const map = ServiceMapSchema.parse(told);
    const [target] = previewSuspension({ ...documents, services: map }, input({ targets: ['mijica-web'] })).targets;
    expect(target).toMatchObject({ partner: 'C1', segment: 'new' });
    expect(toldApart({ en: 'site', ja: 'サイト' }, target!)).toEqual({
      en: 'site (C1, new customers)',
      ja: 'サイト（C1、新規のお客さま）',
    });
    expect(outsideOf(functionOf(map, 'mijica-web'), 'mijica-web')).toEqual({
      id: 'mijica-web',
      external: { code: 'WEB' },
      partner: 'C1',
      segment: 'new',
    });
    const debit = outsideOf(functionOf(map, 'mijica-debit'), 'mijica-debit');
    expect(debit).toEqual({ id: 'mijica-debit', external: {}, segment: 'all' });
    expect(preview().targets[0]).not.toHaveProperty('segment');
  });

  test('knows which functions share a control', () => {
    expect(sharing(services, 'card-pin', ['bank-card']).map(({ id }) => id)).toEqual(['mijica-debit']);
  });

  test('in which a function stands twice, or names an unknown control, is refused', () => {
    const twice = structuredClone(document);
    twice.services[1]!.functions.push(fn('mijica-web'));
    expect(ServiceMapSchema.safeParse(twice).error!.issues[0]!.message).toContain('mijica-web stands twice');
    const unknown = structuredClone(document);
    unknown.services[1]!.functions.push(fn('atm', { controls: ['magic'] }));
    expect(ServiceMapSchema.safeParse(unknown).error!.issues[0]!.message).toContain('unknown control magic');
  });

  test('must say of every function whether it may be stopped without a person', () => {
    const unsaid = structuredClone(document);
    unsaid.services[1]!.functions.push(fn('atm', { autoStop: undefined }));
    expect(ServiceMapSchema.safeParse(unsaid).success).toBe(false);
  });
});

describe('the policy', () => {
  test('as the issue has it is right', () => {
    expect(PolicySchema.parse(policy)).toEqual(policy);
  });

  test.each([
    ['without a duty', { duties: { ...policy.duties, customerNotice: undefined } }],
    ['with a duration of months', { sweepEvery: 'P1M' }],
    [
      'with a night that begins at 25:00',
      { suspension: { ...policy.suspension, night: { from: '25:00', to: '07:00', until: '09:00' } } },
    ],
    ['with an unknown key', { liftAlone: true }],
    ['with another way of acting', { timeouts: 'maybe' }],
  ])('%s is refused', (_, change) => {
    expect(PolicySchema.safeParse({ ...policy, ...change }).success).toBe(false);
  });
});

test('a sweep writes down what it found, each finding once, with its task in both languages', () => {
  const now = at('2020-09-17T00:00:00Z');
  const found = sweepFindings(
    'guardSweep/1',
    {
      unread: ['mijica-web', 'mijica-transfer'],
      unreadable: ['mijica-transfer'],
      orphans: [
        { workflowId: 'suspension/B/x', incident: 'B', problem: 'NO_RUN' },
        { workflowId: 'suspension/B/y', incident: 'B', problem: 'STUCK' },
      ],
      unasked: [{ review: 'gapReview/starter-2020/2', why: { en: 'The calendar ends.', ja: '暦が終わっています。' } }],
      overdue: [
        {
          id: 'd-1',
          incident: 'B',
          workflowId: 'suspension/B/x',
          duty: 'disclosureDecision',
          owner: 'pr',
          due: at('2020-09-16T13:45:00Z'),
          arithmetic: '-',
        },
      ],
    },
    now,
  );
  expect(
    found.map(({ kind, sequence, effectiveAt, recordedAt }) => ({ kind, sequence, effectiveAt, recordedAt })),
  ).toEqual([
    { kind: 'alarm.dutyOverdue', sequence: 1, effectiveAt: '2020-09-16T13:45:00.000Z', recordedAt: now },
    { kind: 'alarm.orphan', sequence: 2, effectiveAt: now, recordedAt: now },
    { kind: 'alarm.stuck', sequence: 3, effectiveAt: now, recordedAt: now },
    { kind: 'alarm.gapListNotAsked', sequence: 4, effectiveAt: now, recordedAt: now },
    { kind: 'alarm.notReadable', sequence: 5, effectiveAt: now, recordedAt: now },
    { kind: 'alarm.notReadable', sequence: 6, effectiveAt: now, recordedAt: now },
  ]);
  for (const row of found.flatMap(({ rows }) => rows)) if (row.do === 'openTask') expectComplete(row.asks);
  expect(found[0]!.rows).toContainEqual({ do: 'dutyAlarmed', id: 'd-1' });
  expect(found[4]!.rows).toEqual([]);
  expect(found[5]!.rows).toMatchObject([{ subject: 'unreadable:mijica-transfer', roles: ['dutyOfficer'], call: true }]);
});
