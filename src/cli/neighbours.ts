import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const Remembered = z.strictObject({
  v: z.literal(1),
  /** Variables by which a command in another terminal finds the stack. Its own environment goes first. */
  env: z.record(z.string(), z.string()),
  workerHealthUrls: z.array(z.string()),
});
export type Remembered = z.output<typeof Remembered>;

const fileOf = (stateDir: string) => path.join(stateDir, 'neighbours.json');

/**
 * Where the stack that `hikeshi start` runs is found: other ports, the playbook, the simulator's toy token. Kept after the
 * stack has ended, so that a manual stop sheet still knows the channel system's address. Never holds a secret of somebody
 * else: what was given from outside is given again by whoever runs the command.
 */
export function remember(stateDir: string, remembered: Omit<Remembered, 'v'>): void {
  mkdirSync(stateDir, { recursive: true });
  writeFileSync(fileOf(stateDir), `${JSON.stringify({ v: 1, ...remembered }, null, 2)}\n`, { mode: 0o600 });
}

/** Nothing, when no stack was started here, or its notes cannot be read. */
export function recall(stateDir: string): Remembered {
  try {
    return Remembered.parse(JSON.parse(readFileSync(fileOf(stateDir), 'utf8')));
  } catch {
    return { v: 1, env: {}, workerHealthUrls: [] };
  }
}
