import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { withLock } from './lock.mjs';
import { SetupProblem } from './problem.mjs';

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** npm's own record of what lies in node_modules; written last, so an interrupted installation has none or an older one. */
function agrees(root) {
  const wanted = readJson(path.join(root, 'package-lock.json'))?.packages;
  const present = readJson(path.join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (!wanted || !present) return false;
  return Object.entries(wanted).every(
    ([name, entry]) =>
      name === '' || entry.optional || entry.devOptional || entry.peer || present[name]?.version === entry.version,
  );
}

function npm(root, args, logFile) {
  const viaNpm = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const [command, ...before] = viaNpm;
  const result = spawnSync(command, [...before, ...args, '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    shell: process.platform === 'win32',
    // The settings of the npm run that called us (dry-run, json, workspace ...) are not meant for this one.
    env: Object.fromEntries(
      Object.entries(process.env).filter(
        ([name]) =>
          !/^npm_(config_(?!userconfig|globalconfig|registry|cache|offline|prefer|proxy|https|noproxy|cafile)|lifecycle|package|command)/i.test(
            name,
          ),
      ),
    ),
  });
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error ? result.error.message : ''}`;
  fs.mkdirSync(path.dirname(logFile), { recursive: true });
  fs.appendFileSync(logFile, `> npm ${args.join(' ')}\n${output}\n`);
  return { ok: result.status === 0, output, absent: result.error?.code === 'ENOENT' };
}

/**
 * Puts into node_modules what package-lock.json lists, unless it is there already.
 * @returns {Promise<'installed' | 'unchanged'>}
 * @throws {SetupProblem} when npm is missing or cannot reach the registry
 */
export async function install({ root, logFile, onWait }) {
  const stampFile = path.join(root, 'node_modules', '.hikeshi-stamp');
  const stamp = () =>
    createHash('sha256')
      .update(fs.readFileSync(path.join(root, 'package-lock.json')))
      .update(`${process.platform}-${process.arch}-${process.versions.modules}`)
      .digest('hex');
  const unchanged = () => fs.existsSync(stampFile) && fs.readFileSync(stampFile, 'utf8') === stamp();
  if (unchanged()) return 'unchanged';

  return withLock(
    path.join(root, '.hikeshi', 'install.lock'),
    () => {
      if (unchanged()) return 'unchanged';
      let result = 'unchanged';
      if (!agrees(root)) {
        let run = npm(root, ['ci'], logFile);
        // A lock file made behind a mirror may lack other platforms' optional packages; `ci` refuses it, `install` does not.
        if (!run.ok && /EUSAGE|in sync|Missing:/.test(run.output)) run = npm(root, ['install', '--no-save'], logFile);
        if (!run.ok) throw new SetupProblem(sentence(run, logFile));
        result = 'installed';
      }
      fs.writeFileSync(stampFile, stamp());
      return result;
    },
    onWait,
  );
}

function sentence({ absent, output }, logFile) {
  if (absent) {
    return {
      en: 'npm was not found; install it (it comes with Node.js) and run the command again.',
      ja: 'npm が見つかりません。npm（Node.js に付属）をインストールして、もう一度実行してください。',
    };
  }
  const code = /npm (?:error|ERR!) code (\S+)/.exec(output)?.[1] ?? 'unknown';
  return {
    en: `npm could not install the packages (${code}); check the connection to the package registry and the free disk space, read ${logFile}, and run the command again.`,
    ja: `npm がパッケージをインストールできませんでした（${code}）。パッケージレジストリへの接続とディスクの空きを確認し、${logFile} を読んでから、もう一度実行してください。`,
  };
}
