import { displayWidth, Page } from '../../src/cli/output.js';
import {
  deadlinesOf,
  showCommitments,
  showDeadlines,
  showIncomplete,
  showResults,
  targetLines,
} from '../../src/cli/roundTable.js';
import { foldInspections } from '../../src/cli/inspectionTasks.js';
import type { Waiting } from '../../src/cli/jobs.js';
import type { RoundResult } from '../../src/domain/inspectionRound.js';
import type { Instant } from '../../src/domain/instant.js';
import { ROUND_2020 } from '../connectors/roundResult.js';

const zone = { name: 'Asia/Tokyo', offsets: [{ from: '2000-01-01T00:00:00.000Z' as Instant, minutes: 540 }] };
const AT = '2020-10-20T06:00:00.000Z' as Instant;
const DAY = '2020-10-20';

/** The round of 2020 while it ran: every result that there is, long names, one unit that does not answer. */
const RUNNING: RoundResult = {
  ...ROUND_2020,
  phase: 'OPEN',
  incomplete: ['c4', 'c5', 'c6', 'o5', 'o6'],
  groups: ROUND_2020.groups.map((group) => ({
    ...group,
    name: {
      ja: `${group.name.ja}事業者（提携先）`,
      en: `${group.name.en} providers and other partners`,
    },
    units: group.units.map((unit) => {
      const nextDue = '2020-10-23T14:59:00.000Z' as Instant;
      if (unit.unit === 'c4') return { ...unit, result: 'ESCALATED' as const, phase: 'ESCALATED' };
      if (unit.unit === 'c5')
        return {
          ...unit,
          result: 'NOT_ANSWERED' as const,
          phase: 'OVERDUE',
          overdueDays: 4,
          nextDue: '2020-10-26T14:59:00.000Z' as Instant,
        };
      return unit.result === 'UNDER_EVALUATION' ? { ...unit, phase: 'FOLLOW_UP_REQUESTED', nextDue } : unit;
    }),
  })),
};

const screen = (language: 'ja' | 'en', show: (page: Page) => void, width = 80) => {
  const page = new Page({ language, color: false, width });
  show(page);
  return page.toString();
};
const all = (page: Page) => {
  for (const line of targetLines(RUNNING, { day: DAY, predicted: '2020-11-09' })) page.text(page.t(line));
  showResults(page, RUNNING);
  showIncomplete(page, RUNNING, AT, zone);
  showDeadlines(page, deadlinesOf(RUNNING, zone), AT, zone);
  showCommitments(page, RUNNING);
};

test.each(['ja', 'en'] as const)('the screen fits 80 columns in %s, with every result and long names', (language) => {
  const text = screen(language, all);
  for (const line of text.split('\n')) expect([displayWidth(line) <= 80, line]).toEqual([true, line]);
});

test.each([72, 80, 120])('every unit stands in one column and in the sum, on %d columns', (width) => {
  const text = screen('ja', (page) => showResults(page, ROUND_2020), width);
  expect(text.replace(/ +/g, ' ')).toContain('充足 5 3 1 5 14');
  expect(text.replace(/ +/g, ' ')).toContain('該当項目なし 0 0 16 0 16');
  expect(text.replace(/ +/g, ' ')).toContain('合計 6 6 17 6 35');
  // The own services have results of two bases.
  expect(text.replace(/\s+/g, '')).toMatch(/基準強化後強化後強化後強化前/);
});

test('more groups than fit stand under each other, each with the sum', () => {
  const groups = Array.from({ length: 9 }, (_, n) => ({
    group: `g${n}`,
    name: { ja: `第${n}区分`, en: `Group ${n}` },
    units: [{ ...ROUND_2020.groups[0]!.units[0]!, unit: `u${n}` }],
  }));
  const text = screen('en', (page) => showResults(page, { groups }));
  for (let n = 0; n < 9; n++) expect(text).toContain(`Group ${n}`);
  for (const line of text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(80);
  expect(text.match(/ {2}total .* 9\n/g)!.length).toBeGreaterThan(1);
});

test('the slip is said before it happens, with the days left and the last bank day', () => {
  expect(targetLines(RUNNING, { day: DAY, predicted: '2020-11-09' }).map(({ ja }) => ja)).toEqual([
    '完了目標 2020-10-31（土）、最終の銀行営業日 2020-10-30（金）',
    '途中経過、目標まであと11日、9日遅れの見込み。完了見込み 2020-11-09（月）',
  ]);
  expect(targetLines(RUNNING, { day: '2020-10-31', predicted: '2020-10-31' })[1]!.en).toBe(
    'interim, on the day of the target; predicted end 2020-10-31 (Sat)',
  );
  expect(targetLines(RUNNING, { day: '2020-11-02', predicted: '2020-11-09' })[1]!.en).toBe(
    '2 days after the target; predicted end 2020-11-09 (Mon)',
  );
});

test('what was published while units were missing is interim until the target, and late after it', () => {
  const published = (on: string, complete: boolean) =>
    targetLines({ ...RUNNING, complete: true }, { day: '2020-12-01', released: { on, complete } })[1]!.en;
  expect(published('2020-10-30', false)).toBe('published 2020-10-30 (Fri): interim, 1 day to the target');
  expect(published('2020-10-30', true)).toBe('published 2020-10-30 (Fri): on target');
  expect(published('2020-11-09', false)).toBe('published 2020-11-09 (Mon): 9 days after the target');
});

test('who is overdue comes first, with the days', () => {
  const text = screen('en', (page) => showIncomplete(page, RUNNING, AT, zone));
  expect(text.split('\n').slice(1, 3)).toEqual([
    '  unit  stage                next due          overdue',
    '  c5    overdue              2020-10-26 23:59  4 days',
  ]);
});

test('what several units owe at one instant is one deadline; what is past is none that comes', () => {
  const deadlines = deadlinesOf(RUNNING, zone);
  expect(deadlines.map(({ what, units }) => [what.en, units])).toEqual([
    ['answer', ['c6', 'o5']],
    ['answer', ['c5']],
    ['target of the round', []],
  ]);
  const later = '2020-10-25T00:00:00.000Z' as Instant;
  expect(screen('en', (page) => showDeadlines(page, deadlines, later, zone))).not.toContain('c6');
  const text = screen('en', (page) => showDeadlines(page, deadlines, AT, zone));
  expect(text).toMatch(/NEXT DEADLINES\n {2}2020-10-23 23:59 \(in 3 days\) {3}answer: c6, o5\n/);
});

test('many units that wait for the same are one block of the first minute, decided by name elsewhere', () => {
  const wait = (unit: string): Waiting => ({
    workflowId: `providerInspection/R2020/${unit}`,
    incident: 'R2020',
    subject: 'result',
    verdicts: ['satisfied'],
    digest: unit,
    asks: { en: unit, ja: unit },
    otherwise: { en: '', ja: '' },
    mayDecide: { satisfied: ['ciso-1'] },
    command: unit,
    json: {},
    link: '',
  });
  expect(foldInspections([wait('c1')])).toEqual([wait('c1')]);
  expect(foldInspections([wait('c1'), wait('c2')])).toMatchObject([
    {
      subject: 'result (2)',
      asks: { en: '2 units of the round R2020 wait for "result": c1, c2.' },
      command: 'npx hikeshi tasks --incident R2020',
    },
  ]);
});
