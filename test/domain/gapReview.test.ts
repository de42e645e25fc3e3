import path from 'node:path';
import { PROJECT_ROOT } from '../../src/config.js';
import { examples } from '../../src/domain/examples.js';
import type { UnitGaps } from '../../src/domain/framework.js';
import { gapListDue } from '../../src/domain/gapReview/due.js';
import * as machine from '../../src/domain/gapReview.js';
import { GapReviewInput, type GapReviewState } from '../../src/domain/gapReview.js';
import { gapReviewId } from '../../src/domain/ids.js';
import { authorise, type Authorised, type Roster } from '../../src/domain/roster.js';
import { gapReviewNext, gapReviewSays, gapReviewWords, startUnder } from '../../src/domain/wording/gapReview.js';
import { readParts, readPlaybook } from '../../src/store/documents.js';
import { at, decision, DIGEST, expectComplete, JST, kinds, refusalOf, tasks } from './support.js';

const folder = (name: string) => path.join(PROJECT_ROOT, 'playbooks', name);
const { policy, calendars, decisions, roster } = await readPlaybook(folder('example'));
const due = (published: string, inspection: object = {}) =>
  gapListDue({ ...policy, inspection: { ...policy.inspection, ...inspection } }, at(published), calendars, JST);

const PUBLISHED = '2020-09-16T10:00:00+09:00';
const LATE = at('2020-09-28T09:00:00+09:00');
const gaps = (round: string, open: boolean, unit: string, items: string[], reworded: string[] = []): UnitGaps => ({
  round,
  open,
  unit,
  framework: 'starter-2020',
  from: '1',
  to: '2',
  gaps: items.map((item) => ({ item, phase: 2, class: 'mandatory', because: 'added' })),
  reworded,
});
const opened = () =>
  machine.openGapReview('gapReview/starter-2020/2', {
    input: GapReviewInput.parse(examples.gapReview),
    gaps: [
      gaps('R1', false, 'c1', ['a', 'b']),
      gaps('R2', false, 'c1', ['a', 'b', 'c']),
      gaps('R3', true, 'o1', ['a'], ['d']),
      gaps('R3', true, 'c1', [], ['d', 'e']),
    ],
    due: due(PUBLISHED),
    digest: DIGEST,
    zone: JST,
  });

/** Decides as the workflow does: whoever may, by the playbook's own table. */
function decide(state: GapReviewState, verdict: string, by: string, when = at(PUBLISHED), people: Roster = roster) {
  const [question] = machine.gapReviewQuestions(state);
  const given = decision(question!, verdict, by);
  const votes = state.votes.filter((vote) => vote.verdict === verdict);
  const may = authorise(people, decisions, { rule: question!.rule, verdict, by, at: when, votes });
  const authority: Authorised = { ...may, rosterVersion: 'r', tableVersion: 't' };
  return machine.decideGapReview(state, given, authority, when);
}
const decided = (verdict: string) =>
  decide(decide(opened().state, verdict, 'ciso-1').state, verdict, 'compliance-1').state;

describe('the day by which somebody has looked', () => {
  // 09-19 to 09-22 is a long weekend with two holidays; banks are closed from 12-31 to 01-03.
  test.each([
    [PUBLISHED, '2020-09-25'],
    ['2020-12-28T18:00:00+09:00', '2021-01-06'],
    ['2020-09-20T10:00:00+09:00', '2020-09-29'],
  ])('published %s it is %s', (published, day) => {
    expect(due(published)).toMatchObject({
      date: day,
      at: at(`${day}T23:59:59.999+09:00`),
      calendar: { id: 'japan-bank' },
      rule: 'framework.gapListWithin',
    });
  });

  test('is another one where the policy says so', () => {
    expect(due(PUBLISHED, { gapListWithin: 3 }).date).toBe('2020-09-23');
  });
});

describe('a gap list that is owed', () => {
  test('is one line with open and closed rounds apart, and a task of the CISO and the second line', () => {
    const change = opened();
    expect(change.entries).toMatchObject([
      {
        kind: 'gapListOwed',
        effectiveAt: at(PUBLISHED),
        content: {
          framework: 'starter-2020',
          version: '2',
          // What c1 never answered in two rounds is owed once.
          closedRounds: { units: 1, items: 3, reworded: 0 },
          openRounds: { units: 2, items: 1, reworded: 3 },
          arithmetic: expect.stringContaining('09-25'),
        },
      },
    ]);
    expect(tasks(change)).toMatchObject([
      { subject: 'gapList', roles: ['ciso', 'compliance'], due: due(PUBLISHED).at },
    ]);
    expect([change.state.units, machine.gapReviewStage(change.state)]).toEqual([['c1', 'o1'], 'REVIEWING']);
  });

  test('is overdue once, tells the commander, and stays to be decided', () => {
    const { state } = opened();
    expect(machine.nextGapReviewClock(state)).toBe(state.due.at);
    expect(machine.gapReviewClock(state, at('2020-09-25T23:00:00+09:00')).entries).toEqual([]);
    const late = machine.gapReviewClock(state, LATE);
    expect([kinds(late), late.entries[0]!.effectiveAt]).toEqual([['alarm.gapListOverdue'], state.due.at]);
    expect(tasks(late)).toMatchObject([{ subject: 'gapListOverdue', roles: ['incidentCommander'] }]);
    expect(machine.nextGapReviewClock(late.state)).toBeUndefined();
    expect(machine.gapReviewClock(late.state, LATE).entries).toEqual([]);
    expect(machine.gapReviewQuestions(late.state)).toHaveLength(1);
    const vote = decide(late.state, 'keep', 'ciso-1', LATE);
    expect(vote.entries[0]!.rows).toMatchObject([{ do: 'recordDecision', late: true }]);
  });
});

describe('its decision', () => {
  test.each(['askAgain', 'keep'])('%s takes the CISO and the second line', (verdict) => {
    const first = decide(opened().state, verdict, 'compliance-1');
    expect([kinds(first), machine.gapReviewOver(first.state)]).toEqual([['voted'], false]);
    const second = decide(first.state, verdict, 'ciso-1');
    expect(kinds(second)).toEqual(['gapListDecided']);
    expect(second.entries[0]!.rows.slice(1)).toEqual([
      { do: 'closeTasks', subject: 'gapList' },
      { do: 'closeTasks', subject: 'gapListOverdue' },
    ]);
    expect([machine.gapReviewStage(second.state), second.state.verdict]).toEqual(['REVIEWED', verdict]);
    expect([machine.gapReviewQuestions(second.state), machine.nextGapReviewClock(second.state)]).toEqual([
      [],
      undefined,
    ]);
  });

  test('is not taken by one person with both roles, nor by anybody else', () => {
    const both: Roster = {
      ...roster,
      people: roster.people.map((one) => (one.id === 'ciso-1' ? { ...one, roles: ['ciso', 'compliance'] } : one)),
    };
    const { state } = decide(opened().state, 'keep', 'ciso-1', at(PUBLISHED), both);
    expect(refusalOf(() => decide(state, 'keep', 'ciso-1', at(PUBLISHED), both)).en).toContain('already voted');
    expect(refusalOf(() => decide(opened().state, 'keep', 'provider-manager-1')).en).toContain('does not hold a role');
  });

  test('waits while the two say different things', () => {
    const { state } = decide(decide(opened().state, 'keep', 'ciso-1').state, 'askAgain', 'compliance-1');
    expect(machine.gapReviewOver(state)).toBe(false);
    expect(decide(state, 'askAgain', 'ciso-1').state.verdict).toBe('askAgain');
  });

  test('is not taken twice', () => {
    const [question] = machine.gapReviewQuestions(opened().state);
    const authority: Authorised = { role: 'ciso', complete: true, rosterVersion: 'r', tableVersion: 't' };
    const again = () =>
      machine.decideGapReview(decided('keep'), decision(question!, 'keep', 'ciso-1'), authority, at(PUBLISHED));
    expectComplete(refusalOf(again));
  });

  test('says which units to ask when they are to be asked, and nothing of a round when not', () => {
    expect(gapReviewNext(opened().state)).toBeUndefined();
    expect(gapReviewNext(decided('askAgain'))!.en).toContain('round plan ROUND --units c1,o1 ');
    expect(gapReviewNext(decided('keep'))!.en).not.toContain('round plan');
  });

  test.each(['example', 'yucho-2020'])('has a row of two seats in %s', async (name) => {
    const { decisions: table } = await readParts(folder(name), ['decisions']);
    expect(table.subjects['gapReview.gapList']!.seats).toEqual([['ciso'], ['compliance']]);
  });
});

test('each version has an id of its own, whatever it is called', () => {
  const ids = ['2', '2.0', '2-0', '第2版', 'a/b', 'a b'].map((version) =>
    gapReviewId({ framework: 'starter-2020', version }),
  );
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^gapReview\/starter-2020\/[^/ ]+$/);
  expect(gapReviewId({ framework: 'f', version: '版'.repeat(1000) }).length).toBeLessThan(1000);
  expect(GapReviewInput.safeParse({ ...examples.gapReview, version: '\ud800' }).success).toBe(false);
});

test('every sentence is complete in both languages', () => {
  const late = machine.gapReviewClock(opened().state, LATE).state;
  for (const state of [opened().state, late, decided('askAgain'), decided('keep')]) {
    for (const sentence of Object.values(gapReviewWords(state))) expectComplete(sentence);
    expectComplete(gapReviewSays(state));
  }
  expectComplete(startUnder('gapReview/starter-2020/2'));
});
