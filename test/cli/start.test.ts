import { execFile, spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { PROJECT_ROOT, portVariable, type PortName } from '../../src/config.js';
import { freePorts } from '../../src/stack/ports.js';
import { cleanUp, projectCli, stateFolder, until } from '../stack/support.js';
import { bareEnvironment, hikeshi } from './support.js';

const NAMES: PortName[] = ['temporal', 'ui', 'codec', 'forms', 'postgres', 'smtp', 'channelSystem', 'workerHealth'];
let stack: ChildProcess | undefined;

afterEach(async () => {
  if (stack && stack.exitCode === null && stack.signalCode === null) {
    const gone = new Promise((resolve) => stack!.once('exit', resolve));
    stack.kill('SIGTERM');
    await gone;
  }
  await cleanUp();
}, 90_000);

test('the stack starts, another terminal finds it without being told where, the first stop works, and Ctrl-C ends it in order', async () => {
  const stateDir = stateFolder();
  const ports = await freePorts(NAMES.length);
  const moved = Object.fromEntries(NAMES.map((name, index) => [portVariable(name), String(ports[index])]));
  const env = bareEnvironment(stateDir, { TEMPORAL_CLI_PATH: await projectCli() });
  stack = spawn(process.execPath, [path.join(PROJECT_ROOT, 'dist', 'cli', 'main.js'), 'start'], {
    env: { ...env, ...moved },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let steps = '';
  stack.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  stack.stderr?.on('data', (chunk: Buffer) => (steps += chunk.toString()));
  await until(() => said.includes('Web UI') || stack?.exitCode !== null, 90_000);
  expect(steps).toMatch(/PostgreSQL is up[\s\S]*Temporal is up[\s\S]*playbook and schedules is up[\s\S]*worker is up/);
  expect(said).toMatch(/Temporal Web UI +http:\/\/127\.0\.0\.1:\d+\/namespaces\/hikeshi\/workflows/);

  // The line that is printed for Temporal's own CLI, tried on a workflow of this stack below.
  const [, printed] = /Temporal CLI +temporal workflow list (--address .*)\n/.exec(said)!;

  // Not told of the ports.
  const status = await hikeshi(env, ['status']);
  expect([status.code, status.out]).toEqual([
    0,
    expect.stringMatching(/Temporal up {3}worker up {3}register up {3}channel system up/),
  ]);

  const tried = /npx hikeshi suspend emergency --name (\S+) --input '(.*)'/.exec(said)!;
  const stopped = await hikeshi(env, ['suspend', 'emergency', '--name', tried[1]!, '--input', tried[2]!]);
  expect([stopped.code, stopped.out]).toEqual([0, expect.stringMatching(/EMERGENCY_IN_FORCE/)]);

  const cli = async (...args: string[]) =>
    (await promisify(execFile)(await projectCli(), ['workflow', ...args, ...printed!.split(' ')])).stdout;
  const id = `suspension/B/${tried[1]!}`;
  expect(await cli('list')).toContain(id);
  expect(await cli('metadata', '-w', id)).toContain('## EMERGENCY_IN_FORCE');

  const exit = new Promise<number | null>((resolve) => stack!.once('exit', resolve));
  stack.kill('SIGINT');
  expect(await exit).toBe(0);
  // In order: whoever works for others ends after them. By what each wrote down itself.
  const log = (name: string) =>
    fs
      .readFileSync(path.join(stateDir, 'logs', `${name}.log`), 'utf8')
      .trim()
      .split('\n');
  const saidAt = (name: string, words: string) => {
    const line = log(name).findLast((each) => each.includes(words))!;
    return Date.parse((/\d{4}-\d\d-\d\d[T ][\d:.]+/.exec(line)![0] + 'Z').replace(' ', 'T'));
  };
  const ended = [
    saidAt('worker', 'Workers have ended'),
    saidAt('gateway', 'Ending in order'),
    saidAt('temporal', 'time='),
    saidAt('postgres', 'shutting down'),
  ];
  expect(ended).toEqual([...ended].sort((a, b) => a - b));
  const after = await hikeshi(env, ['status']);
  expect(after.out).toMatch(/Temporal DOWN {3}worker DOWN {3}register DOWN/);
}, 180_000);
