import fs from 'node:fs';
import path from 'node:path';

/** A log above this size is put aside when its process starts the next time. */
const LOG_CAP_BYTES = 10 * 1024 * 1024;
const KEPT = 3;

/** Opens `<stateDir>/logs/<name>.log` for appending. The caller closes the descriptor once the process has it. */
export function openLog(stateDir: string, name: string): { file: string; fd: number; offset: number } {
  const file = path.join(stateDir, 'logs', `${name}.log`);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const size = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_CAP_BYTES) {
    for (let n = KEPT - 1; n >= 1; n -= 1) {
      if (fs.existsSync(`${file}.${n}`)) fs.renameSync(`${file}.${n}`, `${file}.${n + 1}`);
    }
    fs.renameSync(file, `${file}.1`);
  }
  const fd = fs.openSync(file, 'a', 0o640);
  return { file, fd, offset: fs.fstatSync(fd).size };
}

/** What was written to the log since `offset`, at most its last 64 KiB. */
export function readSince(file: string, offset: number): string {
  const fd = fs.openSync(file, 'r');
  try {
    const size = fs.fstatSync(fd).size;
    const from = Math.max(offset, size - 65_536);
    const buffer = Buffer.alloc(Math.max(0, size - from));
    return buffer.subarray(0, fs.readSync(fd, buffer, 0, buffer.length, from)).toString('utf8');
  } finally {
    fs.closeSync(fd);
  }
}

/** Follows a log that is being written; gives whole lines only. */
export class LineReader {
  readonly #fd: number;
  #position: number;
  #rest = Buffer.alloc(0);

  constructor(file: string, offset: number) {
    this.#fd = fs.openSync(file, 'r');
    this.#position = offset;
  }

  /** The lines that were completed since the last call. */
  next(): string[] {
    const chunk = Buffer.alloc(Math.max(0, fs.fstatSync(this.#fd).size - this.#position));
    const count = fs.readSync(this.#fd, chunk, 0, chunk.length, this.#position);
    this.#position += count;
    const all = Buffer.concat([this.#rest, chunk.subarray(0, count)]);
    const end = all.lastIndexOf(0x0a) + 1;
    this.#rest = all.subarray(end);
    return all.subarray(0, end).toString('utf8').split('\n').filter(Boolean);
  }

  close(): void {
    fs.closeSync(this.#fd);
  }
}
