import { compareRows, runProblems, type RunSeen, type Seen } from '../../src/domain/reconcile.js';

const ID = 'suspension/B/x';
const row = { workflowId: ID, job: 'suspension', incident: 'B', stage: 'IN_FORCE' };

function seen(run: RunSeen | undefined, more: Partial<Seen> = {}): Seen {
  return {
    rows: [row],
    runs: new Map(run ? [[ID, run]] : []),
    running: run?.running ? [ID] : [],
    drifts: [],
    unheld: [],
    unread: [],
    holdsWithoutJob: [],
    ...more,
  };
}

const running = (stage?: string, attempts = 0): RunSeen => ({
  running: true,
  status: 'RUNNING',
  attempts,
  ...(stage && { stage }),
});

test('a row whose run shows the same stage needs nothing', () => {
  expect(compareRows(seen(running('IN_FORCE'))).differences).toEqual([]);
});

test('a run that has shown no stage yet is not held against the register', () => {
  expect(compareRows(seen(running())).differences).toEqual([]);
});

test('a row without a run, or with one that ended, is to be started again', () => {
  expect(compareRows(seen(undefined)).differences).toMatchObject([{ kind: 'no-run', status: 'NOT_FOUND' }]);
  expect(compareRows(seen({ ...running('IN_FORCE'), running: false, status: 'TERMINATED' })).differences).toMatchObject(
    [{ kind: 'no-run', status: 'TERMINATED', job: 'suspension' }],
  );
});

test('a run that noticed the divergence by itself is not taken for a reset one', () => {
  expect(compareRows(seen(running('DIVERGED'))).differences).toMatchObject([{ kind: 'diverged' }]);
});

test('a reset run is named with both stages', () => {
  expect(compareRows(seen(running('PROPOSED'))).differences).toEqual([
    { kind: 'stage-differs', workflowId: ID, job: 'suspension', incident: 'B', register: 'IN_FORCE', run: 'PROPOSED' },
  ]);
});

test('a run without a row, a hold without a job and drift are each named; runs come before drift', () => {
  const { differences } = compareRows(
    seen(undefined, {
      running: ['suspension/B/other'],
      drifts: [{ suspension: ID, target: 'mijica-web', readBack: 'ACTIVE' }],
      holdsWithoutJob: [{ workflowId: 'suspension/B/closed', incident: 'B' }],
    }),
  );
  expect(differences.map(({ kind }) => kind)).toEqual(['no-run', 'run-without-row', 'hold-without-job', 'drift']);
});

describe('a run whose workflow task fails again and again', () => {
  const OTHER = 'containment/B/link-c1';
  const other = (attempts: number) => ({
    running: [ID, OTHER],
    runs: new Map([
      [ID, running('IN_FORCE')],
      [OTHER, running(undefined, attempts)],
    ]),
  });

  test('stands still after five attempts, not before: a worker may be killed in the middle of a task', () => {
    expect(compareRows(seen(running('IN_FORCE', 4))).differences).toEqual([]);
    expect(compareRows(seen(running('IN_FORCE', 5))).differences).toEqual([
      { kind: 'stuck', workflowId: ID, job: 'suspension', incident: 'B', attempts: 5 },
    ]);
    expect(runProblems(seen(running('IN_FORCE', 4)))).toEqual([]);
    expect(runProblems(seen(running('IN_FORCE', 5)))).toEqual([{ workflowId: ID, incident: 'B', problem: 'STUCK' }]);
  });

  test.each(['PROPOSED', 'DIVERGED'])('takes no signal any more: it is replaced, also where it shows %s', (stage) => {
    expect(compareRows(seen(running(stage, 9))).differences).toMatchObject([{ kind: 'stuck' }]);
  });

  test('is no such run once it ended', () => {
    const ended = { ...running('IN_FORCE', 9), running: false, status: 'TERMINATED' };
    expect(runProblems(seen(ended))).toMatchObject([{ problem: 'NO_RUN' }]);
  });

  test('is named by the sweep before it wrote anything, too; one that has only just begun is not', () => {
    expect(runProblems(seen(undefined, other(1)))).toEqual([]);
    expect(runProblems(seen(undefined, other(5)))).toEqual([{ workflowId: OTHER, incident: 'B', problem: 'STUCK' }]);
    const kinds = (attempts: number) => compareRows(seen(undefined, other(attempts))).differences;
    expect(kinds(1)).toEqual([{ kind: 'run-without-row', workflowId: OTHER }]);
    expect(kinds(5)).toEqual([{ kind: 'stuck-without-row', workflowId: OTHER }]);
  });
});
