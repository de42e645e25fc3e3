import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';

/** One JSON document a line, appended and read again at the next start: what the bank did outlives the process. */
export class Journal<Entry> {
  readonly #fd: number;
  readonly entries: Entry[];

  constructor(file: string) {
    mkdirSync(path.dirname(file), { recursive: true });
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    // A process killed while it wrote leaves half a line, which nobody was told about.
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    if (whole.length < text.length) truncateSync(file, Buffer.byteLength(whole));
    this.entries = whole
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Entry);
    this.#fd = openSync(file, 'a');
  }

  append(entry: Entry): void {
    writeSync(this.#fd, `${JSON.stringify(entry)}\n`);
  }

  clear(): void {
    ftruncateSync(this.#fd, 0);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
