import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { asExpected } from '../../src/drill/compare.js';
import { readExpected } from '../../src/drill/script.js';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hikeshi-expected-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const story = { services: { mijica_transfer: { state: 'SUSPENDED', since: '2020-09-16' } } };
const read = (expected: object) => {
  fs.writeFileSync(
    path.join(folder, 'expected.yaml'),
    stringify({ version: '1', 'as-happened': expected, 'as-designed': story }),
  );
  return readExpected(folder, 'as-happened');
};

test('what a playbook expects may leave sections out', async () => {
  expect(await read(story)).toEqual({ ...story, ext: {}, waves: {}, inspection: {}, alarms: [] });
});

test.each<[string, object]>([
  ['services', { ...story, services: {} }],
  ['ext', { ...story, ext: {} }],
  ['waves', { ...story, waves: {} }],
  ['inspection', { ...story, inspection: {} }],
  ['alarms', { ...story, alarms: [] }],
  ['as-happened', {}],
])('an empty section is refused by its name: %s', async (name, expected) => {
  await expect(read(expected)).rejects.toThrow(new RegExp(`expected\\.yaml.*${name}.*at least one line`));
});

test('a comparison is equal when every line is, and there is one', () => {
  expect(asExpected([{ equal: true }, { equal: true }])).toBe(true);
  expect(asExpected([{ equal: true }, { equal: false }])).toBe(false);
  expect(asExpected([])).toBe(false);
});
