import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { PROJECT_ROOT, portVariable, type PortName } from '../../src/config.js';
import type { Difference } from '../../src/domain/reconcile.js';
import { SIMULATOR_TOKEN } from '../../src/simulator/channelSystem.js';
import type { Sentence } from '../../src/domain/sentence.js';
import type { SuspensionState } from '../../src/domain/suspension.js';
import { backUp } from '../../src/stack/backup.js';
import type { Manifest } from '../../src/stack/backupFiles.js';
import { freePorts } from '../../src/stack/ports.js';
import { restore, type RestoreOptions } from '../../src/stack/restore.js';
import type { Addresses } from '../../src/stack/start.js';
import { SCHEMAS } from '../../src/store/migrate.js';
import { openStore, type Store } from '../../src/store/open.js';
import { dataConverterFor } from '../../src/worker/dataConverter.js';
import { KeyRing } from '../../src/worker/keyRing.js';
import { bareEnvironment, hikeshi, hikeshiJson, type Ran } from '../cli/support.js';
import { eventually, LiveOperator } from '../support/liveOperator.js';
import { refusal } from '../support/drillWorld.js';
import { cleanUp, problemOf, projectCli, silent, stateFolder, until } from '../stack/support.js';

/**
 * The rehearsal of backup and restore: one stack, stopped and started, with a backup of an early and of a late state. The
 * channel system lies outside and is never restored. The tests follow one another.
 */
const NAMES: PortName[] = ['temporal', 'ui', 'codec', 'postgres', 'smtp', 'channelSystem', 'workerHealth'];

let stateDir: string;
let backups: string;
let env: NodeJS.ProcessEnv;
let stack: Running | undefined;

beforeAll(async () => {
  stateDir = stateFolder();
  backups = stateFolder();
  const ports = await freePorts(NAMES.length);
  env = bareEnvironment(stateDir, {
    TEMPORAL_CLI_PATH: await projectCli(),
    ...Object.fromEntries(NAMES.map((name, index) => [portVariable(name), String(ports[index])])),
  });
}, 60_000);

afterAll(async () => {
  await stop();
  await cleanUp();
}, 180_000);

interface Running {
  readonly child: ChildProcess;
  readonly connection: Connection;
  readonly client: Client;
  readonly store: Store;
  readonly operator: LiveOperator;
  readonly channel: string;
}

async function start(): Promise<Running> {
  const child = spawn(process.execPath, [path.join(PROJECT_ROOT, 'dist', 'cli', 'main.js'), 'start', '--json'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until(() => said.includes('\n') || child.exitCode !== null, 90_000);
  const { addresses } = JSON.parse(said) as { addresses: Addresses };
  const { namespace } = addresses;
  const connection = await Connection.connect({ address: addresses.temporalAddress });
  const dataConverter = dataConverterFor(namespace, KeyRing.at(path.join(stateDir, 'keys.json')));
  const client = new Client({ connection, namespace, dataConverter });
  const store = openStore(addresses.databaseUrl, { max: 2 });
  const operator = new LiveOperator(client, store);
  return (stack = { child, connection, client, store, operator, channel: addresses.channelSystemUrl });
}

async function stop(): Promise<void> {
  if (!stack) return;
  const { child, connection, store } = stack;
  stack = undefined;
  await store.close();
  await connection.close();
  const gone = new Promise((resolve) => child.once('exit', resolve));
  if (child.exitCode === null) {
    child.kill('SIGTERM');
    await gone;
  }
}

const folder = (name: string) => path.join(backups, name);
const back = (name: string, ...more: string[]) => hikeshi(env, ['restore', '--from', folder(name), ...more]);
const options = () => ({
  stateDir,
  env: {},
  keyRing: path.join(stateDir, 'keys.json'),
  at: new Date().toISOString(),
  log: silent,
});

/** The sentence by which a restore is refused. */
function refused(name: string, more: Partial<RestoreOptions> = {}): Promise<Sentence> {
  const adoptKeys = () => {
    throw new Error('a refused restore must not touch the keys');
  };
  return problemOf(() => restore({ ...options(), from: folder(name), schemas: SCHEMAS, adoptKeys, ...more }));
}

const killedAt = (step: string, args: string[]) => hikeshi({ ...env, HIKESHI_KILL_AT: step }, args);

/** What the channel system says of a function by itself. */
async function bank(code: string): Promise<string> {
  const answer = await fetch(`${stack!.channel}/v1/functions/${code}`, {
    headers: { authorization: `Bearer ${SIMULATOR_TOKEN}` },
  });
  return ((await answer.json()) as { status: string }).status;
}

async function differences(...args: string[]): Promise<{ code: number | null; found: [string, string, string][] }> {
  type Reconciled = { differences: { difference: Difference; outcome: string }[] };
  const { code, data } = await hikeshiJson<Reconciled>(env, ['reconcile', ...args]);
  const found = data.differences.map(
    ({ difference, outcome }) => [difference.kind, difference.workflowId, outcome] as [string, string, string],
  );
  return { code, found };
}

/** A sweep out of turn, as an operator triggers it; waits until it is over. */
async function sweep(): Promise<void> {
  const { client } = stack!;
  const handle = await client.workflow.start('guardSweep', {
    workflowId: `guardSweep-${Date.now()}`,
    taskQueue: 'process',
    args: [{ v: 1 }],
  });
  await handle.result();
}

function openTasks(subject: string): Promise<{ subject: string }[]> {
  return stack!.store.db
    .selectFrom('task')
    .select('subject')
    .where('subject', '=', subject)
    .where('closed_at', 'is', null)
    .execute();
}

async function openHolds(): Promise<string[]> {
  const rows = await stack!.store.db
    .selectFrom('hold')
    .select('target')
    .where('released_at', 'is', null)
    .orderBy('target')
    .execute();
  return rows.map(({ target }) => target);
}

/** What a refused restore must leave as it was. */
function fingerprint(): unknown {
  const data = path.join(stateDir, 'postgres', 'data');
  const files = ['temporal.db', 'temporal.db-wal', 'keys.json'].map((name) => path.join(stateDir, name));
  return {
    data: fs.statSync(data).ino,
    files: files.map((file) => {
      const { ino, mtimeMs, size } = fs.statSync(file);
      return [ino, mtimeMs, size];
    }),
    names: fs.readdirSync(stateDir).filter((name) => /replace|restore/.test(name)),
  };
}

function expectRefused({ code, out, err }: Ran, sentence: RegExp): void {
  expect([code, out]).toEqual([1, '']);
  expect(err).toMatch(sentence);
  expect(err).not.toMatch(/ {4}at /);
}

const ONE = 'suspension/L/one';
const TWO = 'suspension/L/two';

test('a stopped stack is backed up whole; one that runs, and one of somebody else, is not', async () => {
  expectRefused(await hikeshi(env, ['backup', '--out', folder('early')]), /nothing to back up/);
  const { operator } = await start();
  await operator.suspend('one', ['link-c1'], { emergency: true });
  await operator.stage(ONE, 'EMERGENCY_IN_FORCE');

  expectRefused(await hikeshi(env, ['backup', '--out', folder('early')]), /process \d+.*press Ctrl-C where it runs/);
  expect(fs.readdirSync(backups)).toEqual([]);
  await stop();
  for (const given of [{ DATABASE_URL: 'postgres://x@127.0.0.1:1/y' }, { TEMPORAL_ADDRESS: '127.0.0.1:1' }]) {
    const { en } = await problemOf(() => backUp({ ...options(), env: given, out: folder('early') }));
    expect(en).toMatch(new RegExp(`${Object.keys(given)[0]}.*pg_dump.*pg_restore`));
    expect((await refused('early', { env: given })).en).toBe(en);
  }

  const killed = await killedAt('backup.copied', ['backup', '--out', folder('early')]);
  expect(killed.code).toBeNull();
  expect((await refused('early.partial')).en).toMatch(/no whole backup/);

  const { code, data } = await hikeshiJson<Manifest & { keys: boolean }>(env, ['backup', '--out', folder('early')]);
  expect([code, data]).toMatchObject([0, { v: 1, holds: 1, openWorkflows: 1, postgres: '18', keys: true }]);
  expect(fs.readdirSync(backups)).toEqual(['early']);
  // The newest histories are in the log beside the database.
  expect(fs.readdirSync(folder('early/temporal'))).toContain('temporal.db-wal');
  for (const place of ['early', 'early/keys', 'early/register/base'])
    expect([place, fs.statSync(folder(place)).mode & 0o777]).toEqual([place, 0o700]);
  for (const place of ['early/keys/keys.json', 'early/temporal/temporal.db', 'early/manifest.json'])
    expect([place, fs.statSync(folder(place)).mode & 0o777]).toEqual([place, 0o600]);
  const again = await problemOf(() => backUp({ ...options(), out: folder('early') }));
  expect(again.en).toMatch(/there already/);
}, 180_000);

test('a backup with a changed byte, a missing file or a changed manifest is refused, and nothing is replaced', async () => {
  const before = fingerprint();
  const histories = folder('early/temporal/temporal.db-wal');
  const bytes = fs.readFileSync(histories);
  const other = Buffer.from(bytes);
  other[bytes.length >> 1]! ^= 1;
  fs.writeFileSync(histories, other);
  expectRefused(await back('early'), /1 of its files differ \(temporal\/temporal\.db-wal\)/);
  expect((await refused('early', { dryRun: true })).en).toMatch(/1 of its files differ/);
  fs.writeFileSync(histories, bytes);

  const control = folder('early/register/global/pg_control');
  fs.renameSync(control, `${control}.away`);
  expect((await refused('early')).ja).toMatch(/1 個のファイルがありません（register\/global\/pg_control）/);
  fs.renameSync(`${control}.away`, control);

  const manifest = fs.readFileSync(folder('early/manifest.json'), 'utf8');
  fs.writeFileSync(folder('early/manifest.json'), manifest.replace('"holds": 1', '"holds": 0'));
  expect((await refused('early')).en).toMatch(/manifest\.json/);
  fs.writeFileSync(folder('early/manifest.json'), manifest);

  expect(fingerprint()).toEqual(before);
  expect((await back('early', '--dry-run')).code).toBe(0);
  expect(fingerprint()).toEqual(before);
}, 60_000);

test('life goes on after the backup: a decision, a second stop, and a third one that was reversed', async () => {
  const { operator } = await start();
  await operator.decide(ONE, 'ratify', 'ratify', 'commander-1');
  await operator.stage(ONE, 'IN_FORCE');
  await operator.suspend('two', ['link-c2'], { emergency: true });
  await operator.stage(TWO, 'EMERGENCY_IN_FORCE');
  const { workflowId: three } = await operator.suspend('three', ['link-c3'], { emergency: true });
  await operator.stage(three, 'EMERGENCY_IN_FORCE');
  await operator.decide(three, 'reverse', 'reverse', 'duty-1');
  await operator.decide(three, 'reverse', 'reverse', 'commander-1');
  await operator.stage(three, 'REVERSED');

  expect((await refused('early')).en).toMatch(/press Ctrl-C where it runs/);
  // To look whether a copy is still good, nobody has to stop anything.
  expect((await back('early', '--dry-run')).code).toBe(0);
  await stop();
  expect((await hikeshi(env, ['backup', '--out', folder('late')])).code).toBe(0);
}, 180_000);

test('a register that is older than its workflows: a decision writes nothing over the gap, and reconcile goes on from the register', async () => {
  expect((await back('early', '--only', 'register')).code).toBe(0);
  const { operator, store, client } = await start();
  const timeline = await operator.timeline(ONE);
  expect(timeline).not.toContain('ratified');
  expect((await operator.standing(ONE)).ratification?.by).toBe('commander-1');

  const lift = { v: 1, by: 'provider-manager-1', reason: 'The control works' };
  const { message } = await refusal(client.workflow.getHandle(ONE).executeUpdate('proposeLift', { args: [lift] }));
  expect(message).toContain('hikeshi reconcile');
  expect(await operator.timeline(ONE)).toEqual(timeline);
  expect(await operator.stageNow(ONE)).toBe('EMERGENCY_IN_FORCE');
  expect(await openHolds()).toEqual(['link-c1']);
  expect((await openTasks('reconcile')).length).toBe(1);

  const { code, found } = await differences('--by', 'duty-1');
  expect(code).toBe(1);
  expect(found).toEqual([
    ['diverged', ONE, 'mended'],
    ['run-without-row', TWO, 'named'],
    ['unheld', 'function/link-c2', 'named'],
  ]);
  // What the register lost has to be decided again, by the people whose names then stand there.
  await operator.decide(ONE, 'ratify', 'ratify', 'commander-2');
  await operator.stage(ONE, 'IN_FORCE');
  expect((await store.db.selectFrom('decision').select('by').execute()).map(({ by }) => by)).toEqual(['commander-2']);
  expect(await bank('LINK_C1')).toBe('CLOSED');
  await stop();
}, 180_000);

test('a restore that is killed leaves the old state, or the next start finishes it', async () => {
  const before = fs.statSync(path.join(stateDir, 'postgres', 'data')).ino;
  expect((await killedAt('restore.staged', ['restore', '--from', folder('early')])).code).toBeNull();
  expect(fs.statSync(path.join(stateDir, 'postgres', 'data')).ino).toBe(before);
  expect(fs.existsSync(path.join(stateDir, 'replace.json'))).toBe(false);

  // The old register is aside and the new one not in its place yet: the worst instant.
  expect((await killedAt('restore.aside', ['restore', '--from', folder('early')])).code).toBeNull();
  expect(fs.existsSync(path.join(stateDir, 'postgres', 'data'))).toBe(false);
  const { operator } = await start();
  expect(fs.existsSync(path.join(stateDir, 'replace.json'))).toBe(false);
  expect(fs.existsSync(path.join(stateDir, 'restore.new'))).toBe(false);
  expect(await operator.stageNow(ONE)).toBe('EMERGENCY_IN_FORCE');
  const aside = fs.readdirSync(stateDir).filter((name) => name.startsWith('replaced-'));
  expect(fs.readdirSync(path.join(stateDir, aside.at(-1)!))).toEqual(
    expect.arrayContaining(['keys.json', 'postgres', 'temporal.db', 'temporal.db-wal']),
  );
}, 180_000);

test('after a restore the first stop is looked after as before, and a stop that nobody knows any more is told of, once', async () => {
  const { operator, client, store } = stack!;
  expect(await operator.standing(ONE)).toMatchObject({
    phase: 'ordered',
    targets: { 'link-c1': { status: 'settled' } },
  });
  expect((await operator.question(ONE, 'ratify')).verdicts).toContain('ratify');
  expect(await openHolds()).toEqual(['link-c1']);
  await expect(client.workflow.getHandle(TWO).describe()).rejects.toThrow(/not found/i);
  expect(await operator.stageNow(TWO)).toBeUndefined();
  expect(await bank('LINK_C2')).toBe('CLOSED');

  await sweep();
  await sweep();
  const alarms = await store.db
    .selectFrom('timeline')
    .select('content')
    .where('kind', '=', 'alarm.stoppedWithoutHold')
    .execute();
  expect(alarms).toEqual([{ content: { target: 'link-c2', readBack: 'SUSPENDED' } }]);
  expect(await openTasks('unheld:link-c2')).toHaveLength(1);
  expect((await differences('--dry-run')).found).toEqual([['unheld', 'function/link-c2', 'named']]);
  expect((await hikeshi(env, ['status'])).out).toMatch(/link-c2 reads SUSPENDED, and no measure/);
}, 180_000);

test('the way out: stopped again it is looked after again, and the channel takes orders whose numbers it has seen', async () => {
  const { operator } = stack!;
  expect(await bank('LINK_C3')).toBe('OPEN');
  const stopAgain = ['--incident', 'L', '--by', 'duty-1', '--reason', 'Closed before the restore'];
  const args = ['suspend', 'emergency', '--name', 'again', '--targets', 'link-c2,link-c3', ...stopAgain];
  expect((await hikeshi(env, args)).code).toBe(0);
  expect([await bank('LINK_C2'), await bank('LINK_C3')]).toEqual(['CLOSED', 'CLOSED']);
  expect(await operator.stageNow('suspension/L/again')).toBe('EMERGENCY_IN_FORCE');
  await sweep();
  await eventually('the task of link-c2 is closed', async () => (await openTasks('unheld:link-c2')).length === 0);
  expect((await differences('--dry-run')).found).toEqual([]);
  await stop();
}, 180_000);

test('workflows that are older than their register go on from the register by themselves', async () => {
  expect((await back('late', '--only', 'register')).code).toBe(0);
  const { operator } = await start();
  expect((await operator.standing(ONE)).ratification?.by).toBeUndefined();
  const timeline = await operator.timeline(ONE);
  expect(timeline).toContain('ratified');
  await refusal(operator.decide(ONE, 'ratify', 'ratify', 'commander-2'));
  await eventually('the run goes on as the register says', async () => {
    // Within its first moments the run that takes over knows no state yet.
    const state = (await operator.standing(ONE)) as SuspensionState | undefined;
    return state?.ratification?.by === 'commander-1';
  });
  expect(await operator.timeline(ONE)).toEqual(timeline);
}, 180_000);
