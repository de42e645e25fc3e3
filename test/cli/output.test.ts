import { instant } from '../../src/domain/instant.js';
import { zoneAt } from '../../src/activities/zone.js';
import { showDuties } from '../../src/cli/duty.js';
import { displayWidth, dueText, fromNow, Page, shellWord, wrapped } from '../../src/cli/output.js';

const now = instant(Date.parse('2026-11-23T14:00:00Z'));
const later = (minutes: number) => instant(Date.parse(now) + minutes * 60_000);

test('a Japanese sentence wraps at the width of the terminal, and no line begins with a full stop', () => {
  const lines = wrapped('mijica-transfer で被害を確認しました。停止、制限、継続のいずれかを判断してください。', 40);
  expect(lines.length).toBeGreaterThan(1);
  for (const line of lines) {
    expect(displayWidth(line)).toBeLessThanOrEqual(42);
    expect(line).not.toMatch(/^[。、]/);
  }
});

test('a command to copy is never broken', () => {
  const page = new Page({ language: 'en', color: false, width: 80 });
  const command = `npx hikeshi decide ${'x'.repeat(200)}`;
  page.code(command);
  expect(page.toString()).toContain(command);
});

test('a page without colours holds no escape, not even in its tables', () => {
  const page = new Page({ language: 'ja', color: false, width: 80 });
  page.heading('見出し', 'red');
  page.table(['機能', '名称'], [['a', page.paint('会員間送金', 'green')]]);
  expect(page.toString()).not.toContain('\u001b');
});

test.each(['ja', 'en'] as const)('duties with their ids fit a screen of 80 columns in %s', (language) => {
  const page = new Page({ language, color: false, width: 80 });
  const duty = { workflowId: 'suspension/B/first-stop', incident: 'B', due: later(60), arithmetic: '' };
  showDuties(
    page,
    [
      { ...duty, id: 'suspension/B/first-stop#2.4', duty: 'lossDisclosureDecision', owner: 'customerService' },
      { ...duty, id: 'suspension/B/first-stop#2.7', duty: 'filingAssessment', owner: 'compliance' },
    ],
    now,
    zoneAt('Asia/Tokyo', now),
    { ids: true },
  );
  const lines = page.toString().split('\n');
  expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(80);
  expect(lines.filter((line) => /#2\.[47]$/.test(line))).toHaveLength(2);
});

test('how far a time limit is away is said in words that help', () => {
  expect(fromNow(later(59), now)).toEqual({ en: 'in 59 min', ja: 'あと59分' });
  expect(fromNow(later(100), now)).toEqual({ en: 'in 1 h 40 min', ja: 'あと1時間40分' });
  expect(fromNow(later(-5000), now)).toEqual({ en: '3 days ago', ja: '3日前' });
  const due = dueText(later(-30), now, zoneAt('Asia/Tokyo', now));
  expect(due).toEqual({
    overdue: true,
    text: { en: '2026-11-23 22:30 (OVERDUE, 30 min ago)', ja: '2026-11-23 22:30（期限超過・30分前）' },
  });
});

test('a word of a command line survives the shell', () => {
  expect(shellWord('suspension/B/x-1')).toBe('suspension/B/x-1');
  expect(shellWord('it\'s {"v":1}')).toBe(`'it'\\''s {"v":1}'`);
});
