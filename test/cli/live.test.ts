import { instant } from '../../src/domain/instant.js';
import type { Difference } from '../../src/domain/reconcile.js';
import { eventually } from '../support/liveOperator.js';
import { openLiveWorld, type LiveWorld } from '../support/liveWorld.js';
import { buildWith } from '../support/otherBuild.js';
import { bareEnvironment, hikeshi, hikeshiJson } from './support.js';

/** The command line against a real server, register, worker and channel system. */
let world: LiveWorld;
let env: NodeJS.ProcessEnv;
let worker: Awaited<ReturnType<LiveWorld['startWorker']>>;

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
  // The simulator makes up a function that it does not know when it is asked about it first: this one is known before.
  await post(`${world.simulator.url}/sim/functions`, { code: 'MIJICA_NEW_ISSUE', queued: 7 });
  worker = await world.startWorker();
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

const digestOf = async (id: string, subject: string) => (await world.operator.question(id, subject)).digest;

/** Every table of the register as one figure: equal before and after says that nothing was written. */
async function register(): Promise<Record<string, string>> {
  const { rows } = await world.store.pool.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public'`,
  );
  const figures = rows.map(async ({ name }) => {
    const all = `select coalesce(md5(string_agg(row::text, '' order by row::text)), '-') as figure from "${name}" row`;
    return [name, (await world.store.pool.query<{ figure: string }>(all)).rows[0]!.figure] as const;
  });
  return Object.fromEntries(await Promise.all(figures));
}

/** Lines of a terminal that fills a screen. */
const ONE_SCREEN = 50;

/** Where the Web UI shows a workflow. */
const linkOf = (id: string) => `${world.uiUrl}/namespaces/${world.namespace}/workflows/${encodeURIComponent(id)}`;

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
  expect(data.questions[0]!.digest).toBe(await digestOf(id, 'approve'));
  // What a dry run shows to the proposer, its approver sees, under the same digest.
  const dry = await suspend('may-1', 'propose', '--targets', 'mijica-new-issue', '--dry-run');
  const { digest, preview, underWay } = dry.data as unknown as Record<string, unknown>;
  expect(digest).toBe(data.questions[0]!.digest);
  expect(data).toMatchObject({ preview, underWay });
  for (const words of [
    ['decide', id],
    ['suspend', 'status', id],
  ])
    expect((await hikeshi(env, words)).out).toMatch(
      /Reason: Losses go on[\s\S]*mijica-new-issue .*\(new customers\) .* (7 \()?hold/,
    );
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

  const [status, japanese] = await Promise.all([hikeshi(env, ['status']), hikeshi(env, ['status', '--lang', 'ja'])]);
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
  const { data: report } = await hikeshiJson<{ known: { decisions: { subject: string; link: string }[] } }>(env, [
    'status',
  ]);
  const link = linkOf('suspension/C/links-1');
  expect(report.known.decisions.map(({ subject, link: to }) => [subject, to])).toEqual(
    ['ratify', 'sibling:link-o5', 'sibling:link-o6'].map((subject) => [subject, link]),
  );

  // In Japanese, and with ten links in force, it is still one screen, in the time of the playbook's people.
  expect(japanese.out).toMatch(/^ 本番 LIVE {3}\d{4}-\d\d-\d\d \d\d:\d\d \+09:00 /);
  expect(japanese.out).toMatch(/10件中 10件確認済み[\s\S]*link-o5, link-o6。/);
  for (const { out } of [status, japanese]) expect(out.split('\n').length).toBeLessThan(ONE_SCREEN);
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
  expect((await hikeshi(env, [...loss, ...times])).code).toBe(0);
  const id = 'containment/E/mijica-web';
  expect(await hikeshiJson<object>(env, [...loss, ...times])).toMatchObject({
    code: 0,
    data: { workflowId: id, signal: 'lossConfirmed', dryRun: false, json: { v: 1, count: 3 }, link: linkOf(id) },
  });
  await stage(id, 'DECIDING');
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

  // A sweep tells of it once; two of them are as one.
  const sweep = async () =>
    (await world.operator.start('guardSweep', 'guardSweep', { v: 1 })).result() as Promise<object>;
  const [looked, swept] = await Promise.all([hikeshiJson<Reconciled>(env, ['reconcile', '--dry-run']), sweep()]);
  expect(swept).toMatchObject({ orphans: 1 });
  expect(
    looked.data.differences.map(({ difference, outcome }) => [difference.kind, difference.workflowId, outcome]),
  ).toEqual([
    ['no-run', id, 'would-mend'],
    ['drift', id, 'would-mend'],
  ]);
  await expect(world.client.workflow.getHandle(id).describe()).resolves.toMatchObject({
    status: { name: 'TERMINATED' },
  });

  const [stranger, status, sweptAgain] = await Promise.all([
    hikeshi(env, ['reconcile', '--by', 'nobody']),
    hikeshi(env, ['status']),
    sweep(),
  ]);
  expect(stranger.err).toMatch(/does not know the person "nobody"/);
  expect(sweptAgain).toMatchObject({ orphans: 0 });
  const { db } = world.store;
  const lines = await db
    .selectFrom('timeline')
    .select(['entity', 'content'])
    .where('kind', '=', 'alarm.orphan')
    .execute();
  expect(lines).toEqual([{ entity: id, content: { workflow: id, problem: 'NO_RUN' } }]);
  const subject = `orphan:${id}`;
  const tasks = await db.selectFrom('task').select(['roles', 'closed_at']).where('subject', '=', subject).execute();
  expect(tasks).toEqual([{ roles: ['dutyOfficer'], closed_at: null }]);
  expect((await mails()).filter((mail) => mail.subject.includes(subject)).map(({ to }) => to)).toEqual([
    ['duty-1@bank.example', 'duty-2@bank.example'],
  ]);
  // What needs a human carries the link to its page in the Web UI.
  expect(status.out).toMatch(/NEEDS A HUMAN \(1\)\s+Nobody looks after suspension\/C\/links-1 any more/);
  expect(status.out).toContain(linkOf(id));

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
  await world.store.db.updateTable('job').set({ stage: 'IN_FORCE' }).where('workflow_id', '=', id).execute();
}, 60_000);

test('a dry run of a stop, a loss or a lift shows what would be done, and writes nothing', async () => {
  const stop = ['--incident', 'C', '--name', 'dry-1', '--targets', 'mijica-new-issue', '--by', 'duty-1'];
  const loss = ['--incident', 'F', '--target', 'mijica-new-issue', '--reference', 'case-1', '--count', '3'];
  const before = await register();
  const [emergency, proposed, confirmed, lift] = await Promise.all([
    hikeshi(env, ['suspend', 'emergency', ...stop, '--reason', 'Losses go on', '--dry-run']),
    hikeshiJson<{ underWay: object }>(env, ['suspend', 'propose', ...stop, '--reason', 'Losses go on', '--dry-run']),
    hikeshi(env, ['loss', 'confirm', ...loss, '--occurred-at', instant(Date.now()), '--dry-run']),
    hikeshi(env, LIFT('--dry-run')),
  ]);
  // What is under way, and what becomes of it.
  expect([emergency.code, emergency.out]).toEqual([0, expect.stringMatching(/mijica-new-issue .* 7 \(hold\)/)]);
  expect([proposed.code, proposed.data.underWay]).toEqual([0, { 'mijica-new-issue': 7 }]);
  expect([confirmed.code, confirmed.out]).toEqual([
    0,
    expect.stringMatching(/^This would be sent to containment\/F\//),
  ]);
  expect([lift.code, lift.out]).toEqual([0, expect.stringMatching(/would be proposed. Nothing is lifted until/)]);
  for (const id of ['suspension/C/dry-1', 'containment/F/mijica-new-issue'])
    await expect(world.client.workflow.getHandle(id).describe()).rejects.toThrow(/not found/);
  expect(await register()).toEqual(before);
}, 60_000);

test('a lift is proposed, decided by somebody else, read back, and watched', async () => {
  const id = 'suspension/C/proposed-1';
  const { code, data } = await hikeshiJson<Standing>(env, LIFT());
  expect([code, data.workflows]).toEqual([0, [expect.objectContaining({ workflowId: id, stage: 'LIFT_PROPOSED' })]]);
  const digest = await digestOf(id, 'lift');
  const own = await decide(id, 'lift', 'approve', 'commander-1', '--digest', digest);
  expect([own.code, own.err]).toEqual([1, expect.stringMatching(/^"commander-1" proposed this and cannot decide it/)]);
  const other = await decide(id, 'lift', 'approve', 'board-1', '--digest', digest);
  expect([other.code, other.err]).toEqual([0, '']);
  await stage(id, 'WATCHED');
  const after = await hikeshiJson<Standing>(env, ['suspend', 'status', id]);
  expect(after.data.workflows[0]!.targets).toMatchObject([{ target: 'mijica-transfer', readBack: 'ACTIVE', order: 2 }]);
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

describe('runs that fail again and again, since the workers of before wrote a history that those of today cannot read', () => {
  const STOP = 'suspension/S/stuck-1';
  const FIRE = 'containment/S/mijica-new-issue';
  const handle = (id: string) => world.client.workflow.getHandle(id);
  const loss = (reference: string) => {
    const at = instant(Date.now());
    return { v: 1, incident: 'S', target: 'mijica-new-issue', reference, count: 1, occurredAt: at, confirmedAt: at };
  };
  let sweeps = 0;
  // Under an id of its own: what a sweep found is recorded under it.
  const sweep = async () => (await world.operator.start('guardSweep', `guardSweep/${++sweeps}`, { v: 1 })).result();
  const named = () =>
    world.store.db
      .selectFrom('task')
      .select(['subject', 'asks_en'])
      .where('subject', 'like', 'orphan:%/S/%')
      .where('closed_at', 'is', null)
      .orderBy('subject')
      .execute();
  const orders = () =>
    world.store.db.selectFrom('function_order').select(['wanted', 'status']).where('target', '=', 'link-o5').execute();

  beforeAll(async () => {
    const other = await buildWith([
      {
        file: 'workflows/shared/job.js',
        before: 'const recorded = await register.record(',
        after: `await register.exposure({ target: 'mijica-web' });
          const recorded = await register.record(`,
      },
    ]);
    try {
      await worker.stop();
      const before = await world.startWorker({ bundle: other.bundle });
      // Given up after seconds, so that many of them fail within a test.
      const soon = { taskQueue: 'process', workflowTaskTimeout: '2 s' };
      const proposal = {
        v: 1,
        incident: 'S',
        measure: 'suspend',
        targets: ['link-o5'],
        by: 'duty-1',
        reason: 'Losses',
      };
      await world.client.workflow.start('suspension', { ...soon, workflowId: STOP, args: [proposal] });
      await world.client.workflow.signalWithStart('containment', {
        ...soon,
        workflowId: FIRE,
        args: [{ v: 1, incident: 'S', target: 'mijica-new-issue' }],
        signal: 'lossConfirmed',
        signalArgs: [loss('case-1')],
      });
      await world.operator.decide(STOP, 'approve', 'approve', 'commander-1');
      await stage(STOP, 'IN_FORCE');
      await stage(FIRE, 'DECIDING');
      await before.stop();
    } finally {
      other.remove();
    }
    worker = await world.startWorker();
    await handle(STOP).signal('reconcile', { v: 1, by: 'duty-1' });
    await handle(FIRE).signal('lossConfirmed', loss('case-2'));
    for (const id of [STOP, FIRE])
      await eventually(
        `${id} has failed five times`,
        async () => {
          const { raw } = await handle(id).describe();
          return (raw.pendingWorkflowTask?.attempt ?? 0) >= 5;
        },
        120_000,
      );
  }, 240_000);

  test('are named by the sweep, once, for whoever looks at tasks or status', async () => {
    expect(await sweep()).toMatchObject({ orphans: 2 });
    expect(await sweep()).toMatchObject({ orphans: 0 });
    expect(await named()).toEqual(
      [FIRE, STOP].map((id) => ({ subject: `orphan:${id}`, asks_en: expect.stringContaining(`${id} stands still`) })),
    );
    const { out } = await hikeshi(env, ['status']);
    expect(out).toMatch(
      /suspension\/S\/stuck-1 stands still \(STUCK\)[\s\S]*npx hikeshi reconcile suspension\/S\/stuck-1/,
    );
  }, 60_000);

  test('go on from the register after reconcile, take what they were told meanwhile, and order nothing twice', async () => {
    const looked = await hikeshiJson<Reconciled>(env, ['reconcile', '--dry-run']);
    const kinds = (outcome: string) =>
      [FIRE, STOP].map((workflowId) => ({
        difference: expect.objectContaining({ kind: 'stuck', workflowId }),
        outcome,
      }));
    expect(looked.data.differences).toEqual(kinds('would-mend'));
    const mended = await hikeshiJson<Reconciled>(env, ['reconcile', '--by', 'duty-2']);
    expect([mended.code, mended.data.differences]).toEqual([0, kinds('mended')]);

    const losses = async () => (await world.operator.timeline(FIRE)).filter((kind) => kind === 'lossConfirmed').length;
    await eventually('the loss that came while it stood still is on record', async () => (await losses()) === 2);
    expect(await orders()).toEqual([{ wanted: 'SUSPENDED', status: 'confirmed' }]);
    await handle(STOP).executeUpdate('proposeLift', {
      args: [{ v: 1, by: 'provider-manager-1', reason: 'The control works' }],
    });
    await world.operator.decide(STOP, 'lift', 'approve', 'commander-1');
    await stage(STOP, 'WATCHED');
    expect((await orders()).map(({ wanted }) => wanted)).toEqual(['SUSPENDED', 'ACTIVE']);
    expect(await losses()).toBe(2);
    expect(await sweep()).toMatchObject({ orphans: 0 });
    expect(await named()).toEqual([]);
  }, 60_000);
});

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
  expect(schedule.action).toMatchObject({
    workflowType: 'guardSweep',
    taskQueue: 'process',
    args: [{ v: 1 }],
    workflowExecutionTimeout: 900_000,
  });
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

const LIFT = (...more: string[]) => [
  ...['suspend', 'lift', 'suspension/C/proposed-1', '--by', 'commander-1', '--reason', 'The control is in place'],
  ...more,
];

async function mails(): Promise<{ to: string[]; subject: string }[]> {
  const { mail } = (await (await fetch(`${world.simulator.url}/sim/mail`)).json()) as {
    mail: { to: string[]; subject: string }[];
  };
  return mail;
}

async function post(url: string, body: unknown): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}.`);
}
