import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { removeTemporaryFolders, temporaryFolder } from './support/temporary.js';

afterAll(removeTemporaryFolders);

function pass(env: Record<string, string>) {
  const script = path.resolve('test/worker/fixtures/passFaultPoints.mjs');
  const { signal, stdout } = spawnSync(process.execPath, [script], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return [signal, stdout.trim()];
}

test('nothing happens at a step that nobody named', () => {
  expect(pass({})).toEqual([null, 'ordered sent sent verified']);
  expect(pass({ HIKESHI_KILL_AT: 'lifted' })).toEqual([null, 'ordered sent sent verified']);
});

test('the process dies at the named step, or at its n-th time', () => {
  expect(pass({ HIKESHI_KILL_AT: 'sent' })).toEqual(['SIGKILL', 'ordered sent']);
  expect(pass({ HIKESHI_KILL_AT: 'sent#2' })).toEqual(['SIGKILL', 'ordered sent sent']);
  expect(pass({ HIKESHI_KILL_AT: 'sent#3' })).toEqual([null, 'ordered sent sent verified']);
});

test('with a marker the process dies once, and the one started after it goes on', () => {
  const env = { HIKESHI_KILL_AT: 'ordered', HIKESHI_KILL_ONCE: path.join(temporaryFolder(), 'killed') };
  expect(pass(env)).toEqual(['SIGKILL', 'ordered']);
  expect(pass(env)).toEqual([null, 'ordered sent sent verified']);
});
