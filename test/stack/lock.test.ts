import fs from 'node:fs';
import path from 'node:path';
import { lockStack, withLock } from '../../src/stack/lock.js';
import { cleanUp, compiled, killHard, problemOf, runNode, stateFolder, until } from './support.js';

afterEach(cleanUp);

function holder(stateDir: string) {
  return runNode(`
    const { lockStack } = await import(${compiled('lock')});
    lockStack(${JSON.stringify(stateDir)}).tell('http://127.0.0.1:8233');
    console.log('held');
    setInterval(() => undefined, 1000);
  `);
}

describe('the lock of a running stack', () => {
  test('refuses a second start and says where the first one runs; killed -9, it is taken over', async () => {
    const stateDir = stateFolder();
    const first = holder(stateDir);
    await until(() => first.text().includes('held'));

    const { en, ja } = await problemOf(async () => lockStack(stateDir));
    for (const text of [en, ja]) {
      expect(text).toContain(`${first.pid}`);
      expect(text).toContain('http://127.0.0.1:8233');
      expect(text).toContain('HIKESHI_STATE_DIR');
    }

    await killHard(first);
    const lock = lockStack(stateDir);
    lock.release();
    lockStack(stateDir).release();
  });

  test('left by a process whose number another program has now is taken over', () => {
    const stateDir = stateFolder();
    const file = path.join(stateDir, 'start.lock');
    fs.writeFileSync(file, JSON.stringify({ pid: process.pid, started: 'long ago', at: '2020-08-09T00:00:00.000Z' }));
    lockStack(stateDir).release();
    expect(fs.existsSync(file)).toBe(false);
  });

  test('half-written by something else is no lock', () => {
    const stateDir = stateFolder();
    fs.writeFileSync(path.join(stateDir, 'start.lock'), '{"pid":');
    expect(() => lockStack(stateDir).release()).not.toThrow();
  });

  test('released late does not take away the lock of the next holder', () => {
    const stateDir = stateFolder();
    const file = path.join(stateDir, 'start.lock');
    const first = lockStack(stateDir);
    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(/"at":"[^"]*"/, '"at":"later"'));
    first.release();
    expect(fs.existsSync(file)).toBe(true);
  });
});

test('work under a lock happens one at a time, also within one process', async () => {
  const file = path.join(stateFolder(), 'some.lock');
  let inside = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 5 }, () =>
      withLock(file, async () => {
        most = Math.max(most, (inside += 1));
        await new Promise((resolve) => setTimeout(resolve, 10));
        inside -= 1;
      }),
    ),
  );
  expect(most).toBe(1);
});
