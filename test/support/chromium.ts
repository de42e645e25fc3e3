import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { Refusal } from '../../src/domain/refusal.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Nothing that a browser does by itself beyond the pages of a test; root cannot have Chromium's sandbox. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Packages come from a mirror that may be slow. */
const APT_TIMEOUT_MS = 240_000;

export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  /** Where Playwright keeps a Chromium that it has downloaded, whether or not it has. */
  readonly downloaded: string;
  /** Installs Chromium as the system's own package; false where that is not possible. */
  readonly install: () => boolean;
}

const here = (): Surroundings => ({
  env: process.env,
  downloaded: chromium.executablePath(),
  install: installByApt,
});

/**
 * The Chromium for browser tests: `CHROMIUM_PATH`, the PATH, Playwright's own download, or, as root on Debian, apt.
 * @throws Refusal with the way out when there is none; a `CHROMIUM_PATH` that names no program is not passed over
 */
export function findChromium({ env, downloaded, install }: Surroundings = here()): string {
  const named = env['CHROMIUM_PATH'];
  if (named) {
    if (isProgram(named)) return named;
    throw new Refusal({
      en: `CHROMIUM_PATH names ${named}, which is no program. Set it to the Chromium to use, or unset it.`,
      ja: `CHROMIUM_PATH の ${named} は実行できるプログラムではありません。使う Chromium を指定するか、外してください。`,
    });
  }
  const onPath = () => {
    const folders = (env['PATH'] ?? '').split(path.delimiter).filter(Boolean);
    return folders.flatMap((folder) => NAMES.map((name) => path.join(folder, name))).find(isProgram);
  };
  const found = onPath() ?? (isProgram(downloaded) ? downloaded : undefined) ?? (install() ? onPath() : undefined);
  if (found) return found;
  throw new Refusal({
    en: 'The browser tests need Chromium and found none. Install it (Debian: "apt-get install chromium"; elsewhere: "npx playwright-core install chromium"), or set CHROMIUM_PATH to it.',
    ja: 'ブラウザーのテストには Chromium が必要ですが、見つかりません。インストールする（Debian: apt-get install chromium、その他: npx playwright-core install chromium）か、CHROMIUM_PATH で場所を指定してください。',
  });
}

export function launchChromium(): Promise<Browser> {
  // Headless by our own flag: Playwright's would look for its own build of a headless shell.
  return chromium.launch({ executablePath: findChromium(), args: FLAGS, chromiumSandbox: false });
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function installByApt(): boolean {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  if (process.getuid?.() !== 0 || !/^ID(_LIKE)?=.*debian/m.test(release)) return false;
  const apt = (...args: string[]) =>
    execFileSync('/usr/bin/apt-get', ['-qq', ...args], {
      stdio: 'ignore',
      timeout: APT_TIMEOUT_MS,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  try {
    apt('update');
    apt('install', '--no-install-recommends', '-y', 'chromium', 'fonts-noto-cjk');
    return true;
  } catch {
    return false;
  }
}
