import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { PROJECT_ROOT } from '../../src/config.js';
import type { JobName } from '../../src/domain/ids.js';
import { createLog } from '../../src/worker/logger.js';
import { installRuntime } from '../../src/worker/runtime.js';
import { buildWith } from '../support/otherBuild.js';
import { goldenConverter, readGoldens, SAID, type Golden } from './golden.js';

const goldens = readGoldens();
const dataConverter = goldenConverter();

beforeAll(() => void installRuntime({ log: createLog('test', { level: 'silent' }) }));

/** Replays all histories. @returns what went wrong, by path */
async function replay(bundle: string, histories: readonly Golden[] = goldens): Promise<Record<string, string>> {
  const failures: Record<string, string> = {};
  const byRun = new Map(histories.map((golden) => [golden.runId, golden.path]));
  const results = Worker.runReplayHistories(
    { workflowBundle: { codePath: bundle }, dataConverter },
    histories.map(({ workflowId, history }) => ({ workflowId, history: historyFromJSON(history) })),
  );
  for await (const { runId, error } of results) if (error) failures[byRun.get(runId)!] = error.name;
  return failures;
}

/** A history's text, and its payloads as whoever holds no key reads them. */
function inClear(text: string): string {
  const payloads = [...text.matchAll(/"data": "([^"]+)"/g)].map(([, data]) => Buffer.from(data!, 'base64'));
  return text + Buffer.concat(payloads).toString();
}

/** A job that is new here wants a history. */
const JOBS: Record<JobName, true> = {
  containment: true,
  suspension: true,
  guardSweep: true,
  inspectionRound: true,
  providerInspection: true,
  evaluation: true,
  improvement: true,
  gapReview: true,
};

const golden = (name: string) => goldens.find((each) => each.path === name)!;

test('every job has a history from the live clock, and the paths that matter have one each', () => {
  const jobs = new Set(goldens.map(({ path: name }) => name.split('-')[0]));
  expect([...jobs].sort()).toEqual(Object.keys(JOBS).sort());
  expect(goldens.map(({ path: name }) => name)).toEqual(
    expect.arrayContaining([
      'containment-timed-out',
      'suspension-by-policy',
      'containment-restricted-redecided',
      'suspension-lifted',
      'suspension-emergency-reversed',
      'suspension-cancel-lifted',
      'suspension-duty-closed',
      'guardSweep',
      'guardSweep-gaps',
      'gapReview-decided',
      'providerInspection-satisfied',
      'providerInspection-remediation',
      'providerInspection-not-applicable',
      'providerInspection-reopened',
      'providerInspection-closed-reopened',
      'providerInspection-closed-told',
      'providerInspection-escalated',
      'providerInspection-risk-ended',
    ]),
  );
  const ofTimers = goldens.filter(({ text }) => text.includes('timerFiredEventAttributes')).length;
  expect(ofTimers).toBeGreaterThanOrEqual(5);
});

test.each([
  ['targets were written together', 'targets-written-together', 'suspension-written-together', 'suspension-lifted'],
  [
    'measures were done with their last proof',
    'done-with-last-proof',
    'suspension-done-with-last-proof',
    'suspension-lifted',
  ],
  ['targets were stopped in their order', 'stopped-in-order', 'suspension-in-order', 'suspension-written-together'],
  ['every loss was told', 'every-loss-told', 'suspension-loss-told', 'suspension-in-time'],
  ['unread signals came first', 'unread-comes-first', 'suspension-unread-taken', 'suspension-reconciled'],
  ['people were called after a stop', 'calls-after-stop', 'containment-loss-after-stop', 'containment-tripped'],
  ['every cancel was told', 'every-cancel-told', 'suspension-loss-told', 'suspension-cancel-lifted'],
  ['rounds were told of due days', 'next-due-told', 'providerInspection-due-told', 'providerInspection-remediation'],
])('runs of before and after %s are both among them', (_, patch, after, before) => {
  const changed = goldens.filter(({ text }) => inClear(text).includes(patch)).map(({ path: name }) => name);
  expect(changed).toContain(after);
  expect(changed).not.toContain(before);
});

test('every change of waiting workflows is in a history', () => {
  const folder = path.join(PROJECT_ROOT, 'src', 'workflows');
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const ids = sources.flatMap((file) =>
    [...readFileSync(path.join(folder, file), 'utf8').matchAll(/\bpatched\('([^']+)'\)/g)].map(([, id]) => id!),
  );
  expect(ids).toContain('targets-written-together');
  const told = goldens.map(({ text }) => inClear(text));
  expect(ids.filter((id) => !told.some((text) => text.includes(id)))).toEqual([]);
});

test.each([
  ['grew too long', 'suspension-continued', 'suspension-went-on'],
  ['went apart from the register and was reconciled', 'suspension-diverged', 'suspension-reconciled'],
])('a run that %s is among them, and the run that goes on from it', (_, before, after) => {
  expect(golden(before).text).toContain('workflowExecutionContinuedAsNewEventAttributes');
  expect(golden(after)).toMatchObject({ workflowId: golden(before).workflowId, continues: golden(before).runId });
});

test.each(['workflows.bundle.js', 'workflows.drill.bundle.js'])(
  'workflows that wait today go on under %s',
  async (file) => {
    expect(await replay(path.join(PROJECT_ROOT, 'dist', file))).toEqual({});
  },
);

test('a workflow with one activity call more is caught', async () => {
  const build = await buildWith([
    {
      file: 'workflows/shared/job.js',
      before: 'const recorded = await register.record(',
      after: `await register.exposure({ target: 'mijica-web' });
        const recorded = await register.record(`,
    },
    {
      file: 'workflows/guardSweep.js',
      before: 'const found = await sweeping.sweep(',
      after: `await register.exposure({ target: 'mijica-web' });
        const found = await sweeping.sweep(`,
    },
  ]);
  try {
    const failures = await replay(build.bundle);
    // A start that was refused never came to a call.
    const expected = goldens
      .filter(({ path: name }) => name !== 'suspension-not-started')
      .map(({ path: name }) => name);
    expect(Object.keys(failures).sort()).toEqual(expected.sort());
    expect(new Set(Object.values(failures))).toEqual(new Set(['DeterminismViolationError']));
  } finally {
    build.remove();
  }
});

test('the histories in the repository tell ids, and nothing that anybody said', () => {
  // Short words turn up in base64 by themselves.
  const words = SAID.split(/[ ／]+/).filter((word) => word.length > 5 || /[^ -~]/.test(word));
  expect(words.length).toBeGreaterThanOrEqual(3);
  for (const { path: name, text } of goldens) {
    const clear = inClear(text);
    for (const word of words) expect([name, word, clear.includes(word)]).toEqual([name, word, false]);
  }
});
