import type { Deadline } from '../../src/domain/deadline.js';
import { nextStrike, strike, type Watched } from '../../src/domain/deadline/watch.js';
import { examples } from '../../src/domain/examples.js';
import * as machine from '../../src/domain/improvement.js';
import {
  ImprovementInput,
  SUBJECTS,
  WAY,
  type ImprovementState,
  type MoveStageInput,
} from '../../src/domain/improvement.js';
import { parseInput } from '../../src/domain/input.js';
import { plus, type Duration } from '../../src/domain/instant.js';
import { improvementSays, improvementWords, subjectText } from '../../src/domain/wording/improvement.js';
import {
  at,
  authority,
  decision,
  DIGEST,
  expectComplete,
  JST,
  kinds,
  policy,
  refusalOf,
  rows,
  tasks,
} from './support.js';

const START = at('2020-11-09T15:00:00+09:00');
const day = (text: string, lastOpenDay = text): Deadline => ({
  rule: 'improvement.due',
  ruleVersion: '1',
  startEvent: 'improvementDueSet',
  start: START,
  counting: 'word',
  firmness: 'target',
  at: at(`${text}T23:59:59.999+09:00`),
  date: text,
  lastOpenDay,
  arithmetic: text,
});
const december: Watched = {
  due: day('2020-12-31', '2020-12-30'),
  reminders: [at('2020-12-02T09:00:00+09:00'), at('2020-12-16T09:00:00+09:00'), at('2020-12-23T09:00:00+09:00')],
  escalateAt: at('2021-01-04T09:00:00+09:00'),
  standing: 'ON_TRACK',
};
const march: Watched = { due: day('2021-03-31'), reminders: [], standing: 'ON_TRACK' };

const opened = (more: object = {}, watched: Watched | null = december) =>
  machine.openImprovement(
    'improvement/R2020/ivr-o1',
    {
      name: 'ivr-o1',
      input: ImprovementInput.parse({
        v: 1,
        round: 'R2020',
        units: ['o1'],
        subject: 'ivr-callback',
        by: 'provider-manager-1',
        reason: 'The balance check is to give way',
        ...more,
      }),
      ...(watched && { watched }),
      digest: DIGEST,
      terms: { policyVersion: 'p', acts: true, zone: JST, drill: false, inspection: policy.inspection },
    },
    START,
  );
const move = (state: ImprovementState, stage: MoveStageInput['stage']) =>
  machine.moveStage(state, { v: 1, by: 'provider-manager-1', stage, reason: 'So it was agreed' }, START);
const through = (state: ImprovementState, ...stages: MoveStageInput['stage'][]) =>
  stages.reduce((moved, stage) => move(moved, stage).state, state);
const decide = (state: ImprovementState, verdict: string, behind: readonly string[] = [], complete = true) =>
  machine.decideImprovement(
    state,
    decision(machine.improvementQuestions(state)[0]!, verdict, 'ciso-1'),
    authority(complete),
    behind,
    START,
  );
const row = (change: ReturnType<typeof opened>) => rows(change).find(({ do: what }) => what === 'noteImprovement');

describe('an improvement goes from talks to in force', () => {
  test('one stage after the other, and the register tells each', () => {
    const start = opened();
    expect(row(start)).toMatchObject({ stage: 'TALKS', units: ['o1'], date: '2020-12-31', lastOpenDay: '2020-12-30' });
    let { state } = start;
    for (const stage of ['AGREED', 'IN_PREPARATION', 'IN_FORCE'] as const) {
      const change = move(state, stage);
      expect(row(change)).toMatchObject({ stage });
      ({ state } = change);
    }
  });

  test('and skips none', () => {
    const sentence = refusalOf(() => move(opened().state, 'IN_FORCE'));
    expectComplete(sentence);
    expect(sentence.en).toContain('AGREED');
    expectComplete(refusalOf(() => move(through(opened().state, 'AGREED', 'IN_PREPARATION'), 'AGREED')));
  });

  test('told twice it moved once', () => {
    expect(move(through(opened().state, 'AGREED'), 'AGREED').entries).toEqual([]);
  });

  test('begins where more than talks is agreed already', () => {
    const state = opened({ subject: 'link-monitoring', stage: 'IN_PREPARATION' }).state;
    expect(machine.improvementOver(move(state, 'IN_FORCE').state)).toBe(true);
  });

  test('without a day nothing is reminded: to begin was all that was promised', () => {
    const change = opened({}, null);
    expect(row(change)).toMatchObject({ stage: 'TALKS', due: null, date: null, standing: null });
    expect(machine.nextImprovementClock(change.state)).toBeUndefined();
  });

  test('another improvement says what it is', () => {
    const raw = { v: 1, round: 'R2020', units: ['o1'], subject: 'other', by: 'ciso-1', reason: 'It is better' };
    expect(refusalOf(() => parseInput(ImprovementInput, raw, {})).en).toContain('"text"');
  });
});

describe('IVR call-back that is in force', () => {
  const inForce = () => move(through(opened().state, 'AGREED', 'IN_PREPARATION'), 'IN_FORCE');

  test('asks for the method in the list of units, and stays open until it is there', () => {
    const change = inForce();
    expect(tasks(change)).toMatchObject([{ subject: 'method', roles: ['providerManager', 'ciso'] }]);
    expect(machine.improvementOver(change.state)).toBe(false);
    const sentence = refusalOf(() => decide(change.state, 'changed', ['o1']));
    expectComplete(sentence);
    expect(sentence.en).toContain('o1');
    expect(machine.improvementOver(decide(change.state, 'changed').state)).toBe(true);
  });

  test.each(SUBJECTS.filter((subject) => subject !== 'ivr-callback'))('%s asks for no method', (subject) => {
    const state = opened({ subject, text: { ja: '改善', en: 'better' }, stage: 'IN_PREPARATION' }).state;
    expect(tasks(move(state, 'IN_FORCE'))).toEqual([]);
  });

  test('moves no more, is not given up, and has no other day', () => {
    const { state } = inForce();
    expectComplete(refusalOf(() => move(state, 'DROPPED')));
    expectComplete(refusalOf(() => machine.setDue(state, { v: 1, by: 'x', due: 'y', reason: 'zzz' }, march, START)));
  });
});

describe('giving an improvement up', () => {
  const proposed = () => move(opened().state, 'DROPPED');

  test('waits for a second person', () => {
    const change = proposed();
    expect(change.state).toMatchObject({ stage: 'TALKS', dropping: { by: 'provider-manager-1' } });
    expect(tasks(change)).toMatchObject([{ subject: 'drop', roles: ['ciso', 'incidentCommander'] }]);
    const dropped = decide(change.state, 'confirm');
    expect(dropped.state.stage).toBe('DROPPED');
    expect(machine.improvementOver(dropped.state)).toBe(true);
    expect(dropped.entries[0]!.content).toMatchObject({ by: 'ciso-1', proposedBy: 'provider-manager-1' });
  });

  test('returned it goes on; proposed again it is another question', () => {
    const first = machine.improvementQuestions(proposed().state)[0]!;
    const { state } = decide(proposed().state, 'return');
    expect(machine.improvementQuestions(state)).toEqual([]);
    expect(machine.improvementQuestions(move(state, 'DROPPED').state)[0]!.digest).not.toBe(first.digest);
  });

  test('is off the table when it moves on meanwhile', () => {
    expect(machine.improvementQuestions(move(proposed().state, 'AGREED').state)).toEqual([]);
  });
});

describe('its day', () => {
  test('is reminded of, missed, and escalated once', () => {
    let { state } = opened();
    const told: string[] = [];
    const end = plus(START, 'P365D' as Duration);
    for (let due = machine.nextImprovementClock(state); due && due <= end; due = machine.nextImprovementClock(state)) {
      const change = machine.improvementClock(state, due);
      expect(change.entries[0]!.effectiveAt).toBe(due);
      told.push(`${kinds(change).join()} ${change.state.watched!.standing}`);
      ({ state } = change);
    }
    expect(told).toEqual([
      'reminded ON_TRACK',
      'reminded ON_TRACK',
      'reminded AT_RISK',
      'alarm.improvementOverdue MISSED',
      'alarm.improvementEscalated MISSED',
    ]);
  });

  test('moved keeps the old one, and runs anew', () => {
    const setDue = (state: ImprovementState, to: Watched) =>
      machine.setDue(state, { v: 1, by: 'provider-manager-1', due: 'x', reason: 'They need longer' }, to, START);
    const later = setDue(opened().state, march);
    expect(kinds(later)).toEqual(['dueChanged']);
    expect(row(later)).toMatchObject({ date: '2021-03-31', earlier: ['2020-12-31'], standing: 'ON_TRACK' });
    expect(row(setDue(later.state, december))).toMatchObject({ earlier: ['2020-12-31', '2021-03-31'] });
  });

  test('is met when it comes into force before it, and stays missed when after it', () => {
    const ready = { subject: 'link-letter', stage: 'IN_PREPARATION' };
    expect(row(move(opened(ready).state, 'IN_FORCE'))).toMatchObject({ standing: 'MET' });
    const missed = opened(ready, { ...december, reminders: [], standing: 'MISSED' }).state;
    expect(row(move(missed, 'IN_FORCE'))).toMatchObject({ standing: 'MISSED' });
    expect(machine.nextImprovementClock(move(missed, 'IN_FORCE').state)).toBeUndefined();
  });

  test('strikes at the very instant at which it is waited for', () => {
    for (let watched: Watched | null = december; watched;) {
      const due = nextStrike(watched);
      if (due === undefined) break;
      expect(strike(watched, plus(due, -1))).toBeUndefined();
      const struck = strike(watched, due);
      expect(struck).toBeDefined();
      ({ watched } = struck!);
    }
  });
});

test.each([
  ['improvement', ImprovementInput],
  ['moveStage', machine.MoveStageInput],
  ['setDue', machine.SetDueInput],
] as const)('the example of %s is a right one', (name, schema) => {
  expect(schema.safeParse(examples[name]).error).toBeUndefined();
});

test('the balance checks in talks on IVR are counted by unit, and only while the talks go on', () => {
  const methods: Record<string, string[]> = { o1: ['balance-check'], c1: ['ivr-callback'] };
  const count = (stage: string, subject = 'ivr-callback') =>
    machine.inTalksOnIvr([{ subject, stage, units: ['o1', 'c1', 'n1'] }], (unit) => methods[unit] ?? []);
  expect(count('TALKS')).toEqual(['o1']);
  expect(count('AGREED')).toEqual([]);
  expect(count('TALKS', 'link-monitoring')).toEqual([]);
});

test('every sentence is complete in both languages, with many units too', () => {
  const units = Array.from({ length: 25 }, (_unit, n) => `n${n + 1}`);
  for (const state of [opened().state, opened({ units }).state, move(opened().state, 'DROPPED').state]) {
    const { methodBehind, notNext, ...words } = improvementWords(state);
    for (const sentence of Object.values(words)) expectComplete(sentence);
    expectComplete(methodBehind(['o1']));
    for (const stage of WAY) expectComplete(notNext(stage));
    expectComplete(improvementSays(state));
  }
  for (const subject of SUBJECTS) expectComplete(subjectText(subject));
});
