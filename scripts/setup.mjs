/**
 * Everything between a fresh clone and a running command: packages, build, Temporal CLI. Called before `npm start`,
 * `npm run drill` and `npm test`; does nothing, offline and quickly, when nothing changed. Its first lines must run on
 * any old Node, so that the sentence about the version is what people see: everything else is imported afterwards.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeProblem } from './checks.mjs';
import { runMain, SetupProblem } from './problem.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

runMain(async () => {
  refuse(nodeProblem(process.versions.node));
  const [{ DISK_FLOOR_BYTES, diskProblem, folderProblem }, { install }, { build }, { findTemporalCli }] =
    await Promise.all([
      import('./checks.mjs'),
      import('./install.mjs'),
      import('./build.mjs'),
      import('./temporal-cli.mjs'),
    ]);
  const stateDir = path.resolve(process.env.HIKESHI_STATE_DIR || path.join(ROOT, '.hikeshi'));
  const external = Boolean(process.env.TEMPORAL_ADDRESS) && !process.env.TEMPORAL_CLI_PATH;
  const floor = fs.existsSync(path.join(ROOT, 'node_modules', '.package-lock.json'))
    ? DISK_FLOOR_BYTES / 4
    : DISK_FLOOR_BYTES;
  const steps = [
    [
      'folder and disk',
      () => refuse(folderProblem(ROOT) || folderProblem(stateDir) || diskProblem(stateDir, floor)) || 'ok',
    ],
    [
      'packages',
      (say) =>
        install({
          root: ROOT,
          logFile: path.join(stateDir, 'logs', 'npm.log'),
          onWait: () => say('waiting for another set-up'),
        }),
    ],
    ['build', (say) => build({ onWait: () => say('waiting for another build') })],
    [
      'Temporal CLI',
      async (say) =>
        external ? 'not needed: TEMPORAL_ADDRESS is set' : (await findTemporalCli({ stateDir, log: say })).version,
    ],
  ];
  for (const [index, [name, work]] of steps.entries()) {
    const head = `[${index + 1}/${steps.length}] ${name} ...`;
    const started = Date.now();
    process.stderr.write(head);
    let broken = false;
    const say = (line) => {
      process.stderr.write(`${broken ? '' : '\n'}      ${line}\n`);
      broken = true;
    };
    const result = await work(say);
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    process.stderr.write(`${broken ? head : ''} ${result}  ${seconds} s\n`);
  }
});

function refuse(sentence) {
  if (sentence) throw new SetupProblem(sentence);
}
