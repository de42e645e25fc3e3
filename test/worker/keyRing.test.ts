import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { Refusal } from '../../src/domain/refusal.js';
import { KeyRing, openKeyRing } from '../../src/worker/keyRing.js';
import { removeTemporaryFolders, temporaryFolder } from './support/temporary.js';

afterAll(removeTemporaryFolders);

const ringFile = () => path.join(temporaryFolder(), 'keys.json');
const read = (file: string) =>
  JSON.parse(readFileSync(file, 'utf8')) as {
    namespaces: Record<string, { current: string; keys: Record<string, string> }>;
  };

function refusalOf(work: () => unknown): Refusal {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('was not refused');
}

test('a missing ring is made in the state folder, for its owner only', () => {
  const stateDir = path.join(temporaryFolder(), 'state');
  const key = openKeyRing(stateDir, {}).ensureKey('live');
  const file = path.join(stateDir, 'keys.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(key.bytes).toHaveLength(32);
  expect(read(file).namespaces['live']).toEqual({ current: key.id, keys: { [key.id]: key.bytes.toString('base64') } });
  expect(readdirSync(stateDir)).toEqual(['keys.json']);
});

test('the next process finds the same key', () => {
  const file = ringFile();
  const key = KeyRing.at(file).ensureKey('live');
  expect(KeyRing.at(file).ensureKey('live')).toEqual(key);
});

test('each namespace has a key of its own', () => {
  const ring = KeyRing.at(ringFile());
  expect(ring.ensureKey('live').bytes).not.toEqual(ring.ensureKey('drill-1').bytes);
});

test('a running process takes up a key that another one made or rotated', () => {
  const file = ringFile();
  const running = KeyRing.at(file);
  const other = KeyRing.at(file);
  const first = other.ensureKey('live');
  expect(running.current('live')).toEqual(first);
  const second = other.rotateKey('live');
  expect(running.current('live')).toEqual(second);
  expect(running.find('live', first.id)).toEqual(first);
});

test('a ring that vanishes does not take the keys from a running process', () => {
  const file = ringFile();
  const ring = KeyRing.at(file);
  const key = ring.ensureKey('live');
  rmSync(file);
  expect(ring.current('live')).toEqual(key);
});

test('a namespace without a key is refused, whatever its name', () => {
  const ring = KeyRing.at(ringFile());
  ring.ensureKey('live');
  for (const name of ['other', 'constructor', '__proto__']) {
    expect(refusalOf(() => ring.current(name)).sentence.en).toContain(`"${name}"`);
  }
});

test.each([
  ['text that is not JSON', '{"v":1,'],
  ['an empty file', ''],
  ['another version', '{"v":2,"namespaces":{}}'],
  ['a key of another length', '{"v":1,"namespaces":{"live":{"current":"k","keys":{"k":"c2VjcmV0"}}}}'],
  ['a current key that is not there', '{"v":1,"namespaces":{"live":{"current":"k","keys":{}}}}'],
])('%s is refused in both languages, kept as it is, and not repeated', (_, text) => {
  const file = ringFile();
  writeFileSync(file, text);
  const { sentence } = refusalOf(() => KeyRing.at(file).ensureKey('live'));
  expect(sentence.en).toContain(file);
  expect(sentence.en).toContain('Restore it from the backup');
  expect(sentence.ja).toContain('バックアップから復元');
  expect(sentence.en).not.toContain('c2VjcmV0');
  expect(readFileSync(file, 'utf8')).toBe(text);
});

test('a ring that cannot be read is refused', () => {
  // A folder in its place, because the super-user can read every file.
  const folder = temporaryFolder();
  expect(refusalOf(() => KeyRing.at(folder)).sentence.en).toContain('cannot be read (EISDIR)');
  chmodSync(folder, 0o700);
});

test('HIKESHI_KEY_RING wins over the state folder, as a path or as JSON', () => {
  const file = ringFile();
  const key = KeyRing.at(file).ensureKey('live');
  const empty = temporaryFolder();
  expect(openKeyRing(empty, { HIKESHI_KEY_RING: file }).current('live')).toEqual(key);
  expect(openKeyRing(empty, { HIKESHI_KEY_RING: readFileSync(file, 'utf8') }).current('live')).toEqual(key);
  expect(readdirSync(empty)).toEqual([]);
});

test('a ring that is named and missing is refused, not made', () => {
  const file = ringFile();
  expect(refusalOf(() => openKeyRing('', { HIKESHI_KEY_RING: file })).sentence.en).toContain('does not exist');
  expect(existsSync(file)).toBe(false);
});

test('a ring given as JSON cannot grow', () => {
  const ring = openKeyRing('', { HIKESHI_KEY_RING: '{"v":1,"namespaces":{}}' });
  expect(refusalOf(() => ring.ensureKey('live')).sentence.en).toContain('HIKESHI_KEY_RING');
});

test('the lock of a process that died is taken over', () => {
  const file = ringFile();
  const NO_SUCH_PROCESS = 2 ** 22 + 1;
  writeFileSync(`${file}.lock`, `${NO_SUCH_PROCESS} ${hostname()} 0011223344556677`);
  KeyRing.at(file).ensureKey('live');
  expect(readdirSync(path.dirname(file))).toEqual(['keys.json']);
});

test('processes that make keys at once lose none', async () => {
  const file = ringFile();
  const script = path.resolve('test/worker/fixtures/ensureKeys.mjs');
  const KEYS_EACH = 10;
  const children = ['a', 'b', 'c'].map((name) =>
    spawn(process.execPath, [script, file, name, String(KEYS_EACH)], { stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  const outputs = children.map((child) => {
    const output = { text: '' };
    child.stdout.on('data', (chunk: Buffer) => (output.text += chunk.toString()));
    return output;
  });
  const exits = children.map((child) => once(child, 'close'));
  await Promise.all(children.map((child) => once(child.stdout, 'data')));
  for (const child of children) child.stdin.write('go\n');
  expect((await Promise.all(exits)).map(([code]) => code as number)).toEqual([0, 0, 0]);

  const got = outputs.map((output) => JSON.parse(output.text.replace('started\n', '')) as Record<string, string>);
  const written = read(file).namespaces;
  expect(Object.keys(written)).toHaveLength(3 * KEYS_EACH + 1);
  for (const keys of got) {
    for (const [namespace, id] of Object.entries(keys))
      expect([namespace, written[namespace]?.current]).toEqual([namespace, id]);
  }
});
