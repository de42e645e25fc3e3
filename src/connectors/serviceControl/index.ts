import { readFileSync } from 'node:fs';

import { Refusal } from '../../domain/refusal.js';
import { ByHandServiceControl } from './byHand.js';
import { explain } from './explain.js';
import { HttpServiceControl } from './http.js';
import type { ConnectorDocument } from './schema.js';
import type { Secrets, ServiceControl } from './types.js';

export * from './types.js';
export { explain };

/**
 * The channel system that a connector's document describes. Costs nothing and opens nothing; secrets and environment are
 * read at each call, so a rotated secret needs no restart.
 */
export function serviceControl(
  connector: ConnectorDocument,
  secrets: Secrets,
  env: NodeJS.ProcessEnv = process.env,
): ServiceControl {
  switch (connector.kind) {
    case 'http':
      return new HttpServiceControl(connector, secrets, env);
    case 'by-hand':
      return new ByHandServiceControl(connector);
  }
}

/** Secrets from `HIKESHI_SECRET_<NAME>`, or from the file that `HIKESHI_SECRET_<NAME>_FILE` names. */
export function environmentSecrets(env: NodeJS.ProcessEnv = process.env): Secrets {
  return (name) => {
    const value = env[`HIKESHI_SECRET_${name}`];
    if (value) return value;
    const file = env[`HIKESHI_SECRET_${name}_FILE`];
    try {
      if (file) return readFileSync(file, 'utf8').trim();
    } catch {
      // Falls through to the refusal, which names both ways.
    }
    throw new Refusal(explain(`SECRET_MISSING ${name}`));
  };
}
