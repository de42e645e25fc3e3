import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { isSame, self, type ProcessId } from './identity.js';

/**
 * Who uses a server that several processes share: one file a user. Whoever leaves last stops the server; users that were
 * killed do not count.
 */
export class Users {
  readonly #folder: string;
  readonly #mine: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#mine = `${process.pid}-${randomUUID()}.json`;
  }

  join(): void {
    fs.mkdirSync(this.#folder, { recursive: true });
    fs.writeFileSync(path.join(this.#folder, this.#mine), JSON.stringify(self));
  }

  /** Leaves, and tells whether others go on using the server. Call it under the server's lock. */
  leave(): boolean {
    fs.rmSync(path.join(this.#folder, this.#mine), { force: true });
    return usersOf(this.#folder) > 0;
  }
}

/** The number of living users; forgets the dead. */
export function usersOf(folder: string): number {
  if (!fs.existsSync(folder)) return 0;
  return fs.readdirSync(folder).filter((name) => {
    const file = path.join(folder, name);
    try {
      if (isSame(JSON.parse(fs.readFileSync(file, 'utf8')) as ProcessId)) return true;
    } catch {
      // half a record: its writer was killed in between
    }
    fs.rmSync(file, { force: true });
    return false;
  }).length;
}
