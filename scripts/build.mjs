import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';
import { runMain, SetupProblem } from './problem.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const DIST = path.join(ROOT, 'dist');
const STAMP = path.join(DIST, '.build.json');

function* filesBelow(folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(full);
    else yield full;
  }
}

/** A hash over everything that the output depends on, and the sources it was made from. */
function sourceState() {
  const sources = [...filesBelow(path.join(ROOT, 'src'))];
  const hash = createHash('sha256');
  for (const file of [...sources, path.join(ROOT, 'tsconfig.json'), path.join(ROOT, 'package-lock.json')]) {
    const content = fs.readFileSync(file);
    hash.update(`${path.relative(ROOT, file)}\0${content.length}\0`).update(content);
  }
  return { hash: hash.digest('hex'), sources: sources.map((file) => path.relative(ROOT, file)) };
}

function stamp() {
  try {
    return JSON.parse(fs.readFileSync(STAMP, 'utf8'));
  } catch {
    return undefined;
  }
}

function run(args, onFailure) {
  const result = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } });
  if (result.status === 0) return;
  process.stderr.write(`\n${result.stdout ?? ''}${result.stderr ?? ''}`);
  throw new SetupProblem(onFailure);
}

/** What the compiler leaves behind: templates and styles that a program reads beside it. */
function copyPages() {
  const from = path.join(ROOT, 'src', 'gateway', 'pages');
  const to = path.join(DIST, 'gateway', 'pages');
  if (!fs.existsSync(from)) return;
  fs.rmSync(to, { recursive: true, force: true });
  fs.cpSync(from, to, { recursive: true });
}

/** tsc never deletes: the output of a source that is gone would go on being importable. */
function removeOrphans(before, now) {
  const kept = new Set(now);
  for (const source of before ?? []) {
    if (kept.has(source)) continue;
    const output = path.join(DIST, path.relative('src', source)).replace(/\.ts$/, '.js');
    fs.rmSync(output, { force: true });
    fs.rmSync(`${output}.map`, { force: true });
  }
}

/**
 * Compiles `src` to `dist` and bundles the workflows, unless `dist` was made from exactly these sources.
 * @returns {Promise<'built' | 'unchanged'>}
 * @throws {SetupProblem} when the types or the bundle are wrong; the compiler's own lines went to stderr before
 */
export async function build({ onWait } = {}) {
  if (stamp()?.hash === sourceState().hash) return 'unchanged';
  return withLock(
    path.join(DIST, '.build.lock'),
    () => {
      const state = sourceState();
      const before = stamp();
      if (before?.hash === state.hash) return 'unchanged';
      removeOrphans(before?.sources, state.sources);
      run([path.join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.json'], {
        en: 'The TypeScript sources do not compile; mend the lines named above and run the command again.',
        ja: 'TypeScript のコンパイルに失敗しました。上に示した行を直してから、もう一度実行してください。',
      });
      copyPages();
      if (fs.existsSync(path.join(DIST, 'worker', 'bundle.js'))) {
        run([path.join('dist', 'worker', 'bundle.js')], {
          en: 'The workflows cannot be bundled; mend what is named above (often an import that workflows may not have) and run the command again.',
          ja: 'ワークフローをまとめられません。上に示した原因（ワークフローで使えない import が多い）を直してから、もう一度実行してください。',
        });
      }
      fs.writeFileSync(`${STAMP}.new`, JSON.stringify(state));
      fs.renameSync(`${STAMP}.new`, STAMP);
      return 'built';
    },
    onWait,
  );
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  runMain(async () => process.stderr.write(`build: ${await build()}\n`));
}
