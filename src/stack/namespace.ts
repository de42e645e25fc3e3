import { setTimeout as sleep } from 'node:timers/promises';
import { isGrpcServiceError, type Connection } from '@temporalio/client';
import { StackProblem } from './problem.js';

/** What operators filter by. None may hold personal data: search attributes are not encrypted. */
export const SEARCH_ATTRIBUTES = {
  IncidentId: 'Keyword',
  Job: 'Keyword',
  Stage: 'Keyword',
  Owner: 'Keyword',
  NeedsHuman: 'Bool',
  NextDeadline: 'Datetime',
} as const;

/** The numbers of these types in Temporal's API (`IndexedValueType`). */
const TYPE_NUMBERS = { Keyword: 2, Bool: 5, Datetime: 6 } as const;

const GrpcCode = { NOT_FOUND: 5, ALREADY_EXISTS: 6, PERMISSION_DENIED: 7, UNIMPLEMENTED: 12 } as const;

/** A cluster tells its services of a new attribute within 10 s; the development server within 40 ms. */
const USABLE_WITHIN_MS = 30_000;

function hasCode(error: unknown, ...codes: number[]): boolean {
  return isGrpcServiceError(error) && codes.includes(error.code);
}

/**
 * Makes a namespace with our search attributes, and returns once workflows can be started and listed in it. Does nothing
 * when all of it is there; leaves the retention of an existing namespace as it is.
 *
 * @throws {StackProblem} when something is missing and this server lets nobody add it through its API (Temporal Cloud)
 */
export async function ensureNamespace(
  connection: Connection,
  name: string,
  { retentionDays = 90 }: { retentionDays?: number } = {},
): Promise<void> {
  const until = Date.now() + USABLE_WITHIN_MS;
  for (;;) {
    try {
      await registerOnce(connection, name, retentionDays);
      await addMissingAttributes(connection, name);
      await probe(connection, name);
      return;
    } catch (error) {
      if (hasCode(error, GrpcCode.PERMISSION_DENIED, GrpcCode.UNIMPLEMENTED)) throw notAllowed(name, error);
      if (!isGrpcServiceError(error) || Date.now() > until) throw error;
      await sleep(50);
    }
  }
}

async function registerOnce(connection: Connection, namespace: string, retentionDays: number): Promise<void> {
  try {
    await connection.workflowService.describeNamespace({ namespace });
  } catch (error) {
    if (!hasCode(error, GrpcCode.NOT_FOUND)) throw error;
    try {
      const seconds = retentionDays * 86_400;
      await connection.workflowService.registerNamespace({
        namespace,
        workflowExecutionRetentionPeriod: { seconds: seconds as unknown as Long },
      });
    } catch (race) {
      if (!hasCode(race, GrpcCode.ALREADY_EXISTS)) throw race;
    }
  }
}

/** A query that names every attribute is refused until the server knows them all. */
async function probe(connection: Connection, namespace: string): Promise<void> {
  const query = Object.keys(SEARCH_ATTRIBUTES)
    .map((key) => `${key} IS NULL`)
    .join(' AND ');
  await connection.workflowService.countWorkflowExecutions({ namespace, query });
}

async function addMissingAttributes(connection: Connection, namespace: string): Promise<void> {
  try {
    return await probe(connection, namespace);
  } catch (error) {
    if (!isGrpcServiceError(error)) throw error;
  }
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.entries(SEARCH_ATTRIBUTES).filter(([key]) => !(key in (customAttributes ?? {})));
  if (missing.length === 0) return;
  try {
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map(([key, type]) => [key, TYPE_NUMBERS[type]])),
    });
  } catch (error) {
    if (!hasCode(error, GrpcCode.ALREADY_EXISTS)) throw error;
  }
}

function notAllowed(namespace: string, cause: unknown): StackProblem {
  const list = Object.entries(SEARCH_ATTRIBUTES)
    .map(([key, type]) => `${key}=${type}`)
    .join(' ');
  return new StackProblem(
    {
      en: `The Temporal server does not let us prepare the namespace ${namespace}; let its administrator make it with the search attributes ${list}.`,
      ja: `Temporal サーバーは名前空間 ${namespace} の準備を許可していません。管理者に、検索属性 ${list} を付けて作成してもらってください。`,
    },
    { cause },
  );
}
