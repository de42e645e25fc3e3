import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { PROJECT_ROOT } from '../../src/config.js';
import { remember } from '../../src/cli/neighbours.js';
import { instant } from '../../src/domain/instant.js';
import * as machine from '../../src/domain/suspension.js';
import { freePorts } from '../../src/stack/ports.js';
import { ensurePostgres, type Postgres } from '../../src/stack/postgres.js';
import { publishDocuments, readPlaybook } from '../../src/store/documents.js';
import { migrate } from '../../src/store/migrate.js';
import { openStore, type Store } from '../../src/store/open.js';
import { authority, decision, inEffect, plan } from '../domain/support.js';
import { cleanUp, silent, stateFolder } from '../stack/support.js';
import { bareEnvironment, hikeshi, hikeshiJson } from './support.js';

/** Temporal is absent throughout; the register is real, and absent where a test says so. */
let postgres: Postgres;
let store: Store;
let env: NodeJS.ProcessEnv;
let nowhere: string;

const LOSS_CONTROL = 'member-login-detection';
const STOP = ['--incident', 'B', '--name', 'stop-1', '--by', 'duty-1', '--reason', 'Losses go on'];

beforeAll(async () => {
  const stateDir = stateFolder();
  postgres = await ensurePostgres({ stateDir, port: 0, database: 'hikeshi', log: silent, settings: { fsync: 'off' } });
  store = openStore(postgres.url, { max: 2 });
  await migrate(store.db);
  const documents = await readPlaybook(path.join(PROJECT_ROOT, 'playbooks', 'example'));
  await publishDocuments(store.db, documents, instant(Date.now()));
  const [temporal, codec, nothing] = await freePorts(3);
  nowhere = `127.0.0.1:${nothing}`;
  env = bareEnvironment(stateDir, {
    DATABASE_URL: postgres.url,
    TEMPORAL_ADDRESS: `127.0.0.1:${temporal}`,
    HIKESHI_CODEC_URL: `http://127.0.0.1:${codec}`,
  });
}, 90_000);

afterAll(async () => {
  await store?.close();
  await postgres?.stop();
  await cleanUp();
});

interface Status {
  mode: string;
  parts: { part: string; state: string; problem?: { en: string; ja: string } }[];
  onDuty?: { person: string; second: string };
  known?: {
    incidents: { incident: string; cases: number; lossesGoOn: boolean; despiteStop: string[] }[];
    exposed: { function: string; state: string }[];
    overdue: { at: string }[];
    nextClock?: { at: string };
    needsHuman: { workflowId: string; command?: string }[];
  };
}

const partOf = ({ parts }: Status, part: string) => parts.find((each) => each.part === part)?.state;
const ago = (hours: number) => instant(Date.now() - hours * 3_600_000);

describe('status, while Temporal is down', () => {
  test('names what is down, says the way out, and still shows the rest', async () => {
    const { code, out } = await hikeshi(env, ['status']);
    expect(code).toBe(1);
    expect(out).toMatch(/LIVE/);
    expect(out).toMatch(/Temporal DOWN .*register up/);
    expect(out).toContain('npm start');
    expect(out).toMatch(/On duty duty-1 {3}second duty-2/);
    expect(out).toContain('No loss is confirmed.');
    expect(out).not.toMatch(/\n\s+at /);
  });

  test('is complete in Japanese', async () => {
    const { out } = await hikeshi(env, ['status', '--lang', 'ja']);
    expect(out).toMatch(/本番 LIVE/);
    expect(out).toMatch(/台帳 稼働/);
    expect(out).toMatch(/危険にさらされている機能/);
  });

  test('tells which functions are exposed, by a loss of their own or by a control they share, until they are suspended', async () => {
    const loss = { incident: 'B', target: 'mijica-transfer', count: 4, occurred_at: ago(30) };
    const recorded = { confirmed_at: ago(2), recorded_at: ago(2) };
    await store.db
      .insertInto('loss')
      .values({ ...loss, ...recorded, reference: 'case-1' })
      .execute();
    const state = { target: 'mijica-transfer', failedControl: LOSS_CONTROL, phase: 'closed' };
    await store.db
      .insertInto('job')
      .values({
        workflow_id: 'containment/B/mijica-transfer',
        job: 'containment',
        incident: 'B',
        stage: 'CLOSED',
        closed: true,
        needs_human: false,
        sequence: 1,
        state: JSON.stringify(state),
        updated_at: ago(2),
      })
      .execute();
    const before = (await hikeshiJson<Status>(env, ['status'])).data;
    expect(before.known?.incidents).toMatchObject([{ incident: 'B', cases: 4, lossesGoOn: true }]);
    expect(before.known?.exposed.map((fn) => [fn.function, fn.state])).toEqual([
      ['mijica-transfer', 'ACTIVE'],
      ['mijica-web', 'ACTIVE'],
    ]);

    await store.db
      .insertInto('function_state')
      .values([
        { target: 'mijica-transfer', effective_at: ago(1.5), order_n: 1, state: 'RESTRICTED' },
        { target: 'mijica-transfer', effective_at: ago(1), order_n: 2, state: 'SUSPENDED' },
      ])
      .execute();
    const after = (await hikeshiJson<Status>(env, ['status'])).data;
    expect(after.known?.incidents).toMatchObject([{ incident: 'B', lossesGoOn: false }]);
    expect(after.known?.exposed.map((fn) => fn.function)).toEqual(['mijica-web']);
  });

  test('a loss of more than a day ago does not say that losses go on', async () => {
    const loss = { incident: 'D', target: 'link-c1', reference: 'old-1', count: 1 };
    const old = { occurred_at: ago(50), confirmed_at: ago(25), recorded_at: ago(25) };
    await store.db
      .insertInto('loss')
      .values({ ...loss, ...old })
      .execute();
    const { data } = await hikeshiJson<Status>(env, ['status']);
    expect(data.known?.incidents.find(({ incident }) => incident === 'D')).toMatchObject({ lossesGoOn: false });
  });

  test('what was overdue is told apart from the next clock, and an orphan comes once with the command that mends it', async () => {
    const duty = { workflow_id: 'suspension/B/x', incident: 'B', owner: 'pr', opened_at: ago(3), arithmetic: '-' };
    const next = ago(-5);
    await store.db
      .insertInto('duty')
      .values([
        { ...duty, id: 'd1', duty: 'disclosureDecision', due: ago(1) },
        { ...duty, id: 'd2', duty: 'customerNotice', due: next },
      ])
      .execute();
    const orphan = { incident: 'B', subject: 'orphan:suspension/B/x', roles: ['dutyOfficer'], call: true, send: null };
    const asks = { asks_en: 'Nobody looks after it.', asks_ja: '管理されていません。', opened_at: ago(1) };
    await store.db
      .insertInto('task')
      .values(['1', '2'].map((id) => ({ ...orphan, ...asks, id, workflow_id: `guardSweep-${id}` })))
      .execute();
    const { known } = (await hikeshiJson<Status>(env, ['status'])).data;
    expect(known?.overdue).toHaveLength(1);
    expect(known?.nextClock?.at).toBe(next);
    expect(known?.needsHuman).toHaveLength(1);
    expect(known?.needsHuman[0]).toMatchObject({
      workflowId: 'suspension/B/x',
      command: 'npx hikeshi reconcile suspension/B/x --dry-run',
    });
    const tasks = await hikeshi(env, ['tasks', '--role', 'pr']);
    expect(tasks.out).toMatch(/OVERDUE/);
    expect(tasks.out).toMatch(/notice to customers/);
    expect(tasks.out).toMatch(/No open task/);
  });

  test('an emergency stop without any loss still tells what its failed control exposes, and a skipped target is no proof', async () => {
    const id = 'suspension/H/links-1';
    const targets = ['link-o1', 'link-o2'];
    const input = { incident: 'H', targets, emergency: true, failedControl: 'link-two-factor' };
    const now = ago(0.1);
    const { state } = machine.propose(id, plan(input, ['link-o3']), now);
    const held = machine.settle(machine.order(state, now).state, 'link-o1', inEffect('SUSPENDED', now), now).state;
    const refused = machine.settle(held, 'link-o2', { kind: 'refused', problem: 'HTTP 403' }, now).state;
    const question = machine.suspensionQuestions(refused).find(({ subject }) => subject === 'target:link-o2')!;
    const skipped = machine.decide(refused, decision(question, 'skip', 'duty-1'), authority(), now).state;
    const job = { job: 'suspension', incident: 'H', closed: false, needs_human: true, sequence: 1, updated_at: now };
    await store.db
      .insertInto('job')
      .values([
        { ...job, workflow_id: id, stage: machine.stageOf(skipped), state: JSON.stringify(skipped) },
        {
          ...job,
          workflow_id: 'suspension/H/asked',
          stage: 'PROPOSED',
          state: JSON.stringify({ ...state, emergency: false }),
        },
      ])
      .execute();
    await store.db
      .insertInto('function_state')
      .values({ target: 'link-o1', effective_at: now, order_n: 1, state: 'SUSPENDED' })
      .execute();
    const { out } = await hikeshi(env, ['status']);
    expect(out).toMatch(
      /STILL EXPOSED[\s\S]*link-o3 +ACTIVE .*shares the failed control link-two-factor; not judged yet/,
    );
    expect(out).not.toMatch(/link-o1 +ACTIVE/);
    expect(out).toMatch(/suspension\/H\/links-1 +EMERGENCY_IN_FORCE +1 of 2 proven, 1 SKIPPED/);
    const shown = await hikeshi(env, ['suspend', 'status', id]);
    expect(shown.out).toMatch(/link-o2 .*SKIPPED, nothing proves it/);
    const { data } = await hikeshiJson<{ workflows: { targets: object[] }[] }>(env, [
      'suspend',
      'status',
      'suspension/H/asked',
    ]);
    expect(data.workflows[0]!.targets[0]).toMatchObject({ reads: { en: 'nothing ordered' } });
    expect(data.workflows[0]!.targets[0]).not.toHaveProperty('orderedAt');
  });

  test('losses that occurred after a stop was executed, by the channel or by hand, are said to go on despite it', async () => {
    const id = 'suspension/I/by-hand';
    const stopped = ago(3);
    const input = plan({ incident: 'I', targets: ['mijica-debit'], emergency: true });
    const ordered = machine.order(machine.propose(id, input, stopped).state, stopped).state;
    const asking = machine.settle(ordered, 'mijica-debit', { kind: 'by-hand', problem: 'BY_HAND' }, stopped).state;
    const question = machine.suspensionQuestions(asking).find(({ subject }) => subject === 'target:mijica-debit')!;
    const state = machine.decide(asking, decision(question, 'done-by-hand', 'duty-1'), authority(), stopped).state;
    const job = {
      job: 'suspension',
      incident: 'I',
      closed: false,
      needs_human: true,
      sequence: 1,
      updated_at: stopped,
    };
    await store.db
      .insertInto('job')
      .values({ ...job, workflow_id: id, stage: machine.stageOf(state), state: JSON.stringify(state) })
      .execute();
    const loss = (incident: string, target: string, occurred: number) =>
      store.db
        .insertInto('loss')
        .values({
          ...{ incident, target, reference: `despite-${occurred}`, count: 1 },
          ...{ occurred_at: ago(occurred), confirmed_at: ago(0.01), recorded_at: ago(0.01) },
        })
        .execute();
    const lines = async () => {
      const { known } = (await hikeshiJson<Status>(env, ['status'])).data;
      const incidents = known!.incidents.filter(({ incident }) => ['H', 'I'].includes(incident));
      return incidents.map(({ incident, lossesGoOn, despiteStop }) => [incident, lossesGoOn, despiteStop]);
    };
    await loss('H', 'link-o1', 5);
    await loss('I', 'mijica-debit', 5);
    expect(await lines()).toEqual([
      ['H', false, []],
      ['I', false, []],
    ]);
    await loss('H', 'link-o1', 0.05);
    await loss('I', 'mijica-debit', 2);
    expect(await lines()).toEqual([
      ['H', true, ['link-o1']],
      ['I', true, ['mijica-debit']],
    ]);
    const { out } = await hikeshi(env, ['status']);
    expect(out).toMatch(/I {3}last confirmed .*\n +LOSSES GO ON\n +DESPITE THE STOP of mijica-debit/);
    expect(out).not.toMatch(/mijica-debit +ACTIVE/);
    expect((await hikeshi(env, ['status', '--lang', 'ja'])).out).toContain('mijica-debit は停止中ですが');
  });

  test('decisions come with the JSON for the Web UI and the link to it, the first five of many', async () => {
    const now = ago(0.1);
    const job = { job: 'suspension', incident: 'J', closed: false, needs_human: true, sequence: 1, updated_at: now };
    const proposals = [1, 2, 3, 4, 5, 6].map((n) => {
      const id = `suspension/J/asked-${n}`;
      const { state } = machine.propose(id, { ...plan({ incident: 'J' }), digest: `digest-of-proposal-${n}` }, now);
      return { ...job, workflow_id: id, stage: machine.stageOf(state), state: JSON.stringify(state) };
    });
    await store.db.insertInto('job').values(proposals).execute();
    const { data } = await hikeshiJson<{ known: { decisions: { json: object; link: string }[] } }>(env, ['status']);
    const { out } = await hikeshi(env, ['status']);
    const lines = out.split('\n').map((line) => line.trim());
    const sent = lines.filter((line) => line.startsWith('{"v":1,'));
    expect(sent).toHaveLength(5);
    for (const line of sent) {
      const json = JSON.parse(line) as { subject: string };
      expect(json).toMatchObject({ v: 1, by: '<your id>', reason: '<why>' });
      const { link } = data.known.decisions.find((each) => JSON.stringify(each.json) === line) ?? { link: undefined };
      // One line for several functions names none of them.
      expect(lines[lines.indexOf(line) + 1]).toMatch(link ?? /workflows\/suspension%2FH%2Flinks-1$/);
      if (!link) expect(json.subject).toMatch(/:FUNCTION$/);
    }
    expect(out).toMatch(/JSON and links of the other \d+: npx hikeshi status --json/);
    await store.db.deleteFrom('job').where('incident', '=', 'J').execute();
  });

  test('the task of a signal that could not be read is closed by the word of whom it was for, once, and of nobody else', async () => {
    const id = 'containment/B/mijica-web#3.1';
    const task = { workflow_id: 'containment/B/mijica-web', incident: 'B', roles: ['dutyOfficer'], call: true };
    const asks = { asks_en: 'It could not be read.', asks_ja: '読み取れません。', opened_at: ago(1), send: null };
    await store.db
      .insertInto('task')
      .values([
        { ...task, ...asks, id, subject: 'signal:lossConfirmed' },
        { ...task, ...asks, id: `${id}0`, subject: 'decide' },
      ])
      .execute();
    const tasks = await hikeshi(env, ['tasks', '--incident', 'B']);
    expect(tasks.out).toContain(`npx hikeshi tasks close '${id}' --by YOUR-ID --reason WHAT-WAS-DONE`);
    const close = (what: string, by: string, ...more: string[]) =>
      hikeshi(env, ['tasks', 'close', what, '--by', by, '--reason', 'It was sent again', ...more]);
    expect((await close(id, 'pr-1')).err).toMatch(/Who may: duty officer \(duty-1, duty-2\)/);
    expect((await close(`${id}0`, 'duty-1')).err).toMatch(/closes when what it asks for is done/);
    await store.db
      .insertInto('task')
      .values({ ...task, ...asks, id: 'containment/B/mijica-web#9.2', subject: 'lossAfterStop:mijica-web' })
      .execute();
    expect((await close('containment/B/mijica-web#9.2', 'duty-1', '--dry-run')).out).toMatch(/DRY RUN/);
    expect((await close('nothing#1.1', 'duty-1', '--lang', 'ja')).err).toMatch(/タスク「nothing#1.1」はありません/);
    expect((await close(id, 'duty-1', '--dry-run')).out).toMatch(/DRY RUN/);
    for (let time = 1; time <= 2; time++) expect((await close(id, 'duty-1', '--json')).code).toBe(0);
    const lines = await store.db.selectFrom('timeline').selectAll().where('kind', '=', 'taskHandled').execute();
    expect(lines).toMatchObject([{ entity: 'containment/B/mijica-web', content: { by: 'duty-1', task: id } }]);
    const open = await store.db.selectFrom('task').select('id').where('closed_at', 'is', null).execute();
    expect(open.map((row) => row.id)).toContain(`${id}0`);
    expect(open.map((row) => row.id)).not.toContain(id);
  });

  test('what nobody could decide is refused before anything starts', async () => {
    const commission = (by: string) => [
      ...['evaluation', 'commission', 'R2020', '--assessor', 'assessor-1', '--due', '2030-11-06'],
      ...['--by', by, '--reason', 'A third party is to look', '--dry-run'],
    ];
    expect((await hikeshi(env, commission('audit-1'))).err).toMatch(
      /nobody in the roster could decide it \("evaluation.commission"/,
    );
    expect((await hikeshi(env, [...commission('audit-1'), '--lang', 'ja'])).err).toMatch(/別の人が提案するか/);
    // There is no such round; who proposes it is no obstacle.
    expect((await hikeshi(env, commission('commander-1'))).err).toMatch(/holds no round R2020/);
  });

  test('a register of a drill is shown as a drill', async () => {
    await store.db.insertInto('setting').values({ name: 'mode', value: 'drill' }).execute();
    try {
      const { out } = await hikeshi(env, ['status', '--lang', 'ja']);
      expect(out).toMatch(/訓練 DRILL/);
      expect(out).not.toMatch(/LIVE/);
    } finally {
      await store.db.deleteFrom('setting').execute();
    }
  });

  test('a channel system that answers is up, one that refuses connections is down, and one whose address nobody knows is neither', async () => {
    const server = http.createServer((_request, response) => response.end('{"status":"OPEN"}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const state = async (more: NodeJS.ProcessEnv) =>
      partOf((await hikeshiJson<Status>({ ...env, ...more }, ['status'])).data, 'channelSystem');
    const secret = { HIKESHI_SECRET_CHANNEL_TOKEN: 'simulator' };
    try {
      expect(await state({ ...secret, HIKESHI_CHANNEL_URL: `http://127.0.0.1:${port}` })).toBe('up');
      expect(await state({ ...secret, HIKESHI_CHANNEL_URL: `http://${nowhere}` })).toBe('down');
      expect(await state(secret)).toBe('unknown');
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  describe('a health page that was noted at the start', () => {
    const RUNNING = { process: 'RUNNING', control: 'RUNNING' };
    const OURS = { service: 'hikeshi-worker', namespace: 'hikeshi', stack: 'stack-1', workers: RUNNING };
    const folders: string[] = [];
    afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

    /** How the worker stands when this server listens where one of the stack `stack-1` was noted. */
    async function worker(server: net.Server, more: readonly string[] = []) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const stateDir = mkdtempSync(path.join(os.tmpdir(), 'hikeshi-noted-'));
      folders.push(stateDir);
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      remember(stateDir, { env: { HIKESHI_STACK: 'stack-1' }, workerHealthUrls: [url, ...more] });
      try {
        const { data } = await hikeshiJson<Status>({ ...env, HIKESHI_STATE_DIR: stateDir }, ['status']);
        return { url, ...data.parts.find(({ part }) => part === 'worker')! };
      } finally {
        await new Promise((resolve) => server.close(resolve));
      }
    }
    const saying = (page: unknown) =>
      http.createServer((_request, response) => response.end(typeof page === 'string' ? page : JSON.stringify(page)));

    test('is believed when a worker of this very stack answers', async () => {
      expect(await worker(saying(OURS))).toMatchObject({ state: 'up' });
    });

    test.each([
      ['another program', saying('<html>Welcome</html>')],
      ['a program with a health page of the same form', saying({ ok: true, workers: RUNNING })],
      ["another stack's worker", saying({ ...OURS, stack: 'stack-2' })],
      ["another namespace's worker", saying({ ...OURS, namespace: 'drill-1' })],
      ['a worker of no stack', saying({ ...OURS, stack: undefined })],
      [
        'a program that speaks no HTTP',
        net.createServer((socket) =>
          socket
            .on('error', () => undefined)
            .end('SSH-2.0-Other\r\n')
            .resume(),
        ),
      ],
    ])('is not believed when %s answers, and a sentence says so', async (_who, server) => {
      const { state, problem, url } = await worker(server);
      expect(state).toBe('unknown');
      expect(problem?.en).toBe(
        `Another program answers at ${url}, where a worker of this stack was noted. So it is not known whether a worker serves process and control. End that program, then stop and start the stack with "npm start".`,
      );
      expect(problem?.ja).toMatch(/別のプログラムが応答しています。そのため/);
    });

    test('says that a worker is down when nobody answers', async () => {
      const silent = net.createServer((socket) => socket.destroy());
      expect(await worker(silent, [`http://${nowhere}`])).toMatchObject({
        state: 'down',
        problem: { en: expect.stringMatching(/^No worker serves process and control/) as string },
      });
    });

    test('of the bulk worker that another program took is named, while stops are served', async () => {
      const other = saying('taken');
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      const taken = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
      try {
        const { state, problem } = await worker(saying(OURS), [taken]);
        expect([state, problem?.en]).toEqual(['up', expect.stringContaining(`Another program answers at ${taken}`)]);
      } finally {
        await new Promise((resolve) => other.close(resolve));
      }
    });
  });

  test('with the register down too it still says who is on duty, from the playbook folder', async () => {
    const { data } = await hikeshiJson<Status>({ ...env, DATABASE_URL: `postgres://x@${nowhere}/x` }, ['status']);
    expect(data.mode).toBe('unknown');
    expect(partOf(data, 'register')).toBe('down');
    expect(data.onDuty).toEqual({ person: 'duty-1', second: 'duty-2' });
    expect(data.known).toBeUndefined();
  });

  test('a register that takes connections and never answers does not hold the screen', async () => {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const sockets: net.Socket[] = [];
    server.on('connection', (socket) => sockets.push(socket.on('error', () => undefined)));
    const { port } = server.address() as AddressInfo;
    try {
      const ordinary = await hikeshi(env, ['status']);
      const silentRegister = { ...env, DATABASE_URL: `postgres://x@127.0.0.1:${port}/x` };
      const { out, ms } = await hikeshi(silentRegister, ['status']);
      expect(out).toMatch(/register DOWN/);
      // The driver's own patience is 5 s; a person's is less.
      expect(ms - ordinary.ms).toBeLessThan(4_000);
    } finally {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
  }, 30_000);
});

describe('an emergency stop while Temporal is down', () => {
  const emergency = [
    'suspend',
    'emergency',
    ...STOP,
    '--targets',
    'mijica-web,mijica-transfer',
    '--failed-control',
    LOSS_CONTROL,
  ];

  test('prints how to stop each target by hand, in stop order, and ends with code 2', async () => {
    const { code, out } = await hikeshi({ ...env, HIKESHI_CHANNEL_URL: 'http://channel.example:8300' }, emergency);
    expect(code).toBe(2);
    expect(out).toMatch(/STOP BY HAND: nothing is stopped yet/);
    expect(out.indexOf('1/2  mijica-transfer')).toBeGreaterThan(0);
    expect(out.indexOf('2/2  mijica-web')).toBeGreaterThan(out.indexOf('1/2  mijica-transfer'));
    expect(out).toContain('PUT http://channel.example:8300/v1/functions/MIJICA_TRANSFER');
    expect(out).toContain('{"status":"CLOSED","inFlight":"reject"}');
    expect(out).toMatch(/\/status must be CLOSED/);
    expect(out).toMatch(/Done by _+ +at _+:_+/);
  });

  test('never prints a secret, only the name under which it is kept', async () => {
    const secret = 'a-very-secret-token';
    const { out, err } = await hikeshi({ ...env, HIKESHI_SECRET_CHANNEL_TOKEN: secret }, emergency);
    expect(out).toContain('Authorization: Bearer $HIKESHI_SECRET_CHANNEL_TOKEN');
    expect(out + err).not.toContain(secret);
  });

  test('gives the command that records it later, which is the very stop that was asked for', async () => {
    const { data } = await hikeshiJson<{ manualStop: { recordWith: string } }>(env, emergency);
    const json = /--input '(.*)'$/.exec(data.manualStop.recordWith)![1]!;
    expect(JSON.parse(json)).toEqual({
      v: 1,
      incident: 'B',
      measure: 'suspend',
      targets: ['mijica-web', 'mijica-transfer'],
      by: 'duty-1',
      reason: 'Losses go on',
      failedControl: LOSS_CONTROL,
      emergency: true,
    });
  });

  test('takes the playbook from its folder when the register is down too', async () => {
    const down = { ...env, DATABASE_URL: `postgres://x@${nowhere}/x` };
    const { code, out } = await hikeshi(down, [...emergency, '--lang', 'ja']);
    expect(code).toBe(2);
    expect(out).toMatch(/手作業での停止手順/);
    expect(out).toMatch(/フォルダーから読み込み/);
    expect(out).toContain('/v1/functions/MIJICA_WEB');
  });

  test('a target that the playbook does not name is refused, not printed', async () => {
    const { code, err, out } = await hikeshi(env, ['suspend', 'emergency', ...STOP, '--targets', 'mijica-transfr']);
    expect(code).toBe(1);
    expect(err).toMatch(/no target "mijica-transfr"\. Use one of: mijica-transfer/);
    expect(out).toBe('');
  });

  test('somebody who is not the duty officer gets the refusal, not the sheet', async () => {
    const args = ['suspend', 'emergency', ...STOP, '--targets', 'mijica-web'].map((word) =>
      word === 'duty-1' ? 'pr-1' : word,
    );
    const { code, err } = await hikeshi(env, args);
    expect(code).toBe(1);
    expect(err).toMatch(/"pr-1" does not hold a role/);
  });

  test('a proposal is not an emergency: it is refused with the way out', async () => {
    const { code, err } = await hikeshi(env, ['suspend', 'propose', ...STOP, '--targets', 'mijica-web']);
    expect(code).toBe(1);
    expect(err).toMatch(/Temporal does not answer .*"hikeshi suspend emergency"/);
  });
});

describe('a dry run', () => {
  test('shows targets, customers, substitutes, what is to be judged, the digest and who may approve, and starts nothing', async () => {
    const args = ['suspend', 'propose', ...STOP, '--targets', 'mijica-transfer', '--failed-control', LOSS_CONTROL];
    const { code, out } = await hikeshi(env, [...args, '--dry-run']);
    expect(code).toBe(0);
    expect(out).toMatch(/mijica-transfer +Member-to-member transfer +1 +about 200,000 +\? \(reject\)/);
    expect(out).toMatch(/Instead of mijica-transfer: Transfers at counters/);
    expect(out).toMatch(/by name\n +mijica-web/);
    expect(out).toMatch(/To be judged within 24 hours/);
    expect(out).toMatch(/incident commander: commander-1, commander-2/);
    expect(out).toMatch(/Digest of exactly this: [0-9a-f]{32}/);
  });

  test('another target is another digest', async () => {
    const digestOf = async (targets: string) => {
      const args = ['suspend', 'propose', ...STOP, '--targets', targets, '--dry-run'];
      return (await hikeshiJson<{ digest: string }>(env, args)).data.digest;
    };
    expect(await digestOf('mijica-transfer')).not.toBe(await digestOf('mijica-transfer,mijica-web'));
  });
});

describe('wrong input is answered in one sentence', () => {
  const refusals: [string, string[], RegExp][] = [
    [
      'flags that are missing',
      ['suspend', 'propose', '--incident', 'B'],
      /^Missing: --name, --targets, --by, --reason/,
    ],
    [
      'an unknown person',
      ['suspend', 'propose', ...STOP, '--targets', 'mijica-web', '--by', 'nobody'],
      /does not know the person "nobody"/,
    ],
    [
      'a name of the wrong form',
      ['suspend', 'propose', ...STOP, '--targets', 'mijica-web', '--name', 'A B'],
      /workflow id must have the form/,
    ],
    [
      'an instant that is none',
      ['suspend', 'propose', ...STOP, '--targets', 'mijica-web', '--expected-end', 'soon'],
      /"expectedEnd"/,
    ],
    [
      'an amount that is none',
      ['suspend', 'propose', ...STOP, '--targets', 'mijica-web', '--limit-yen', 'much'],
      /"limitYen" must be given as number/,
    ],
    ['broken JSON', ['suspend', 'propose', '--name', 'x', '--input', '{"v":1'], /no valid JSON/],
    ['a list', ['suspend', 'propose', '--name', 'x', '--input', '-'], /must be one JSON object, not a list/],
    ['a file that is not there', ['decide', 'suspension/B/x', '--input', '/nowhere.json'], /cannot be read \(ENOENT\)/],
    [
      'a loss on an unknown function',
      [
        'loss',
        'confirm',
        '--incident',
        'B',
        '--target',
        'nope',
        '--reference',
        'r',
        '--count',
        '1',
        '--occurred-at',
        '2026-11-23T09:00:00Z',
      ],
      /no target "nope"/,
    ],
    [
      'a loss of no cases',
      [
        'loss',
        'confirm',
        '--incident',
        'B',
        '--target',
        'mijica-web',
        '--reference',
        'r',
        '--count',
        '0',
        '--occurred-at',
        '2026-11-23T09:00:00Z',
      ],
      /"count"/,
    ],
    ['an unknown role', ['tasks', '--role', 'boss'], /no role "boss"/],
    ['an unknown workflow', ['suspend', 'status', 'suspension/B/none'], /knows no suspension\/B\/none/],
    ['a decision on an unknown workflow', ['decide', 'suspension/B/none', '--dry-run'], /knows no suspension\/B\/none/],
    ['a reconciliation by nobody', ['reconcile'], /^Missing: --by/],
    ['another policy of a drill', ['drill', '--policy', 'as-wished'], /as-happened or as-designed/],
  ];

  test.each(refusals)('%s', async (_what, args, sentence) => {
    const { code, out, err } = await hikeshi(env, args, args.includes('-') ? '[]' : undefined);
    expect(code).toBe(1);
    expect(err.trim()).toMatch(sentence);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(out).toBe('');
  });

  test('for a program both languages stand in the JSON', async () => {
    const { code, data } = await hikeshiJson<{ refused: { en: string; ja: string } }>(env, ['tasks', '--role', 'boss']);
    expect(code).toBe(1);
    expect(data.refused.en).toMatch(/no role/);
    expect(data.refused.ja).toMatch(/役割はありません/);
  });

  test('a word that is no command or no option is refused with the hint to the help', async () => {
    expect((await hikeshi(env, ['stop'])).err).toMatch(/unknown command 'stop'[\s\S]*--help/);
    expect((await hikeshi(env, ['status', '--colour'])).code).toBe(1);
    expect((await hikeshi(env, ['improvement', 'list'])).err).toMatch(/missing required argument 'round'[\s\S]*--help/);
  });
});

describe('a playbook', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'hikeshi-cli-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('that the project brings is in order', async () => {
    expect((await hikeshi(env, ['playbook', 'check', path.join(PROJECT_ROOT, 'playbooks', 'example')])).code).toBe(0);
  });

  test('whose parts do not fit is refused with everything that does not fit, and is not published', async () => {
    cpSync(path.join(PROJECT_ROOT, 'playbooks', 'example'), folder, { recursive: true });
    const change = (file: string, from: RegExp, to: string) => {
      const name = path.join(folder, file);
      writeFileSync(name, readFileSync(name, 'utf8').replace(from, to));
    };
    change('roster.yaml', /second: duty-2/, 'second: duty-9');
    change('services.yaml', /connector: channel-system/, 'connector: telegraph');
    change('decisions.yaml', / {2}suspension\.lift:.*\n/, '');
    const { code, err } = await hikeshi(env, ['playbook', 'publish', folder]);
    expect(code).toBe(1);
    expect(err).toMatch(/unknown connector telegraph.*duty-9, who is not in the roster.*no row suspension\.lift/);
    const roster = await store.db
      .selectFrom('current_document')
      .select('version')
      .where('kind', '=', 'roster')
      .executeTakeFirst();
    expect(roster?.version).toBe('example-roster-2');
  });
});

test('the key can be changed, and the old one stays for reading', async () => {
  const stateDir = mkdtempSync(path.join(os.tmpdir(), 'hikeshi-keys-'));
  try {
    const own = { ...env, HIKESHI_STATE_DIR: stateDir };
    const first = await hikeshiJson<{ before: string | null; current: string }>(own, ['key', 'rotate']);
    const second = await hikeshiJson<{ before: string | null; current: string }>(own, ['key', 'rotate']);
    expect(first.data.before).toBeNull();
    expect(second.data.before).toBe(first.data.current);
    const ring = JSON.parse(readFileSync(path.join(stateDir, 'keys.json'), 'utf8')) as {
      namespaces: { hikeshi: { keys: object } };
    };
    expect(Object.keys(ring.namespaces.hikeshi.keys).sort()).toEqual([first.data.current, second.data.current].sort());
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
});
