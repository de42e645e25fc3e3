import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { PROJECT_ROOT, portVariable, type PortName } from '../../src/config.js';
import { freePorts } from '../../src/stack/ports.js';
import { bareEnvironment } from '../cli/support.js';
import { cleanUp, projectCli, stateFolder } from '../stack/support.js';

const NAMES: PortName[] = ['temporal', 'ui', 'codec', 'forms', 'postgres', 'smtp', 'channelSystem', 'workerHealth'];
/** Milliseconds from the command to the stack that says that it is up, on two cores that do nothing else. */
const SECOND_START_MS = 10_000;
const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of [...children]) await end(child);
  await cleanUp();
}, 60_000);

/** Ctrl-C, which a terminal sends to npm and all that it runs; over when nobody holds the output any more. */
async function end(child: ChildProcess): Promise<void> {
  const at = children.indexOf(child);
  if (at < 0) return;
  children.splice(at, 1);
  const closed = once(child, 'close');
  process.kill(-child.pid!, 'SIGINT');
  await closed;
}

/** Runs `npm start` until it says that the stack is up. */
async function started(env: NodeJS.ProcessEnv): Promise<{ stack: ChildProcess; ms: number }> {
  const began = performance.now();
  const stack = spawn('npm', ['start', '--silent', '--', '--json'], {
    cwd: PROJECT_ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  children.push(stack);
  let said = '';
  let steps = '';
  stack.stderr?.on('data', (chunk: Buffer) => (steps += chunk.toString()));
  await new Promise<void>((resolve, reject) => {
    stack.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.split('\n').some((line) => line.startsWith('{"ready":true'))) resolve();
    });
    stack.once('exit', (code) => reject(new Error(`npm start ended with ${code}: ${steps}${said}`)));
  });
  return { stack, ms: performance.now() - began };
}

test('npm start a second time, offline, has the whole stack up within ten seconds', async () => {
  const ports = await freePorts(NAMES.length);
  const env = bareEnvironment(stateFolder(), {
    ...Object.fromEntries(NAMES.map((name, index) => [portVariable(name), String(ports[index])])),
    TEMPORAL_CLI_PATH: await projectCli(),
  });
  const first = await started(env);
  await end(first.stack);
  const nowhere = 'http://127.0.0.1:9';
  const offline = {
    npm_config_offline: 'true',
    PIP_NO_INDEX: '1',
    http_proxy: nowhere,
    https_proxy: nowhere,
    no_proxy: '127.0.0.1',
  };
  const second = await started({ ...env, ...offline });
  process.stdout.write(
    `npm start: ${(first.ms / 1000).toFixed(1)} s, a second time ${(second.ms / 1000).toFixed(1)} s\n`,
  );
  expect(second.ms).toBeLessThan(SECOND_START_MS);
});
