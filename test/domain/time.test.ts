import fc from 'fast-check';
import { elapsed, ratification } from '../../src/domain/deadline.js';
import {
  durationMillis,
  DurationSchema,
  earliest,
  InstantSchema,
  instant,
  latest,
  localDate,
  localText,
  millis,
  PaceSchema,
  plus,
  type Duration,
  type Zone,
} from '../../src/domain/instant.js';
import { PolicySchema } from '../../src/domain/policy.js';
import { at, JST, policy } from './support.js';

const rule = { rule: 'test.rule', ruleVersion: 'v1', startEvent: 'lossConfirmed' };
const due = (start: string, zone = JST) =>
  ratification(rule, at(start), policy.suspension.ratifyWithin, policy.suspension.night, zone).at;

/** Berlin in 2020, by hand: CET until 29 March 01:00 UTC, CEST until 25 October 01:00 UTC. */
const BERLIN: Zone = {
  name: 'Europe/Berlin',
  offsets: [
    { from: at('2019-10-27T01:00:00Z'), minutes: 60 },
    { from: at('2020-03-29T01:00:00Z'), minutes: 120 },
    { from: at('2020-10-25T01:00:00Z'), minutes: 60 },
  ],
};

const anyInstant = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2090, 0, 1) }).map(instant);

describe('instants', () => {
  test('an instant with any offset is the same instant in UTC', () => {
    expect(InstantSchema.parse('2020-09-16T20:45:00+09:00')).toBe('2020-09-16T11:45:00.000Z');
    expect(InstantSchema.parse('2020-09-16T11:45:00Z')).toBe('2020-09-16T11:45:00.000Z');
  });

  test.each(['2020-09-16', '2020-09-16T20:45:00', '2020-02-30T00:00:00Z', 'yesterday', '2020-09-16T25:00:00Z', ''])(
    '%p is no instant',
    (text) => {
      expect(InstantSchema.safeParse(text).success).toBe(false);
    },
  );

  test('instants sort as text in the order of time, and plus moves by exactly the time given', () => {
    fc.assert(
      fc.property(anyInstant, anyInstant, fc.integer({ min: 0, max: 10 ** 10 }), (a, b, ms) => {
        expect(a < b).toBe(millis(a) < millis(b));
        expect(millis(plus(a, ms)) - millis(a)).toBe(ms);
        expect(earliest(undefined, b, null, a)).toBe(millis(a) < millis(b) ? a : b);
        expect(latest(a, b)).toBe(millis(a) < millis(b) ? b : a);
      }),
    );
  });

  test('the earliest of nothing is nothing', () => {
    expect(earliest(undefined, null)).toBeUndefined();
  });

  test.each([
    ['PT4H', 14_400_000],
    ['PT15M', 900_000],
    ['P7D', 604_800_000],
    ['P1DT2H3M4S', 93_784_000],
    ['PT0S', 0],
  ])('the duration %s is %d ms', (text, ms) => {
    expect(durationMillis(DurationSchema.parse(text))).toBe(ms);
  });

  test.each(['P', 'PT', 'P1DT', 'P1M', 'P1Y', '4H', 'PT-4H', 'PT1.5H', '', 'P99999999D'])(
    '%p is no duration',
    (text) => {
      expect(DurationSchema.safeParse(text).success).toBe(false);
    },
  );

  test('what is done again and again has a pause between', () => {
    expect(['PT0S', 'P0D', 'PT1S'].map((text) => PaceSchema.safeParse(text).success)).toEqual([false, false, true]);
    for (const [part, pace] of [
      ['containment', 'remindEvery'],
      ['suspension', 'callEvery'],
      ['suspension', 'readBackEvery'],
      ['inspection', 'mailRetryEvery'],
    ] as const)
      expect(PolicySchema.safeParse({ ...policy, [part]: { ...policy[part], [pace]: 'PT0S' } }).success).toBe(false);
    expect(PolicySchema.safeParse({ ...policy, sweepEvery: 'PT0S' }).success).toBe(false);
    expect(PolicySchema.safeParse(policy).success).toBe(true);
  });

  test('people in Japan read the time nine hours on, all year', () => {
    expect(localText(at('2020-09-16T11:45:00Z'), JST)).toBe('2020-09-16 20:45 +09:00');
    expect(localText(at('2020-12-31T15:00:00Z'), JST)).toBe('2021-01-01 00:00 +09:00');
    expect(localDate(at('2020-08-09T14:59:59Z'), JST)).toBe('2020-08-09');
    expect(localDate(at('2020-08-09T15:00:00Z'), JST)).toBe('2020-08-10');
  });

  test('where clocks change, the offset is the one of the instant', () => {
    expect(localText(at('2020-03-29T00:59:00Z'), BERLIN)).toBe('2020-03-29 01:59 +01:00');
    expect(localText(at('2020-03-29T01:00:00Z'), BERLIN)).toBe('2020-03-29 03:00 +02:00');
    expect(localText(at('2020-10-25T00:30:00Z'), BERLIN)).toBe('2020-10-25 02:30 +02:00');
    expect(localText(at('2020-10-25T01:30:00Z'), BERLIN)).toBe('2020-10-25 02:30 +01:00');
    expect(localText(at('1999-07-01T00:00:00Z'), BERLIN)).toBe('1999-07-01 01:00 +01:00');
  });

  test('a zone west of Greenwich with half an hour is shown with its sign', () => {
    const zone: Zone = { name: 'America/St_Johns', offsets: [{ from: at('2000-01-01T00:00:00Z'), minutes: -210 }] };
    expect(localText(at('2020-01-01T00:00:00Z'), zone)).toBe('2019-12-31 20:30 -03:30');
  });
});

describe('deadlines', () => {
  test('a loss confirmed on a Sunday before a holiday is due four hours later all the same', () => {
    const deadline = elapsed(rule, at('2020-08-09T10:00:00+09:00'), 'PT4H' as Duration, JST);
    expect(deadline.at).toBe('2020-08-09T05:00:00.000Z');
  });

  test('a deadline shows its rule, its version, its start and its arithmetic', () => {
    expect(elapsed(rule, at('2020-08-09T10:00:00+09:00'), 'PT4H' as Duration, JST)).toEqual({
      rule: 'test.rule',
      ruleVersion: 'v1',
      startEvent: 'lossConfirmed',
      start: '2020-08-09T01:00:00.000Z',
      counting: 'elapsed',
      firmness: 'target',
      at: '2020-08-09T05:00:00.000Z',
      arithmetic: '2020-08-09 10:00 +09:00 + PT4H = 2020-08-09 14:00 +09:00',
    });
  });

  test.each([
    [
      'a stop ordered at 23:10 need not be ratified before 09:00',
      '2020-09-16T23:10:00+09:00',
      '2020-09-17T09:00:00+09:00',
    ],
    ['a stop ordered at 22:00 sharp counts as one at night', '2020-09-16T22:00:00+09:00', '2020-09-17T09:00:00+09:00'],
    [
      'a stop ordered at 21:59 is ratified within four hours, at night',
      '2020-09-16T21:59:00+09:00',
      '2020-09-17T01:59:00+09:00',
    ],
    [
      'a stop ordered at 02:00 need not be ratified before 09:00',
      '2020-09-17T02:00:00+09:00',
      '2020-09-17T09:00:00+09:00',
    ],
    [
      'a stop ordered at 04:59 is ratified at 09:00, one minute after its four hours',
      '2020-09-17T04:59:00+09:00',
      '2020-09-17T09:00:00+09:00',
    ],
    [
      'a stop ordered at 06:59 has its four hours, which end after 09:00',
      '2020-09-17T06:59:00+09:00',
      '2020-09-17T10:59:00+09:00',
    ],
    ['a stop ordered at 07:00 is one by day', '2020-09-17T07:00:00+09:00', '2020-09-17T11:00:00+09:00'],
    ['a stop ordered at 20:45 is ratified by 00:45', '2020-09-16T20:45:00+09:00', '2020-09-17T00:45:00+09:00'],
  ])('%s', (_, start, expected) => {
    expect(due(start)).toBe(at(expected));
  });

  test('nine in the morning is nine in the morning, also after a night in which the clocks change', () => {
    expect(due('2020-03-28T23:00:00+01:00', BERLIN)).toBe(at('2020-03-29T09:00:00+02:00'));
    expect(due('2020-10-24T23:00:00+02:00', BERLIN)).toBe(at('2020-10-25T09:00:00+01:00'));
  });

  test('a night that does not pass midnight has its morning on the same day', () => {
    const night = { from: '01:00', to: '05:00', until: '09:00' };
    const of = (start: string) => ratification(rule, at(start), 'PT1H' as Duration, night, JST).at;
    expect(of('2020-09-17T02:00:00+09:00')).toBe(at('2020-09-17T09:00:00+09:00'));
    expect(of('2020-09-17T12:00:00+09:00')).toBe(at('2020-09-17T13:00:00+09:00'));
    expect(of('2020-09-17T00:30:00+09:00')).toBe(at('2020-09-17T01:30:00+09:00'));
  });

  test('ratification is never due earlier than four hours after the stop, nor later than the next 09:00 or those four hours', () => {
    fc.assert(
      fc.property(anyInstant, (start) => {
        const { at: when } = ratification(rule, start, 'PT4H' as Duration, policy.suspension.night, JST);
        const hours = (millis(when) - millis(start)) / 3_600_000;
        expect(hours).toBeGreaterThanOrEqual(4);
        expect(hours).toBeLessThanOrEqual(11);
      }),
    );
  });
});
