import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { EncryptionCodec } from './codec.js';
import type { KeyRing } from './keyRing.js';

const here = fileURLToPath(import.meta.url);

/** The failure converter as a file, for the SDK, which loads it by path. It lies beside this file, compiled or not. */
export const FAILURE_CONVERTER_PATH = path.join(path.dirname(here), `failureConverter${path.extname(here)}`);

/**
 * What every party to a namespace must share: workers, clients, codec server, replay.
 * The namespace needs a key in the ring (`keyRing.ensureKey(namespace)`).
 */
export function dataConverterFor(namespace: string, keyRing: KeyRing): DataConverter {
  return {
    failureConverterPath: FAILURE_CONVERTER_PATH,
    payloadCodecs: [new EncryptionCodec(namespace, keyRing)],
  };
}
