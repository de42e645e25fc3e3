import { inflateRawSync } from 'node:zlib';
import { Refusal } from '../../domain/refusal.js';

/** Bytes that the parts of an XLSX file may come to when unpacked. A full sheet of ours stays below 10 MB. */
const MAX_UNPACKED = 50_000_000;

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_SIZE = 22;
const ENTRY_SIZE = 46;
const LOCAL_SIZE = 30;
const STORED = 0;
const DEFLATED = 8;
/** A data descriptor may follow an entry's bytes: at most a signature, a checksum and two sizes of eight bytes. */
const DESCRIPTOR_SIZE = 24;

/**
 * Refuses a ZIP archive that would unpack to more than a sheet can be, whatever its directory claims: every entry is
 * unpacked within what is left, and no entry may hide between or behind those of the directory.
 */
export function assertModestZip(file: Buffer): void {
  let left = MAX_UNPACKED;
  let at = 0;
  for (const { offset, method, packed } of entriesOf(file)) {
    if (offset < at || offset - at > DESCRIPTOR_SIZE || file.readUInt32LE(offset) !== LOCAL) throw notASheet();
    const start = offset + LOCAL_SIZE + file.readUInt16LE(offset + 26) + file.readUInt16LE(offset + 28);
    at = start + packed;
    if (at > file.length) throw notASheet();
    left -= unpackedSize(file.subarray(start, at), method, left);
  }
}

function unpackedSize(bytes: Buffer, method: number, most: number): number {
  if (method === STORED && bytes.length <= most) return bytes.length;
  if (method !== DEFLATED) throw notASheet();
  try {
    return inflateRawSync(bytes, { maxOutputLength: Math.max(most, 1) }).length;
  } catch {
    throw notASheet();
  }
}

interface Entry {
  readonly offset: number;
  readonly method: number;
  readonly packed: number;
}

/** Entries of the archive's directory in the order of their bytes. */
function entriesOf(file: Buffer): Entry[] {
  let end = file.length - END_SIZE;
  while (end >= 0 && file.readUInt32LE(end) !== END) end--;
  if (end < 0) throw notASheet();
  const count = file.readUInt16LE(end + 10);
  const directory = file.readUInt32LE(end + 16);
  const entries: Entry[] = [];
  let at = directory;
  for (let n = 0; n < count; n++) {
    if (at + ENTRY_SIZE > file.length || file.readUInt32LE(at) !== ENTRY) throw notASheet();
    const offset = file.readUInt32LE(at + 42);
    if (offset + LOCAL_SIZE > file.length) throw notASheet();
    entries.push({ offset, method: file.readUInt16LE(at + 10), packed: file.readUInt32LE(at + 20) });
    at += ENTRY_SIZE + file.readUInt16LE(at + 28) + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32);
  }
  const sorted = entries.sort((a, b) => a.offset - b.offset);
  const last = sorted.at(-1);
  if (!last) throw notASheet();
  const lastEnd =
    last.offset + LOCAL_SIZE + file.readUInt16LE(last.offset + 26) + file.readUInt16LE(last.offset + 28) + last.packed;
  if (directory - lastEnd > DESCRIPTOR_SIZE || directory < lastEnd) throw notASheet();
  return sorted;
}

const notASheet = () =>
  new Refusal({
    en: 'The file is no XLSX sheet, or unpacks to far more than a sheet. Save the sheet alone as XLSX, or as "CSV UTF-8".',
    ja: 'XLSX の表ではないか、展開すると極端に大きくなるファイルです。表だけを XLSX か「CSV UTF-8」で保存してください。',
  });
