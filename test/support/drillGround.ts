import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readConfig, type Config } from '../../src/config.js';
import { openGround, type Ground } from '../../src/drill/world.js';

export const silent = () => undefined;

export interface DrillGround {
  /** That of this deployment, with the folder as its state. */
  readonly config: Config;
  /** A folder for what this test file keeps on disk: keys, logs, reports; removed at its end. */
  readonly folder: string;
  /** Servers, from the first test on. */
  readonly ground: Ground;
}

/**
 * Servers for all tests of this file, opened before the first and stopped after the last.
 * @param make another ground, e.g. servers that the test kills
 */
export function drillGround(
  make: (config: Config, folder: string) => Promise<Ground> = (config) => openGround(config, silent),
): DrillGround {
  // Temporal's folders are entered by another system user when we are root.
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hikeshi-test-'));
  fs.chmodSync(folder, 0o755);
  const deployment = readConfig();
  let ground: Ground | undefined;
  beforeAll(async () => {
    ground = await make(deployment, folder);
  }, 120_000);
  afterAll(async () => {
    await ground?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }, 120_000);
  return {
    config: { ...deployment, stateDir: folder },
    folder,
    get ground() {
      return ground!;
    },
  };
}
