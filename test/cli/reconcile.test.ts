import { compareRows, type RunSeen, type Seen } from '../../src/domain/reconcile.js';

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

const running = (stage?: string): RunSeen => ({ running: true, status: 'RUNNING', ...(stage && { stage }) });

test('a row whose run shows the same stage needs nothing', () => {
  expect(compareRows(seen(running('IN_FORCE'))).differences).toEqual([]);
});

test('a run that has shown no stage yet is not held against the register', () => {
  expect(compareRows(seen(running())).differences).toEqual([]);
});

test('a row without a run, or with one that ended, is to be started again', () => {
  expect(compareRows(seen(undefined)).differences).toMatchObject([{ kind: 'no-run', status: 'NOT_FOUND' }]);
  expect(compareRows(seen({ running: false, status: 'TERMINATED', stage: 'IN_FORCE' })).differences).toMatchObject([
    { kind: 'no-run', status: 'TERMINATED', job: 'suspension' },
  ]);
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
