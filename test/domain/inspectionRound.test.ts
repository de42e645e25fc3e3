import path from 'node:path';
import fc from 'fast-check';
import { PROJECT_ROOT } from '../../src/config.js';
import { CalendarSchema } from '../../src/domain/calendar.js';
import { resolve } from '../../src/domain/deadline/resolve.js';
import { parseRule } from '../../src/domain/deadline/rule.js';
import { compose, gapList, type Checklist } from '../../src/domain/framework.js';
import * as machine from '../../src/domain/inspectionRound.js';
import { InspectionRoundInput, type RoundState } from '../../src/domain/inspectionRound.js';
import { HOUR, plus, type Instant } from '../../src/domain/instant.js';
import { isInspected, PUBLISHED_RESULTS, type PublishedResult } from '../../src/domain/providerInspection.js';
import * as inspection from '../../src/domain/providerInspection.js';
import { readPlaybook } from '../../src/store/documents.js';
import { authorise } from '../../src/domain/roster.js';
import type { Sentence } from '../../src/domain/sentence.js';
import type { Change } from '../../src/domain/transition.js';
import { roundStanding, roundTables } from '../../src/domain/wording/inspectionRound.js';
import { readFamily } from '../../src/store/playbookFiles.js';
import { decide as decideUnit, opened as openedUnit, strike, asked, terms } from './inspectionSupport.js';
import { at, authority, decision, DIGEST, expectComplete, JST, kinds, policy, refusalOf, tasks } from './support.js';

const calendars = await readFamily(CalendarSchema, [path.join(PROJECT_ROOT, 'calendars')]);
const example = await readPlaybook(path.join(PROJECT_ROOT, 'playbooks', 'example'));

const ID = 'inspectionRound/R2020';
/** Thursday, the day of the press conference (D-12). */
const NOW = at('2020-09-24T10:00:00+09:00');
const PUBLISHED = at('2020-11-09T15:00:00+09:00');
const UNITS = ['c1', 'c2', 'o1', 'n1'];
const GROUPS = [
  { name: { ja: 'コード決済', en: 'Code | payment' }, units: ['c1', 'c2'] },
  { name: { ja: 'その他決済', en: 'Other payment' }, units: ['o1'] },
  { name: { ja: '決済以外', en: 'Non-payment' }, units: ['n1'] },
  { name: { ja: '自行', en: 'Own' }, units: [] },
];

const rule = (more: object) =>
  parseRule({ v: 1, rule: 'test', ruleVersion: '1', startEvent: 'planned', firmness: 'target', ...more });

function planned(units: readonly string[] = UNITS, all = false, now = NOW): Change<RoundState> {
  const { inspection: its } = policy;
  const days = { counting: 'business-days', days: its.approveWithin, calendar: its.calendar };
  return machine.planRound(
    ID,
    {
      input: InspectionRoundInput.parse({
        v: 1,
        round: 'R2020',
        title: { ja: '総点検', en: 'Inspection' },
        by: 'provider-manager-1',
        reason: 'Led by the president',
        target: '10月末',
        ...(!all && { units }),
      }),
      units,
      groups: GROUPS,
      basis: {},
      target: resolve(rule({ counting: 'word', word: '10月末', calendar: its.calendar }), now, calendars, JST),
      approval: resolve(rule(days), now, calendars, JST),
      digest: DIGEST,
      terms,
    },
    now,
  );
}

function answer(state: RoundState, subject: string, verdict: string, now: Instant = NOW, by = 'commander-1') {
  const question = machine.roundQuestions(state).find((each) => each.subject === subject)!;
  return machine.decideRound(state, decision(question, verdict, by), authority(), now);
}

const opened = (units: readonly string[] = UNITS): RoundState => answer(planned(units).state, 'open', 'open').state;

const move = (state: RoundState, unit: string, result: PublishedResult, now = NOW) =>
  machine.unitMoved(state, { v: 1, unit, result }, now);

const moved = (state: RoundState, results: readonly (readonly [string, PublishedResult])[]) =>
  results.reduce((is, [unit, result]) => move(is, unit, result).state, state);

let digests = 0;
function proposed(state: RoundState, now = NOW, incomplete = machine.incompleteUnits(state)) {
  return machine.proposeReport(state, 'provider-manager-1', { digest: `report-${++digests}`, incomplete }, now);
}

const published = (state: RoundState, now = PUBLISHED) => answer(proposed(state, now).state, 'report', 'publish', now);

/** What the clock of the round does until an instant, one stroke after another, as its workflow does it. */
function pass(state: RoundState, until: Instant, slipDays = 0): Change<RoundState> {
  let is = state;
  const entries: Change<RoundState>['entries'][number][] = [];
  for (let strokes = 0; strokes < 20; strokes++) {
    const due = machine.roundClock(is);
    if (due === undefined || due > until) return { state: is, entries };
    const change =
      is.phase === 'PLANNED'
        ? machine.approvalLate(is)
        : is.warnings[0] === due
          ? machine.warn(is, { date: slipDays > 0 ? '2020-11-09' : '2020-10-30', slipDays, by: ['c2'] })
          : machine.targetMissed(is);
    is = change.state;
    entries.push(...change.entries);
  }
  throw new Error('the clock never comes to rest');
}

/** Settled for good, or at least as people read it: DOMAIN 1.7. */
const DONE = PUBLISHED_RESULTS.filter(isInspected);
const ON_THE_WAY = PUBLISHED_RESULTS.filter((result) => !isInspected(result));
const anyUnit = fc.constantFrom(...UNITS);
const anyResult = fc.constantFrom(...PUBLISHED_RESULTS);
const anyMoves = fc.array(fc.tuple(anyUnit, anyResult), { maxLength: 30 });

describe('planning', () => {
  test('the end of October is a Saturday, and its last bank day the Friday before (D-15)', () => {
    const { target } = planned().state;
    expect([target.date, target.lastOpenDay, target.at]).toEqual([
      '2020-10-31',
      '2020-10-30',
      at('2020-10-31T23:59:59.999+09:00'),
    ]);
  });

  test('a plan waits three bank days for its approval; nobody is asked meanwhile', () => {
    const { state } = planned();
    // Thursday: Friday, Monday, Tuesday.
    expect(state.approval.at).toBe(at('2020-09-29T23:59:59.999+09:00'));
    expect([state.phase, state.started, machine.isRunning(state)]).toEqual(['PLANNED', false, false]);
    expect(machine.incompleteUnits(state)).toEqual(['c1', 'c2', 'n1', 'o1']);
    expect(machine.roundQuestions(state)).toMatchObject([{ subject: 'open', verdicts: ['open', 'refuse'] }]);
  });

  test('an approval that does not come is told of once, and is marked late when it comes', () => {
    const { state } = planned();
    expect(pass(state, state.approval.at).entries).toEqual([]);
    const late = pass(state, plus(state.approval.at, 1));
    expect(kinds(late)).toEqual(['alarm.planNotApproved']);
    expect(pass(late.state, PUBLISHED).entries).toEqual([]);
    expect(machine.approvalLate(late.state).entries).toEqual([]);
    const after = answer(late.state, 'open', 'open', plus(state.approval.at, HOUR));
    expect(after.state.phase).toBe('OPEN');
    expect(after.entries[0]!.content).toMatchObject({ late: true });
  });

  test('a plan that is refused asks nobody and never strikes', () => {
    const { state } = answer(planned().state, 'open', 'refuse');
    expect([state.phase, machine.roundOver(state), machine.roundClock(state)]).toEqual(['REFUSED', true, undefined]);
    expect(machine.roundQuestions(state)).toEqual([]);
    expectComplete(refusalOf(() => proposed(state)));
  });
});

describe('opening', () => {
  test('is decided by the lead alone, on exactly the plan that was shown', () => {
    const { state } = planned();
    const [question] = machine.roundQuestions(state);
    const other = { ...decision(question!, 'open'), digest: 'f'.repeat(32) };
    expectComplete(refusalOf(() => machine.decideRound(state, other, authority(), NOW)));
    expect(opened()).toMatchObject({ phase: 'OPEN', openedAt: NOW });
  });

  test('units that cannot be asked stay in the round, incomplete and named', () => {
    const why = { en: 'Nobody is named as contact.', ja: '連絡先がありません。' };
    const change = machine.roundStarted(opened(), { refused: { o1: why }, unplanned: [] }, NOW);
    expect(kinds(change)).toEqual(['inspectionsStarted', 'alarm.unitsNotAsked']);
    expect(change.entries[0]!.content).toEqual({ units: 3 });
    expect(change.entries[1]!.content).toMatchObject({ units: ['o1'] });
    expect(machine.incompleteUnits(change.state)).toContain('o1');
  });

  test('units that came after the plan are named only where all were meant', () => {
    const later = { refused: {}, unplanned: ['c9'] };
    const all = answer(planned(UNITS, true).state, 'open', 'open').state;
    expect(kinds(machine.roundStarted(all, later, NOW))).toEqual(['inspectionsStarted', 'alarm.unitsNotPlanned']);
    expect(kinds(machine.roundStarted(opened(), later, NOW))).toEqual(['inspectionsStarted']);
  });
});

describe('warnings', () => {
  // 902 hours from 09-24 10:00 to the end of 10-31: after 451, 676.5 and 811.8 of them.
  const MARKS = ['2020-10-13T05:00+09:00', '2020-10-22T14:30+09:00', '2020-10-28T05:48+09:00'].map(at);
  const near = (told: readonly Instant[]) =>
    told.map((each, index) => Math.abs(Date.parse(each) - Date.parse(MARKS[index]!)) <= 1);

  test('come at 50, 75 and 90 % of the time', () => {
    expect(opened().warnings).toHaveLength(3);
    expect(near(opened().warnings)).toEqual([true, true, true]);
  });

  test('come once each, however often and unevenly the clock is looked at, and with or without a slip', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60 * 24 }), { maxLength: 40 }), fc.nat(20), (hours, slipDays) => {
        let is = opened();
        const told: { kind: string; effectiveAt: Instant }[] = [];
        for (const hour of [...hours.sort((a, b) => a - b), 60 * 24]) {
          const change = pass(is, plus(NOW, hour * HOUR), slipDays);
          is = change.state;
          told.push(...change.entries);
        }
        const warned = told.filter(({ kind }) => kind === 'onTrack' || kind === 'alarm.roundWillSlip');
        expect(near(warned.map(({ effectiveAt }) => effectiveAt))).toEqual([true, true, true]);
        expect(told.at(-1)!.kind).toBe('alarm.roundTargetMissed');
        expect(told).toHaveLength(4);
        expect(machine.roundClock(is)).toBeUndefined();
      }),
    );
  });

  test('that find everything in time call nobody; a slip calls for the lead, before the target', () => {
    const state = opened();
    const fine = machine.warn(state, { date: '2020-10-31', slipDays: 0, by: ['c2'] });
    expect([kinds(fine), tasks(fine)]).toEqual([['onTrack'], []]);
    const slipping = machine.warn(fine.state, { date: '2020-11-09', slipDays: 9, by: ['c2'] });
    expect(kinds(slipping)).toEqual(['alarm.roundWillSlip']);
    expect(slipping.entries[0]!.effectiveAt < state.target.at).toBe(true);
    expect(slipping.state.predicted).toEqual({ date: '2020-11-09', slipDays: 9, by: ['c2'] });
    const [task] = tasks(slipping) as { asks: Sentence; roles: readonly string[] }[];
    expect(task!.roles).toContain('incidentCommander');
    expect(task!.asks.en).toContain('9 calendar days late (c2)');
    expectComplete(task!.asks);
  });

  test('are over with the round, and none is left of a plan that was opened after its target', () => {
    const closed = answer(published(opened(), NOW).state, 'close', 'close').state;
    expect(machine.roundClock(closed)).toBeUndefined();
    const late = answer(planned().state, 'open', 'open', at('2020-11-01T00:00+09:00')).state;
    expect(late.warnings).toEqual([]);
    expect(kinds(pass(late, PUBLISHED))).toEqual(['alarm.roundTargetMissed']);
  });
});

describe('the predicted end', () => {
  const bank = calendars['japan-bank']!;
  const predict = (
    units: readonly { unit?: string; phase: string; due?: string }[],
    now = at('2020-10-22T14:30+09:00'),
  ) =>
    machine.predictEnd(
      units.map(({ unit = 'c1', phase, due }) => ({ unit, phase, nextDue: due === undefined ? null : at(due) })),
      { target: '2020-10-31', at: now, zone: JST, calendar: bank, inspection: policy.inspection },
    );

  // Ten bank days to answer, five to escalate, five to evaluate (DOMAIN 3.3); 11-03 is a holiday (DOMAIN 2.2).
  test.each([
    // 10-22 is a Thursday. Asked until Friday 10-23, then five bank days: 26, 27, 28, 29, 30.
    ['asked', { phase: 'REQUESTED', due: '2020-10-23T23:59:59+09:00' }, '2020-10-30', 0],
    // Evaluators have until the due day that runs.
    ['answered', { phase: 'ANSWERED', due: '2020-10-27T23:59:59+09:00' }, '2020-10-27', 0],
    ['inspected again', { phase: 'RE_INSPECTION', due: '2020-11-04T23:59:59+09:00' }, '2020-11-04', 4],
    // A discussion until 11-02, then 11-04, 05, 06, 09, 10: the third is a holiday.
    ['in discussion', { phase: 'UNDER_DISCUSSION', due: '2020-11-02T23:59:59+09:00' }, '2020-11-10', 10],
    // What is overdue counts from today: 23, 26, 27, 28, 29 and 30, 11-02, 04, 05, 06.
    ['overdue', { phase: 'OVERDUE', due: '2020-10-20T23:59:59+09:00' }, '2020-11-06', 6],
    // Ten: 23, 26 to 30, 11-02, 04, 05, 06; five: 09 to 13.
    ['escalated', { phase: 'ESCALATED' }, '2020-11-13', 13],
  ])('of a unit that is %s', (_stage, unit, date, slipDays) => {
    expect(predict([unit])).toEqual({ date, slipDays, by: ['c1'] });
  });

  test('is that of the last units, which are named; with none left it is today', () => {
    const last = { phase: 'UNDER_DISCUSSION', due: '2020-11-02T23:59:59+09:00' };
    const units = [
      { unit: 'o1', ...last },
      { unit: 'c1', phase: 'REQUESTED', due: '2020-10-23T23:59:59+09:00' },
      { unit: 'c2', ...last },
    ];
    expect(predict(units)).toEqual({ date: '2020-11-10', slipDays: 10, by: ['o1', 'c2'] });
    expect(predict([])).toEqual({ date: '2020-10-22', slipDays: 0, by: [] });
  });

  test('never comes nearer when another unit is open, and never lies in the past', () => {
    const phase = fc.constantFrom('REQUESTED', 'OVERDUE', 'ANSWERED', 'ESCALATED', 'UNDER_DISCUSSION');
    const due = fc.option(
      fc.integer({ min: 1, max: 30 }).map((day) => `2020-10-${String(day).padStart(2, '0')}T12:00Z`),
    );
    const unit = fc.record({ phase, due }).map((one) => ({ phase: one.phase, ...(one.due && { due: one.due }) }));
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 8 }), unit, (units, more) => {
        const before = predict(units);
        const after = predict([...units, more]);
        expect(after.date >= before.date && before.date >= '2020-10-22').toBe(true);
        expect(after.slipDays).toBeGreaterThanOrEqual(before.slipDays);
      }),
    );
  });
});

describe('units that move', () => {
  test('lead to the same round in any order, and as often as it is told', () => {
    const results = fc.tuple(...UNITS.map(() => anyResult));
    const orders = fc.array(fc.nat(UNITS.length - 1), { maxLength: 20 });
    fc.assert(
      fc.property(results, orders, (final, order) => {
        const last = UNITS.map((unit, index) => [unit, final[index]!] as const);
        const straight = moved(opened(), last);
        // Everything once more in any order and number, then once from the back.
        const mixed = moved(opened(), [...order.map((index) => last[index]!), ...last.toReversed()]);
        expect([mixed.units, mixed.phase]).toEqual([straight.units, straight.phase]);
      }),
    );
  });

  test('are heard in their order: what comes late or again changes nothing', () => {
    const told = fc.array(fc.tuple(fc.constantFrom('c1', 'c2'), fc.integer({ min: 1, max: 8 })));
    // What each inspection says at each of its steps.
    const said = fc.array(anyResult, { minLength: 9, maxLength: 9 });
    fc.assert(
      fc.property(said, told, (results, moves) => {
        let is = opened();
        let latest: Record<string, number> = {};
        for (const [unit, sequence] of moves) {
          const change = machine.unitMoved(is, { v: 1, unit, result: results[sequence]!, sequence }, NOW);
          const late = sequence <= (latest[unit] ?? 0);
          if (late) expect(change).toEqual({ state: is, entries: [] });
          else latest = { ...latest, [unit]: sequence };
          is = change.state;
        }
        for (const [unit, sequence] of Object.entries(latest)) expect(is.units[unit]).toBe(results[sequence]);
      }),
    );
  });

  test('are written once: the same result told again is no news', () => {
    fc.assert(
      fc.property(anyMoves, (moves) => {
        let is = opened();
        let entries = 0;
        for (const [unit, result] of moves) {
          const news = is.units[unit] !== result;
          const change = move(is, unit, result);
          expect(change.entries).toHaveLength(news ? 1 : 0);
          is = change.state;
          entries += change.entries.length;
          expect(move(is, unit, result)).toEqual({ state: is, entries: [] });
        }
        expect(entries).toBeLessThanOrEqual(moves.length);
      }),
    );
  });

  test('take the round along: all answered, evaluated, and back when a result is reopened', () => {
    let is = moved(opened(), [
      ['c1', 'SATISFIED'],
      ['c2', 'UNDER_EVALUATION'],
      ['o1', 'UNDER_DISCUSSION'],
    ]);
    expect(is.phase).toBe('OPEN');
    is = moved(is, [['n1', 'NOT_APPLICABLE']]);
    expect([is.phase, machine.incompleteUnits(is)]).toEqual(['ALL_ANSWERED', ['c2', 'o1']]);
    // A promise to mend and a failure are results (S2 prints both).
    is = moved(is, [
      ['c2', 'REMEDIATION_COMMITTED'],
      ['o1', 'NOT_SATISFIED'],
    ]);
    expect([is.phase, machine.incompleteUnits(is)]).toEqual(['EVALUATED', []]);
    expect(moved(is, [['c1', 'UNDER_EVALUATION']]).phase).toBe('ALL_ANSWERED');
    expect(moved(is, [['c1', 'NOT_ANSWERED']]).phase).toBe('OPEN');
  });

  test('which the plan does not name widen the round, on record', () => {
    const change = move(opened(), 'c9', 'NOT_ANSWERED');
    expect(kinds(change)).toEqual(['unitAdded']);
    expect(machine.incompleteUnits(change.state)).toContain('c9');
    expect(kinds(move(change.state, 'c9', 'SATISFIED'))).toEqual(['unitMoved']);
  });

  test('never take a report back: a round that reported stays so', () => {
    fc.assert(
      fc.property(anyMoves, anyMoves, (before, after) => {
        const reported = published(moved(opened(), before)).state;
        expect(moved(reported, after).phase).toBe('REPORTED');
      }),
    );
  });

  test('show in the standing of the round, complete in both languages at any time', () => {
    fc.assert(
      fc.property(anyMoves, (moves) => {
        const is = moved(opened(), moves);
        const incomplete = UNITS.filter((unit) => ON_THE_WAY.includes(is.units[unit]!));
        const { en, ja } = roundStanding(is);
        expectComplete({ en: en.trim(), ja });
        expect(en).toContain(`${UNITS.length - incomplete.length} of ${UNITS.length} units`);
        for (const unit of incomplete) expect([en.includes(unit), ja.includes(unit)]).toEqual([true, true]);
      }),
    );
  });
});

describe('the tables of the standing', () => {
  const due = (state: RoundState, unit: string, day: string, result: PublishedResult = 'NOT_ANSWERED') =>
    machine.unitMoved(state, { v: 1, unit, result, due: at(`${day}T23:59:59.999+09:00`) }, NOW);
  const lines = (state: RoundState, now: Instant) =>
    roundTables(state, now)
      .split('\n')
      .filter((line) => /^\|/.test(line));

  test('count results by group, as the release prints them', () => {
    const state = moved({ ...opened(), basis: { c1: 'AFTER_HARDENING', c2: 'AS_IS', o1: 'AFTER_HARDENING' } }, [
      ['c1', 'SATISFIED'],
      ['n1', 'NOT_APPLICABLE'],
      ['later', 'UNDER_DISCUSSION'],
    ]);
    expect(lines(state, NOW)).toEqual([
      '|  | basis ／ 基準 | not answered ／ 未回答 | under discussion ／ 協議中 | satisfied ／ 充足 | not applicable ／ 該当項目なし | total ／ 合計 |',
      '| --- | --- | --- | --- | --- | --- | --- |',
      '| Code \\| payment ／ コード決済 | after hardening, as is ／ 強化後、強化前 | 1 | 0 | 1 | 0 | 2 |',
      '| Other payment ／ その他決済 | after hardening ／ 強化後 | 1 | 0 | 0 | 0 | 1 |',
      '| Non-payment ／ 決済以外 | not stated ／ 基準の記載なし | 0 | 0 | 0 | 1 | 1 |',
      '| other ／ その他 | not stated ／ 基準の記載なし | 0 | 1 | 0 | 0 | 1 |',
      '| total ／ 合計 | after hardening, as is, not stated ／ 強化後、強化前、基準の記載なし | 2 | 1 | 1 | 1 | 5 |',
    ]);
  });

  test('list what is due next, whoever is late first, with the days since', () => {
    let state = due({ ...opened(), basis: { o1: 'AFTER_HARDENING' } }, 'c2', '2020-10-23').state;
    state = due(state, 'o1', '2020-10-08').state;
    state = due(state, 'c1', '2020-10-15', 'UNDER_EVALUATION').state;
    const now = at('2020-10-15T09:00+09:00');
    expect(lines(state, now).slice(-4)).toEqual([
      '| --- | --- | --- | --- | --- |',
      '| o1 | not answered ／ 未回答 | after hardening ／ 強化後 | 2020-10-08 23:59 +09:00 | 7 |',
      '| c1 | under evaluation ／ 評価中 | not stated ／ 基準の記載なし | 2020-10-15 23:59 +09:00 | - |',
      '| c2 | not answered ／ 未回答 | not stated ／ 基準の記載なし | 2020-10-23 23:59 +09:00 | - |',
    ]);
    expect(roundTables(state, now)).toContain('as of 2020-10-15 09:00 +09:00');
    state = move(state, 'o1', 'SATISFIED').state;
    expect(lines(state, now).slice(-3)[0]).toBe('| --- | --- | --- | --- | --- |');
  });

  test('name only the first of many, and where the rest stands', () => {
    const many = Array.from({ length: 1000 }, (_, index) => `u${String(index).padStart(4, '0')}`);
    const state = many.reduce((is, unit) => due(is, unit, '2020-10-08').state, opened(many));
    const text = roundTables(state, NOW);
    expect(text.match(/^\| u\d+/gm)).toHaveLength(30);
    expect(text).toMatch(/\+ 970 .*npx hikeshi round status R2020/);
  });

  test('what a unit owes next is no news of the round: nothing is written for it', () => {
    const change = due(opened(), 'c1', '2020-10-08');
    expect([change.entries, change.state.dues]).toEqual([[], { c1: at('2020-10-08T23:59:59.999+09:00') }]);
    expect(move(change.state, 'c1', 'NOT_ANSWERED').state.dues).toEqual({});
  });

  test('are there for a round of before groups were kept', () => {
    const { groups: _groups, ...old } = opened();
    expect(lines(old, NOW).at(-1)).toBe('| total ／ 合計 | not stated ／ 基準の記載なし | 4 | 4 |');
  });
});

describe('reporting', () => {
  test('names exactly the units without a result, at any moment (K-16)', () => {
    fc.assert(
      fc.property(anyMoves, (moves) => {
        const is = moved(opened(), moves);
        const open = UNITS.filter((unit) => !DONE.includes(is.units[unit]!)).sort();
        const change = published(is);
        expect(change.entries[0]!.content).toMatchObject({ incomplete: open });
        expect(change.state.phase).toBe('REPORTED');
        const asks = machine.roundQuestions(proposed(is).state).find(({ subject }) => subject === 'report')!.asks;
        expectComplete(asks);
        for (const unit of open) expect(asks.en).toContain(unit);
      }),
    );
  });

  test('the target of 10-31, published on 11-09, slipped by nine calendar days', () => {
    expect(published(opened()).state.slipDays).toBe(9);
  });

  test.each([
    ['2020-10-13T12:00+09:00', 0],
    ['2020-10-31T23:59+09:00', 0],
    ['2020-11-01T00:00+09:00', 1],
    // Still the first of November in London.
    ['2020-11-02T08:00+09:00', 2],
  ])('a report of %s is %i days late, by the days of Japan', (instant, days) => {
    expect(published(opened(), at(instant)).state.slipDays).toBe(days);
  });

  test('a part reported in time does not meet the target; all of it does', () => {
    const early = at('2020-10-30T15:00+09:00');
    expect(kinds(pass(published(opened(), early).state, PUBLISHED)).at(-1)).toBe('alarm.roundTargetMissed');
    const whole = moved(
      opened(),
      UNITS.map((unit) => [unit, 'SATISFIED'] as const),
    );
    expect(kinds(pass(published(whole, early).state, PUBLISHED))).not.toContain('alarm.roundTargetMissed');
  });

  test('what waits for its release is void as soon as a unit moves', () => {
    const waiting = proposed(moved(opened(), [['c1', 'SATISFIED']])).state;
    const question = machine.roundQuestions(waiting).find(({ subject }) => subject === 'report')!;
    const change = move(waiting, 'c2', 'SATISFIED');
    expect(change.entries[0]!.content).toMatchObject({ outdates: question.digest });
    const old = decision(question, 'publish');
    expectComplete(refusalOf(() => machine.decideRound(change.state, old, authority(), NOW)));
    const [task] = tasks(change) as { asks: Sentence }[];
    expectComplete(task!.asks);
  });

  test('what was returned is not released, and can be proposed again under another digest', () => {
    const first = proposed(opened()).state;
    const back = answer(first, 'report', 'return').state;
    expect([back.phase, back.reports, back.proposed]).toEqual(['OPEN', 0, undefined]);
    const again = proposed(back).state;
    expect([again.proposals, again.proposed!.digest === first.proposed!.digest]).toEqual([2, false]);
  });

  test('can be done again when more units have a result', () => {
    const once = published(opened()).state;
    const twice = published(moved(once, [['c1', 'SATISFIED']]), plus(PUBLISHED, HOUR));
    expect(twice.state.reports).toBe(2);
    expect(twice.entries[0]!.content).toMatchObject({ incomplete: ['c2', 'n1', 'o1'] });
  });

  test('the part of one who must agree first releases nothing', () => {
    const waiting = proposed(opened()).state;
    const question = machine.roundQuestions(waiting).find(({ subject }) => subject === 'report')!;
    const voted = machine.decideRound(waiting, decision(question, 'publish'), authority(false), NOW);
    expect([kinds(voted), voted.state.phase, voted.state.reports]).toEqual([['voted'], 'OPEN', 0]);
  });
});

describe('who may', () => {
  /** Everybody of the roster who may do this to a round that another one proposed. */
  const allowed = (subject: string, verdict: string) =>
    example.roster.people
      .map(({ id }) => id)
      .filter((by) => {
        try {
          authorise(example.roster, example.decisions, {
            rule: `inspectionRound.${subject}`,
            verdict,
            by,
            at: NOW,
            proposer: 'somebody-else',
            votes: [],
          });
          return true;
        } catch {
          return false;
        }
      });
  const holding = (...roles: string[]) =>
    example.roster.people.filter((person) => person.roles.some((role) => roles.includes(role))).map(({ id }) => id);

  test.each(['open', 'report', 'close'])(
    '%s a round: the lead of the task force, nobody else of the roster',
    (subject) => {
      const verdict = { open: 'open', report: 'publish', close: 'close' }[subject]!;
      expect(allowed(subject, verdict)).toEqual(holding('incidentCommander'));
    },
  );

  test('propose a report: the provider manager or the CISO', () => {
    expect(allowed('proposeReport', 'propose')).toEqual(holding('providerManager', 'ciso'));
  });

  test.each(['open', 'report'])('not the one who proposed it, to %s', (subject) => {
    const lead = holding('incidentCommander')[0]!;
    const itself = () =>
      authorise(example.roster, example.decisions, {
        rule: `inspectionRound.${subject}`,
        verdict: subject === 'open' ? 'open' : 'publish',
        by: lead,
        at: NOW,
        proposer: lead,
        votes: [],
      });
    expectComplete(refusalOf(itself));
  });
});

describe('closing', () => {
  test('comes after a report only, and ends clocks, questions and reports', () => {
    const open = opened();
    expect(machine.roundQuestions(open)).toEqual([]);
    const reported = published(open).state;
    const closed = answer(reported, 'close', 'close').state;
    expect([closed.phase, machine.roundOver(closed), machine.roundQuestions(closed)]).toEqual(['CLOSED', true, []]);
    expectComplete(refusalOf(() => proposed(closed)));
  });

  test('needs the last report: the question of before it fits no more', () => {
    const once = published(opened()).state;
    const question = machine.roundQuestions(once).find(({ subject }) => subject === 'close')!;
    const twice = published(once).state;
    expectComplete(refusalOf(() => machine.decideRound(twice, decision(question, 'close'), authority(), PUBLISHED)));
  });

  test('ends what is settled; a unit that failed goes on until it is mended (C-24)', () => {
    const settled = inspection.roundClosed(decideUnit(openedUnit({}), 'notApplicable', 'confirm'), PUBLISHED).state;
    expect(inspection.closeIfSettled(settled, PUBLISHED).state).toMatchObject({
      phase: 'CLOSED',
      closedAs: 'NOT_APPLICABLE',
    });
    const escalated = strike(asked(), plus(NOW, 20 * 24 * HOUR)).state;
    const failed = decideUnit(escalated, 'escalation', 'not-satisfied', NOW, 'commander-1');
    const alone = inspection.roundClosed(failed, PUBLISHED).state;
    expect(inspection.closeIfSettled(alone, PUBLISHED)).toEqual({ state: alone, entries: [] });
    expect([alone.phase, inspection.inspectionOver(alone)]).toEqual(['NOT_SATISFIED', false]);
  });
});

describe('a newer framework version under a round', () => {
  const starter = example.frameworks['starter-2020']!;
  const [first] = starter.items;
  const added = { ...first!, id: 'added-later', class: 'mandatory' as const, phase: 5 as const, protects: [] };
  const { appliesIf: _always, askIf: _ever, ...everywhere } = added;
  const [before, after] = [starter, { ...starter, version: 'starter-9', items: [...starter.items, everywhere] }].map(
    (framework) => compose(framework, () => undefined),
  ) as [Checklist, Checklist];
  const { form } = example.providers!.units.find(({ id }) => id === 'c1')!;
  const claims = Object.fromEntries(before.items.map(({ id }) => [id, 'implemented' as const]));
  const gaps = (open: boolean) =>
    gapList([{ round: 'R2020', open, units: [{ unit: 'c1', form, claims, before, after }] }]);

  test.each([true, false])('leaves the round as it is and lists the one item that nobody asked (open: %s)', (open) => {
    expect(gaps(open)).toEqual([
      {
        round: 'R2020',
        open,
        unit: 'c1',
        framework: 'starter-2020',
        from: before.version,
        to: 'starter-9',
        gaps: [{ item: 'added-later', phase: 5, class: 'mandatory', because: 'added' }],
        reworded: [],
      },
    ]);
  });
});
