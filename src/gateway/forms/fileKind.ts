import type { Sentence } from '../../domain/sentence.js';
import { FILE_REFUSALS } from '../../domain/wording/answerPages.js';

/** Bytes of one attached file. */
export const MAX_FILE_BYTES = 10 * 1024 * 1024;
const MAX_NAME = 120;

interface Kind {
  readonly mediaType: string;
  matches(content: Buffer): boolean;
}

const startsWith =
  (...bytes: number[]) =>
  (content: Buffer) =>
    content.subarray(0, bytes.length).equals(Buffer.from(bytes));

const isZip = startsWith(0x50, 0x4b, 0x03, 0x04);
/** The names of a zip's entries stand in it uncompressed, so that nothing need be unpacked. */
const zipWith = (folder: string) => (content: Buffer) =>
  isZip(content) && content.includes('[Content_Types].xml') && content.includes(folder);

/** Text in any encoding has none of these bytes but UTF-16, which begins with its mark. */
function isText(content: Buffer): boolean {
  if (startsWith(0xff, 0xfe)(content) || startsWith(0xfe, 0xff)(content)) return true;
  const binary = (byte: number) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d && byte !== 0x1b;
  return !content.some(binary) && !isPdf(content);
}

const isPdf = startsWith(0x25, 0x50, 0x44, 0x46, 0x2d);

const KINDS: Readonly<Record<string, Kind>> = {
  pdf: { mediaType: 'application/pdf', matches: isPdf },
  png: { mediaType: 'image/png', matches: startsWith(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a) },
  jpg: { mediaType: 'image/jpeg', matches: startsWith(0xff, 0xd8, 0xff) },
  jpeg: { mediaType: 'image/jpeg', matches: startsWith(0xff, 0xd8, 0xff) },
  xlsx: {
    mediaType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    matches: zipWith('xl/'),
  },
  docx: {
    mediaType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    matches: zipWith('word/'),
  },
  csv: { mediaType: 'text/csv', matches: isText },
  txt: { mediaType: 'text/plain', matches: isText },
};

/** For the `accept` attribute of a file field. */
export const ACCEPTED = Object.keys(KINDS)
  .map((extension) => `.${extension}`)
  .join(',');

/** The name as it is kept: without folders and control characters, short enough for every file system. */
export function keptName(given: string): string {
  const base = given.split(/[/\\]/).at(-1) ?? '';
  // eslint-disable-next-line no-control-regex -- they are what is taken out, with the marks that turn text around
  const clean = base.replace(/[\u0000-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/gu, '').trim();
  const extension = /\.[A-Za-z0-9]{1,10}$/.exec(clean)?.[0] ?? '';
  const stem = clean.slice(0, clean.length - extension.length);
  return `${[...stem].slice(0, MAX_NAME - extension.length).join('') || 'file'}${extension}`;
}

/**
 * Judges a file by its name and its first bytes; it is never opened.
 * @returns its media type, or why it is not taken
 */
export function fileKind(name: string, content: Buffer): { mediaType: string } | { refused: Sentence } {
  const extension = /\.([A-Za-z0-9]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
  const kind = Object.hasOwn(KINDS, extension) ? KINDS[extension] : undefined;
  if (!kind) return { refused: FILE_REFUSALS.kind(name) };
  if (content.length === 0) return { refused: FILE_REFUSALS.empty(name) };
  if (content.length > MAX_FILE_BYTES) return { refused: FILE_REFUSALS.tooLarge(name) };
  if (!kind.matches(content)) return { refused: FILE_REFUSALS.content(name) };
  if (isZip(content) && content.includes('vbaProject.bin')) return { refused: FILE_REFUSALS.macros(name) };
  return { mediaType: kind.mediaType };
}

/** The ending under which a file of a media type is written; `bin`, which no program opens, for any other. */
export const endingOf = (mediaType: string) =>
  Object.entries(KINDS).find(([, kind]) => kind.mediaType === mediaType)?.[0] ?? 'bin';

/** `attachment` with the name in both forms of RFC 6266: it is saved, never shown in the page's place. */
export function attachment(name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
