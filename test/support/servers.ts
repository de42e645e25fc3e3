import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import type { Config } from '../../src/config.js';
import { openGround, type Ground } from '../../src/drill/world.js';
import { freePorts } from '../../src/stack/ports.js';
import { ensurePostgres, type Postgres } from '../../src/stack/postgres.js';
import { ensureTemporal, type TemporalServer } from '../../src/stack/temporal.js';
import { temporalCli } from '../../src/stack/temporalCli.js';

const silent = () => undefined;

/** A server that the test may kill: it comes back on the same address with its data. */
export interface Killable {
  /** kill -9, and started again after what happens in between. */
  restart(meanwhile?: () => Promise<void>): Promise<void>;
}

/** A ground whose PostgreSQL is the test's own. */
export async function groundWithOwnPostgres(config: Config, folder: string): Promise<Ground & { postgres: Killable }> {
  const [port] = await freePorts(1);
  const start = () => ensurePostgres({ stateDir: folder, port: port!, database: 'hikeshi', log: silent });
  let postgres: Postgres = await start();
  const given = process.env['DATABASE_URL'];
  // The drill's own way of opening its ground, with our server.
  process.env['DATABASE_URL'] = postgres.url;
  const ground = await openGround(config, silent).finally(() => {
    if (given === undefined) delete process.env['DATABASE_URL'];
    else process.env['DATABASE_URL'] = given;
  });
  return {
    ...ground,
    postgres: {
      async restart(meanwhile) {
        process.kill(postgres.pid, 'SIGKILL');
        await postgres.exited;
        await meanwhile?.();
        postgres = await start();
      },
    },
    async stop() {
      await ground.stop();
      await postgres.stop();
    },
  };
}

/** A ground whose Temporal server is the test's own and keeps its histories in a file. */
export async function groundWithOwnTemporal(config: Config, folder: string): Promise<Ground & { temporal: Killable }> {
  const [port] = await freePorts(1);
  const cliPath = await temporalCli(config.stateDir, silent);
  const dbFile = path.join(folder, 'own-temporal.db');
  const start = () => ensureTemporal({ stateDir: folder, cliPath, dbFile, port: port!, uiPort: null, log: silent });
  let temporal: TemporalServer = await start();
  const given = process.env['TEMPORAL_ADDRESS'];
  process.env['TEMPORAL_ADDRESS'] = temporal.address;
  const ground = await openGround(config, silent).finally(() => {
    if (given === undefined) delete process.env['TEMPORAL_ADDRESS'];
    else process.env['TEMPORAL_ADDRESS'] = given;
  });
  return {
    ...ground,
    temporal: {
      async restart(meanwhile) {
        process.kill(temporal.pid, 'SIGKILL');
        await temporal.exited;
        await meanwhile?.();
        temporal = await start();
        await answering(temporal.address);
      },
    },
    async stop() {
      await ground.stop();
      await temporal.stop();
    },
  };
}

/** Clients that were connected wait up to some seconds before they try again; a new one need not. */
async function answering(address: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const connection = await Connection.connect({ address, connectTimeout: 2_000 });
      await connection.close();
      return;
    } catch (error) {
      if (attempt === 30) throw error;
      await sleep(200);
    }
  }
}
