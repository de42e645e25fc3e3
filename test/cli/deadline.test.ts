import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { RULE_EXAMPLES } from '../../src/domain/deadline/rule.js';
import { bareEnvironment, hikeshi, hikeshiJson } from './support.js';

/** Nothing runs: a deadline is explained without register and Temporal, by the folders of the project. */
let stateDir: string;
let env: NodeJS.ProcessEnv;

beforeAll(() => {
  stateDir = mkdtempSync(path.join(os.tmpdir(), 'hikeshi-deadline-'));
  // Nobody listens on port 1.
  env = bareEnvironment(stateDir, { DATABASE_URL: 'postgres://hikeshi@127.0.0.1:1/hikeshi' });
});
afterAll(() => rmSync(stateDir, { recursive: true }));

const START = ['--start', '2020-09-24T15:00:00+09:00'];
const common = { v: 1, rule: 'round-target', ruleVersion: '1', startEvent: 'announced', firmness: 'target' };
const word = (said: string) => JSON.stringify({ ...common, counting: 'word', word: said, calendar: 'japan-bank' });
const explain = (...args: string[]) => hikeshi(env, ['deadline', 'explain', ...args]);

interface Explained {
  deadline: { at: string; counting: string; arithmetic: string; calendar?: { id: string } };
  zone: string;
  date: string;
  weekday: { ja: string; en: string };
  japaneseYear: string;
  lastOpenDay?: string;
  lastOpenWeekday?: { ja: string };
  steps: { ja: string; en: string }[];
}

test('the end of October 2020 is explained in Japanese with weekday, era and last bank day', async () => {
  const { code, out, err } = await explain(word('10月末'), ...START, '--lang', 'ja');
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('期限: 2020年（令和2年）10月31日（土）');
  expect(out).toContain('最終営業日: 2020年（令和2年）10月30日（金）');
  expect(out).toContain('起点は「announced」: 2020年（令和2年）9月24日（木）15:00（Asia/Tokyo）。');
  expect(out).toContain('目標（めど）');
  expect(out).toContain('japan-bank（版 2017-2027-1）');
  expect(out).toContain('10月末 = 2020-10-31（土）。休業日（japan-bank 2017-2027-1）でも動かない');
});

test('the same in English', async () => {
  const { code, out } = await explain(word('by mid-October'), ...START, '--lang', 'en');
  expect(code).toBe(0);
  expect(out).toContain('Due: Tuesday 20 October 2020');
  expect(out).toContain('Span: Sunday 11 October 2020 to Tuesday 20 October 2020');
  expect(out).toContain('until 2020-10-20 23:59 (Asia/Tokyo)');
});

test('as JSON it holds the deadline, the weekday, the era, the last open day and the steps', async () => {
  const { code, data } = await hikeshiJson<Explained>(env, ['deadline', 'explain', word('12月中'), ...START]);
  expect(code).toBe(0);
  expect(data).toMatchObject({
    deadline: { at: '2020-12-31T14:59:59.999Z', counting: 'word', calendar: { id: 'japan-bank' } },
    zone: 'Asia/Tokyo',
    date: '2020-12-31',
    weekday: { ja: '木曜日', en: 'Thursday' },
    japaneseYear: '令和2年',
    lastOpenDay: '2020-12-30',
    lastOpenWeekday: { ja: '水曜日' },
  });
  expect(data.steps.length).toBeGreaterThan(2);
});

test.each([
  ['elapsed', '2020-09-27'],
  ['calendar-days', '2020-10-23'],
  ['months', '2020-12-24'],
  ['business-days', '2020-10-08'],
  ['word', '2020-10-31'],
] as const)('a rule of counting %s has the same day on a machine of another time zone', async (counting, date) => {
  const asked = ['deadline', 'explain', JSON.stringify(RULE_EXAMPLES[counting]), ...START];
  const { code, data } = await hikeshiJson<Explained>({ ...env, TZ: 'America/Los_Angeles' }, asked);
  expect(code).toBe(0);
  expect(data.deadline.counting).toBe(counting);
  expect(data.date).toBe(date);
  expect(data.deadline.arithmetic).toContain(date);
});

test('hours are said in words, and end on the clock', async () => {
  const { out } = await explain(JSON.stringify(RULE_EXAMPLES.elapsed), ...START, '--lang', 'ja');
  expect(out).toContain('72時間');
  expect(out).not.toContain('最終営業日');
});

test('a rule may come from standard input', async () => {
  const { code, out } = await hikeshi(env, ['deadline', 'explain', '-', ...START], word('年内'));
  expect(code).toBe(0);
  expect(out).toContain('Due: Thursday 31 December 2020');
});

describe('a wrong rule is refused in one sentence with a right example', () => {
  test.each<[string, string[], RegExp]>([
    ['broken JSON', ['{"v":1,'], /no valid JSON.*"word":"10月末"/],
    ['a word without its rule', ['10月末'], /cannot be read.*"word":"10月末"/],
    ['no rule at all', [], /input is missing.*"word":"10月末"/],
    ['a month alone', [word('10月')], /"word" must be a word with one meaning.*10月中旬.*for example/],
    ['a span that has passed', [word('9月中旬')], /"word" names days of September that have passed.*2021年9月中旬/],
    ['a year that no calendar has', [word('2030年10月末')], /2017-01-01 to 2027-12-31, not 2030-10-31/],
  ])('%s', async (_, args, said) => {
    const asked = ['deadline', 'explain', ...args, ...START];
    const { code, data } = await hikeshiJson<{ refused: { ja: string; en: string } }>(env, asked);
    expect(code).toBe(1);
    expect(data.refused.en).toMatch(said);
    expect(data.refused.ja).toMatch(/[\u3040-\u30ff]/);
  });

  test('a wrong counting, on one line for people', async () => {
    const { code, out, err } = await explain(JSON.stringify({ ...common, counting: 'weeks' }), ...START);
    expect([code, out]).toEqual([1, '']);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(err).toMatch(/"counting" must be one of elapsed, .*"10月末"/);
  });

  test('a start without its offset', async () => {
    const { code, err } = await explain(word('10月末'), '--start', '2020-09-24');
    expect(code).toBe(1);
    expect(err).toContain('--start 2020-09-24T10:00:00+09:00');
  });
});

test('the help shows a right rule of each counting', async () => {
  const { out } = await explain('--help', '--lang', 'en');
  for (const example of Object.values(RULE_EXAMPLES)) expect(out).toContain(JSON.stringify(example));
});
