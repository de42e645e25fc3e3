import type { FastifyRequest } from 'fastify';
import type { Sentence } from '../../domain/sentence.js';
import { FILE_REFUSALS, LINK_REFUSALS } from '../../domain/wording/answerPages.js';
import { PageRefusal } from './refusal.js';
import { fileKind, keptName, MAX_FILE_BYTES } from './fileKind.js';

/** Bytes of one request: what six full files need. What is larger is refused before it is read. */
export const MAX_REQUEST_BYTES = 64 * 1024 * 1024;
const MAX_FILES_AT_ONCE = 40;
/** Every item has a file field, which is sent empty too. */
const MAX_PARTS = 5_000;
/** Bytes: more than the longest explanation in UTF-8. */
const MAX_FIELD_BYTES = 64 * 1024;

export interface ReceivedFile {
  readonly field: string;
  readonly name: string;
  readonly mediaType: string;
  readonly content: Buffer;
}

export interface ReceivedForm {
  /** The first value of a field; empty text when there is none. */
  one(field: string): string;
  all(field: string): readonly string[];
  has(field: string): boolean;
  readonly files: readonly ReceivedFile[];
  /** Files that are not taken. */
  readonly refused: readonly { readonly field: string; readonly sentence: Sentence }[];
}

/**
 * Reads a form as a browser sends it. A file that is too large is read past, so that the texts beside it are not lost.
 * @throws PageRefusal for a request that is too large as a whole, or that broke off
 */
export async function readForm(request: FastifyRequest): Promise<ReceivedForm> {
  const fields = new Map<string, string[]>();
  const files: ReceivedFile[] = [];
  const refused: { field: string; sentence: Sentence }[] = [];
  const add = (field: string, value: unknown) => {
    if (typeof value === 'string') fields.set(field, [...(fields.get(field) ?? []), value]);
  };
  if (request.isMultipart()) {
    try {
      for await (const part of request.parts({
        limits: {
          fileSize: MAX_FILE_BYTES,
          files: MAX_PARTS,
          fields: MAX_PARTS,
          parts: 2 * MAX_PARTS,
          fieldSize: MAX_FIELD_BYTES,
        },
      })) {
        if (part.type === 'field') {
          add(part.fieldname, part.value);
          continue;
        }
        const chunks: Buffer[] = [];
        for await (const chunk of part.file) chunks.push(chunk as Buffer);
        if (!part.filename) continue;
        const name = keptName(part.filename);
        const content = Buffer.concat(chunks);
        const refuse = (sentence: Sentence) => refused.push({ field: part.fieldname, sentence });
        if (part.file.truncated) refuse(FILE_REFUSALS.tooLarge(name));
        else if (files.length === MAX_FILES_AT_ONCE) refuse(FILE_REFUSALS.tooMany);
        else {
          const kind = fileKind(name, content);
          if ('refused' in kind) refuse(kind.refused);
          else files.push({ field: part.fieldname, name, mediaType: kind.mediaType, content });
        }
      }
    } catch {
      throw new PageRefusal(400, LINK_REFUSALS.broken);
    }
  } else {
    for (const [field, value] of Object.entries((request.body ?? {}) as Record<string, unknown>)) {
      for (const each of Array.isArray(value) ? value : [value]) add(field, each);
    }
  }
  return {
    one: (field) => fields.get(field)?.[0] ?? '',
    all: (field) => fields.get(field) ?? [],
    has: (field) => fields.has(field),
    files,
    refused,
  };
}

/** A form's length is known before it comes; what does not say it, or is too large, is not read. */
export function requireReadable(request: FastifyRequest): void {
  const length = Number(request.headers['content-length'] ?? NaN);
  if (!(length <= MAX_REQUEST_BYTES)) throw new PageRefusal(413, LINK_REFUSALS.tooLarge);
}
