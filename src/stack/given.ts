import pg from 'pg';
import { PORTS } from '../config.js';
import { ensureNamespace } from './namespace.js';
import { StackProblem } from './problem.js';
import { withConnection } from './temporal.js';

/** @throws {StackProblem} when the database that `DATABASE_URL` names cannot be used; never repeats its password */
export async function requireDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code ?? message;
    const where = `${client.host}:${client.port}/${client.database ?? ''}`;
    throw new StackProblem(
      {
        en: `The database of DATABASE_URL (${where}) cannot be used (${reason}); start it or mend DATABASE_URL, or unset it to let Hikeshi run its own.`,
        ja: `DATABASE_URL のデータベース（${where}）を使えません（${reason}）。データベースを起動するか、DATABASE_URL を直すか、外して Hikeshi 自身のデータベースを使ってください。`,
      },
      { cause },
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** @throws {StackProblem} when the Temporal server does not answer, or does not let us prepare the namespace */
export async function prepareNamespace(address: string, namespace: string): Promise<void> {
  try {
    await withConnection(address, (connection) => ensureNamespace(connection, namespace));
  } catch (cause) {
    if (cause instanceof StackProblem) throw cause;
    throw new StackProblem(
      {
        en: `The Temporal server at ${address} does not answer; start it, or unset TEMPORAL_ADDRESS to let Hikeshi run its own (port ${PORTS.temporal}).`,
        ja: `${address} の Temporal サーバーが応答しません。サーバーを起動するか、TEMPORAL_ADDRESS を外して Hikeshi 自身のサーバー（ポート ${PORTS.temporal}）を使ってください。`,
      },
      { cause },
    );
  }
}
