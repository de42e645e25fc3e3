import fs from 'node:fs';
import path from 'node:path';
import { PROJECT_ROOT } from '../../src/config.js';
import { identify } from '../../src/stack/identity.js';
import { startProcess, type ProcessOptions, type Supervised } from '../../src/stack/process.js';
import { cleanUp, compiled, killHard, problemOf, runNode, stateFolder, until } from './support.js';

const started: Supervised[] = [];
const READY = `console.log(JSON.stringify({ ready: true }));`;
const STAY = `setInterval(() => undefined, 1000);`;

afterEach(async () => {
  await Promise.all(started.splice(0).map((child) => child.stop()));
  await cleanUp();
});

async function start(script: string, options: Partial<ProcessOptions> = {}): Promise<Supervised> {
  const stateDir = stateFolder();
  const file = path.join(stateDir, 'part.mjs');
  fs.writeFileSync(file, script);
  const child = await startProcess({
    name: 'part',
    args: [file],
    stateDir,
    ready: (line) => line.includes('"ready":true'),
    log: () => undefined,
    ...options,
  });
  started.push(child);
  return child;
}

describe('a process of the stack', () => {
  test('is started again after a kill -9, and its words are kept in its log', async () => {
    const lines: string[] = [];
    const child = await start(`console.log('hello'); ${READY} ${STAY}`, { log: (line) => lines.push(line) });
    const before = child.pid!;
    process.kill(before, 'SIGKILL');
    await until(() => child.pid !== before && fs.readFileSync(child.logFile, 'utf8').split('hello').length === 3);
    expect(identify(child.pid!)).toBeDefined();
    expect(lines).toEqual(['part ended unasked (SIGKILL) and is started again']);
  });

  test('that ends again and again is given up with a sentence that names its log', async () => {
    const child = await start(READY);
    const problem = await child.failed;
    expect(problem.sentence.en).toContain(child.logFile);
    expect(problem.sentence.ja).toContain(child.logFile);
  });

  test('ends in its own way on stop, and by force only after the time of grace', async () => {
    const polite = await start(
      `process.on('SIGTERM', () => { console.log('bye'); process.exit(0); }); ${READY} ${STAY}`,
    );
    await polite.stop();
    expect(fs.readFileSync(polite.logFile, 'utf8')).toContain('bye');

    const stubborn = await start(`process.on('SIGTERM', () => undefined); ${READY} ${STAY}`, { graceMs: 200 });
    const pid = stubborn.pid!;
    await stubborn.stop();
    expect(identify(pid)).toBeUndefined();
  });

  test('that does not become ready is ended and reported', async () => {
    const { en } = await problemOf(() => start(`throw new Error('no database');`));
    expect(en).toMatch(/"part" did not become ready/);
    await problemOf(() => start(STAY, { readyTimeoutMs: 300 }));
  });

  test('is ready when the address that it is asked at answers', async () => {
    const script = `
      import http from 'node:http';
      const server = http.createServer((_, response) => response.end('ok'));
      setTimeout(() => server.listen(${String(39_271)}, '127.0.0.1'), 200);
    `;
    const child = await start(script, { ready: 'http://127.0.0.1:39271/readyz' });
    expect(child.pid).toBeDefined();
  });

  test('ends in its own way when the stack is killed -9', async () => {
    const stateDir = stateFolder();
    const file = path.join(stateDir, 'part.mjs');
    fs.writeFileSync(file, `process.on('SIGTERM', () => { console.log('bye'); process.exit(0); }); ${READY} ${STAY}`);
    const guard = path.join(PROJECT_ROOT, 'dist', 'stack', 'parentGuard.js');
    const stack = runNode(`
      const { startProcess } = await import(${compiled('process')});
      const child = await startProcess({
        name: 'part', args: ['--import', ${JSON.stringify(guard)}, ${JSON.stringify(file)}],
        stateDir: ${JSON.stringify(stateDir)}, ready: (line) => line.includes('ready'), log: () => undefined,
      });
      console.log(JSON.stringify({ pid: child.pid }));
      setInterval(() => undefined, 1000);
    `);
    await until(() => stack.text().includes('pid'));
    const { pid } = JSON.parse(stack.text()) as { pid: number };
    expect(identify(pid)).toBeDefined();
    await killHard(stack);
    await until(() => identify(pid) === undefined);
    expect(fs.readFileSync(path.join(stateDir, 'logs', 'part.log'), 'utf8')).toContain('bye');
  });
});
