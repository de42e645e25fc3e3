import { instant } from '../../src/domain/instant.js';
import type { Difference } from '../../src/domain/reconcile.js';
import { eventually } from '../support/liveOperator.js';
import { openLiveWorld, type LiveWorld } from '../support/liveWorld.js';
import { bareEnvironment, hikeshi, hikeshiJson } from './support.js';

/** The command line against a real server, register, worker and channel system. */
let world: LiveWorld;
let env: NodeJS.ProcessEnv;

const HOURS = {
  containment: { decideWithin: 'PT4H', warnAfter: ['PT2H', 'PT3H'], redecideWithin: 'PT24H', remindEvery: 'P1D' },
  suspension: {
    ratifyWithin: 'PT4H',
    siblingsWithin: 'PT24H',
    reviewEvery: 'P7D',
    watchFor: 'P14D',
    callEvery: 'PT30M',
  },
};

beforeAll(async () => {
  world = await openLiveWorld({ name: 'cli', policy: HOURS });
  const { connectionString } = world.store.pool.options as { connectionString: string };
  env = bareEnvironment(world.stateDir, {
    DATABASE_URL: connectionString,
    TEMPORAL_ADDRESS: world.temporalAddress,
    TEMPORAL_NAMESPACE: world.namespace,
    HIKESHI_UI_URL: world.uiUrl,
    HIKESHI_CHANNEL_URL: world.simulator.url,
    HIKESHI_SECRET_CHANNEL_TOKEN: 'simulator',
  });
  await world.startWorker();
}, 120_000);

afterAll(() => world?.close());

interface Asked {
  decided: boolean;
  questions: { subject: string; digest: string; mayDecide: Record<string, string[]>; command: string }[];
}

interface Standing {
  workflows: { workflowId: string; stage: string; targets: { target: string; readBack?: string; order?: number }[] }[];
}

async function suspend(name: string, ...more: string[]) {
  return hikeshiJson<Standing>(env, [
    'suspend',
    ...more,
    ...['--incident', 'C', '--name', name, '--by', 'duty-1', '--reason', 'Losses go on'],
  ]);
}

const decide = (id: string, subject: string, verdict: string, by: string, ...more: string[]) =>
  hikeshi(env, [
    'decide',
    id,
    '--subject',
    subject,
    '--verdict',
    verdict,
    '--by',
    by,
    '--reason',
    'Discussed',
    ...more,
  ]);

async function digestOf(id: string, subject: string): Promise<string> {
  const { data } = await hikeshiJson<Asked>(env, ['decide', id, '--subject', subject, '--dry-run']);
  return data.questions[0]!.digest;
}

const stage = (id: string, wanted: string) => world.operator.stage(id, wanted);

test('a proposal is decided with the digest that was shown, and stops the function', async () => {
  const id = 'suspension/C/proposed-1';
  const proposed = await suspend('proposed-1', 'propose', '--targets', 'mijica-transfer');
  expect(proposed.data.workflows).toMatchObject([{ workflowId: id, stage: 'PROPOSED' }]);

  const shown = await hikeshi(env, [
    'decide',
    id,
    '--subject',
    'approve',
    '--verdict',
    'approve',
    '--by',
    'commander-1',
    '--reason',
    'Yes, stop',
  ]);
  expect(shown.code).toBe(1);
  expect(shown.out).toMatch(/NOT DECIDED YET: the digest is missing/);
  expect(await world.operator.stageNow(id)).toBe('PROPOSED');

  const digest = await digestOf(id, 'approve');
  const stale = await decide(id, 'approve', 'approve', 'commander-1', '--digest', 'f'.repeat(32));
  expect([stale.code, stale.err]).toEqual([
    1,
    expect.stringMatching(/^The digest is not the one of what is proposed now/),
  ]);
  const own = await decide(id, 'approve', 'approve', 'duty-1', '--digest', digest);
  expect([own.code, own.err]).toEqual([1, expect.stringMatching(/^"duty-1" proposed this and cannot decide it/)]);
  expect(await world.operator.stageNow(id)).toBe('PROPOSED');

  const taken = await decide(id, 'approve', 'approve', 'commander-1', '--digest', digest, '--lang', 'ja');
  expect([taken.code, taken.out]).toEqual([0, expect.stringMatching(/判断を記録しました/)]);
  await stage(id, 'IN_FORCE');
  const { data } = await hikeshiJson<Standing>(env, ['suspend', 'status', id]);
  expect(data.workflows[0]!.targets).toMatchObject([{ target: 'mijica-transfer', readBack: 'SUSPENDED', order: 1 }]);

  const late = await decide(id, 'approve', 'approve', 'commander-2', '--digest', digest);
  expect([late.code, late.err]).toEqual([1, expect.stringMatching(/^Nobody waits for a decision on "approve" now/)]);
}, 120_000);

test('a person is told before he decides whether he may', async () => {
  const id = 'suspension/C/may-1';
  await suspend('may-1', 'propose', '--targets', 'mijica-new-issue');
  const { data } = await hikeshiJson<Asked>(env, ['decide', id, '--dry-run']);
  expect(data.questions[0]!.mayDecide).toEqual({
    approve: ['commander-1', 'commander-2'],
    refuse: ['commander-1', 'commander-2'],
  });
  const barred = await hikeshi(env, ['decide', id, '--subject', 'approve', '--dry-run', '--by', 'pr-1']);
  expect([barred.code, barred.err]).toEqual([1, expect.stringMatching(/"pr-1" does not hold a role/)]);
  await decide(id, 'approve', 'refuse', 'commander-1', '--digest', await digestOf(id, 'approve'));
  await stage(id, 'REFUSED');
}, 120_000);

test('an emergency stop of ten links answers once each is read back, and status asks for its ratification', async () => {
  const links = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'o1', 'o2', 'o3', 'o4'].map((link) => `link-${link}`);
  const { code, data } = await suspend(
    'links-1',
    'emergency',
    '--targets',
    links.join(','),
    '--failed-control',
    'link-two-factor',
  );
  expect(code).toBe(0);
  expect(data.workflows[0]).toMatchObject({ stage: 'EMERGENCY_IN_FORCE' });
  expect(data.workflows[0]!.targets.map(({ readBack }) => readBack)).toEqual(links.map(() => 'SUSPENDED'));

  const status = await hikeshi(env, ['status']);
  expect(status.code).toBe(0);
  expect(status.out).toMatch(/Temporal up {3}worker up {3}register up {3}channel system up/);
  expect(status.out).toMatch(/EMERGENCY STOPS NOT RATIFIED\n +suspension\/C\/links-1/);
  expect(status.out).toMatch(
    /npx hikeshi decide suspension\/C\/links-1 --subject ratify --verdict ratify --by YOUR-ID --reason WHY --digest [0-9a-f]{32}/,
  );
  // Two functions to be judged are one block on the screen, and two in the JSON.
  expect(status.out).toMatch(
    /sibling \(2\)[\s\S]*link-o5, link-o6[\s\S]*--subject sibling:FUNCTION --verdict 'keep\|stop'/,
  );
  const { data: report } = await hikeshiJson<{ known: { decisions: { subject: string }[] } }>(env, ['status']);
  const subjects = report.known.decisions.map(({ subject }) => subject);
  expect(subjects).toEqual(['ratify', 'sibling:link-o5', 'sibling:link-o6']);
}, 120_000);

test('the command of status, copied as it stands, decides nothing', async () => {
  const { data } = await hikeshiJson<Asked>(env, [
    'decide',
    'suspension/C/links-1',
    '--subject',
    'ratify',
    '--dry-run',
  ]);
  const [, , ...args] = data.questions[0]!.command.split(' ');
  const { code, err } = await hikeshi(env, args);
  expect(code).toBe(1);
  expect(err).toMatch(/The field "by"/);
}, 60_000);

test('a confirmed loss opens the decision, once for the same reference, and status says that losses go on', async () => {
  const loss = [
    'loss',
    'confirm',
    '--incident',
    'E',
    '--target',
    'mijica-web',
    '--reference',
    'case-1',
    '--count',
    '3',
  ];
  const times = ['--occurred-at', instant(Date.now() - 3_600_000)];
  for (let time = 1; time <= 2; time++) expect((await hikeshi(env, [...loss, ...times])).code).toBe(0);
  await stage('containment/E/mijica-web', 'DECIDING');
  const { out } = await hikeshi(env, ['status']);
  expect(out).toMatch(/E {3}last confirmed .* 3 cases\n +LOSSES GO ON/);
  expect(out).toMatch(/STILL EXPOSED\n +mijica-web +ACTIVE/);
  const tasks = await hikeshi(env, ['tasks', '--incident', 'E']);
  expect(tasks.out).toContain("--subject decide --verdict 'suspend|restrict|continue'");
}, 60_000);

interface Reconciled {
  differences: { difference: Difference; outcome: string }[];
}

test('a terminated stop stays in effect; reconcile starts it again from the register, and finds nothing the second time', async () => {
  const id = 'suspension/C/links-1';
  await world.client.workflow.getHandle(id).terminate('a mistake in the Web UI');
  await world.simulator.drift('LINK_C3', 'OPEN');

  const looked = await hikeshiJson<Reconciled>(env, ['reconcile', '--dry-run']);
  expect(
    looked.data.differences.map(({ difference, outcome }) => [difference.kind, difference.workflowId, outcome]),
  ).toEqual([
    ['no-run', id, 'would-mend'],
    ['drift', id, 'would-mend'],
  ]);
  await expect(world.client.workflow.getHandle(id).describe()).resolves.toMatchObject({
    status: { name: 'TERMINATED' },
  });

  expect((await hikeshi(env, ['reconcile', '--by', 'nobody'])).err).toMatch(/does not know the person "nobody"/);
  const mended = await hikeshiJson<Reconciled>(env, ['reconcile', '--by', 'duty-2']);
  expect([mended.code, mended.data.differences.map(({ outcome }) => outcome)]).toEqual([0, ['mended', 'mended']]);
  await eventually('link-c3 is ordered again and read back', async () => {
    const { data } = await hikeshiJson<Standing>(env, ['suspend', 'status', id]);
    const link = data.workflows[0]!.targets.find(({ target }) => target === 'link-c3');
    return link?.order === 2 && data.workflows[0]!.stage === 'EMERGENCY_IN_FORCE';
  });
  const again = await hikeshiJson<Reconciled>(env, ['reconcile', '--by', 'duty-2']);
  expect([again.code, again.data.differences]).toEqual([0, []]);
  const entries = await world.store.db
    .selectFrom('timeline')
    .select(['entity', 'content'])
    .where('kind', '=', 'reconciled')
    .execute();
  expect(entries).toContainEqual({ entity: id, content: { by: 'duty-2', found: 'no-run' } });
}, 120_000);

test('a run that stands elsewhere than the register is replaced only when a person says so', async () => {
  const id = 'suspension/C/proposed-1';
  await world.store.db.updateTable('job').set({ stage: 'LIFTING' }).where('workflow_id', '=', id).execute();
  const asked = await hikeshiJson<Reconciled>(env, ['reconcile', id, '--by', 'duty-1']);
  expect(asked.code).toBe(1);
  expect(asked.data.differences).toMatchObject([
    { difference: { kind: 'stage-differs', register: 'LIFTING', run: 'IN_FORCE' }, outcome: 'asks' },
  ]);
  const before = await world.client.workflow.getHandle(id).describe();
  expect(before.status.name).toBe('RUNNING');

  const done = await hikeshiJson<Reconciled>(env, ['reconcile', id, '--by', 'duty-1', '--yes']);
  expect(done.data.differences).toMatchObject([{ outcome: 'mended' }]);
  const after = await world.client.workflow.getHandle(id).describe();
  expect([after.status.name, after.runId === before.runId]).toEqual(['RUNNING', false]);
}, 60_000);

test('a hold whose suspension is closed is named, and never released by the machine', async () => {
  const id = 'suspension/C/may-1';
  await world.store.db
    .insertInto('hold')
    .values({
      workflow_id: id,
      target: 'yucho-pay',
      placed_sequence: 9,
      measure: 'suspend',
      placed_at: instant(Date.now()),
    })
    .execute();
  const { code, data } = await hikeshiJson<Reconciled>(env, ['reconcile', id, '--by', 'duty-1', '--yes']);
  expect(code).toBe(1);
  expect(data.differences).toMatchObject([{ difference: { kind: 'hold-without-job' }, outcome: 'named' }]);
  const open = await world.store.db
    .selectFrom('hold')
    .select('target')
    .where('workflow_id', '=', id)
    .where('released_at', 'is', null)
    .execute();
  expect(open).toEqual([{ target: 'yucho-pay' }]);
  await world.store.db.deleteFrom('hold').where('workflow_id', '=', id).execute();
}, 60_000);

test('preparing again changes nothing, and brings a schedule that somebody changed back', async () => {
  const { documents } = { documents: await world.store.db.selectFrom('document').select('kind').execute() };
  expect(documents.length).toBeGreaterThan(0);
  for (let time = 1; time <= 2; time++) {
    const { code, err } = await hikeshi(env, ['prepare']);
    expect([code, err]).toEqual([0, '']);
  }
  const handle = world.client.schedule.getHandle('guardSweep');
  await handle.update((current) => ({ ...current, spec: { intervals: [{ every: '12 hours' }] } }));
  expect((await hikeshi(env, ['prepare'])).code).toBe(0);
  const schedule = await handle.describe();
  expect(schedule.spec.intervals).toMatchObject([{ every: 300_000 }]);
  expect(schedule.policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 600_000 });
  expect(schedule.action).toMatchObject({ workflowType: 'guardSweep', taskQueue: 'process', args: [{ v: 1 }] });
}, 60_000);

test('while the channel system loses every call, an emergency stop ends with how it stands, the sheet, and code 2', async () => {
  await post(`${world.simulator.url}/sim/misbehave`, { mode: 'down' });
  try {
    const { code, out } = await hikeshi(env, [
      'suspend',
      'emergency',
      ...[
        '--incident',
        'C',
        '--name',
        'jp-1',
        '--targets',
        'jp-bank-card',
        '--by',
        'duty-1',
        '--reason',
        'Losses go on',
      ],
    ]);
    expect(code).toBe(2);
    expect(out).toMatch(/suspension\/C\/jp-1 +EXECUTING/);
    expect(out).toMatch(/STOP BY HAND/);
    expect(out).toContain('/v1/functions/JP_BANK_CARD');
    expect(out).toMatch(/Do not start it again/);
    expect(out).not.toMatch(/suspend emergency --name/);
  } finally {
    await post(`${world.simulator.url}/sim/misbehave`, { mode: 'none' });
  }
}, 90_000);

async function post(url: string, body: unknown): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}.`);
}
