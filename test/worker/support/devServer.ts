import path from 'node:path';
import { Connection } from '@temporalio/client';
import { findTemporalCli } from '../../../scripts/temporal-cli.mjs';
import { ensureTemporal } from '../../../src/stack/temporal.js';
import { temporaryFolder } from './temporary.js';

export interface DevServer {
  readonly address: string;
  /** The binary, for running it as an operator would. */
  readonly cli: string;
  readonly connection: Connection;
  close(): Promise<void>;
}

/** A Temporal server in memory with the given namespaces, for this test file alone. */
export async function startDevServer(namespaces: readonly string[]): Promise<DevServer> {
  const { path: cliPath } = await findTemporalCli({ stateDir: path.resolve('.hikeshi') });
  const log = () => undefined;
  const server = await ensureTemporal({ stateDir: temporaryFolder(), cliPath, uiPort: null, namespaces, log });
  const connection = await Connection.connect({ address: server.address });
  return {
    address: server.address,
    cli: cliPath,
    connection,
    async close() {
      await connection.close();
      await server.stop();
    },
  };
}
