import type { Payload } from '@temporalio/common';
import proto from '@temporalio/proto';
import { EncryptionCodec } from '../../src/worker/codec.js';
import { eventually } from '../support/liveOperator.js';
import { openLiveWorld, type LiveWorld } from '../support/liveWorld.js';

/** A person's name, as it stands in reasons that people write. */
const NAME = 'YAMADA-Hanako';
const NAME_JA = '山田花子';
const REASON = `${NAME} (${NAME_JA}) called the desk; her account lost 300,000 yen`;
const STOP = 'suspension/L/secret';
const FIRE = 'containment/L/link-c1';
const BY_FIRE = 'suspension/L/link-c1-r1';

let world: LiveWorld;

beforeAll(async () => {
  world = await openLiveWorld({
    name: 'secrecy',
    policy: { containment: { decideWithin: 'PT1H', warnAfter: [], redecideWithin: 'PT1H' } },
  });
  await world.startWorker({ env: { HIKESHI_LOG_LEVEL: 'debug' } });
  await playedThrough();
}, 90_000);

afterAll(() => world?.close());

/** A suspension and a containment in which every text is a secret, with refusals and faults on the way. */
async function playedThrough(): Promise<void> {
  const { operator, client, store } = world;
  // Nobody can be called, and nothing decided, while the register fails, in the latter case with the text in its message.
  await store.pool.query('alter table attempt rename to attempt_away');
  await store.pool.query(`create function fail() returns trigger language plpgsql as
    $$ begin raise exception 'not %', new.reason using detail = new.reason; end $$`);
  await store.pool.query('create trigger fail before insert on decision for each row execute function fail()');
  const handle = await operator.suspend('secret', ['mijica-web'], {
    failedControl: 'member-login-detection',
    reason: REASON,
    legalBasis: REASON,
  });
  await expect(operator.decide(STOP, 'approve', 'approve', 'pr-1', REASON)).rejects.toThrow();

  const approval = operator.decide(STOP, 'approve', 'approve', 'commander-1', REASON);
  await eventually('the worker tells that the register fails', () =>
    /"activityType":"record".*"msg":"Activity failed"/.test(workerLog()),
  );
  await eventually('the worker tells that nobody could be called', () =>
    /"activityType":"callPeople".*"msg":"Activity failed"/.test(workerLog()),
  );
  await store.pool.query('drop trigger fail on decision');
  await store.pool.query('alter table attempt_away rename to attempt');
  await approval;
  await operator.stage(STOP, 'IN_FORCE');

  await handle.signal('lossConfirmed', { reason: REASON, [NAME]: NAME });
  await client.workflow
    .getHandle(STOP)
    .executeUpdate('proposeLift', { args: [{ v: 1, by: 'ciso-1', reason: REASON }] });
  await operator.decide(STOP, 'lift', 'approve', 'commander-1', REASON);
  await handle.result();

  await operator.loss('link-c1', 'case-1');
  await operator.decide(FIRE, 'decide', 'suspend', 'commander-1', REASON);
  await client.workflow.getHandle(FIRE).result();
  await operator.stage(BY_FIRE, 'IN_FORCE');
  const refused = await operator.suspend('refused', [NAME], { reason: REASON });
  await expect(refused.result()).rejects.toThrow();
}

const workerLog = () => world.logs()['worker-1'] ?? '';

type Leaf = readonly [path: string, value: unknown];

/** Every leaf of a message, with where it stands; payloads count as one. */
function* leaves(value: unknown, path = ''): Generator<Leaf> {
  if (isPayload(value) || value instanceof Uint8Array || typeof value !== 'object' || value === null) {
    yield [path, value];
    return;
  }
  for (const [key, each] of Object.entries(value)) yield* leaves(each, `${path}.${key}`);
}

function isPayload(value: unknown): value is Payload {
  return typeof value === 'object' && value !== null && 'metadata' in value && 'data' in value;
}

const encodingOf = ({ metadata }: Payload) => Buffer.from(metadata?.['encoding'] ?? []).toString();

/** Events and description of a workflow as the server holds them: no codec anywhere. */
async function raw(workflowId: string) {
  const execution = { workflowId };
  const { namespace, connection } = world;
  const [{ history }, description] = await Promise.all([
    connection.workflowService.getWorkflowExecutionHistory({ namespace, execution }),
    connection.workflowService.describeWorkflowExecution({ namespace, execution }),
  ]);
  return { history: history!, description };
}

const WORKFLOWS = [STOP, FIRE, BY_FIRE, 'suspension/L/refused'];

test.each(WORKFLOWS)('nobody is found in the raw history of %s', async (workflowId) => {
  const { history, description } = await raw(workflowId);
  const bytes = Buffer.concat([
    proto.temporal.api.history.v1.History.encode(history).finish(),
    proto.temporal.api.workflowservice.v1.DescribeWorkflowExecutionResponse.encode(description).finish(),
  ]);
  // A refusal names who may decide instead; nothing else names a person, not even by id.
  const people = [FIRE, BY_FIRE].includes(workflowId) ? ['commander-1', 'duty-1', 'ciso-1'] : [];
  for (const hidden of [NAME, NAME_JA, REASON, '300,000', ...people])
    for (const written of [hidden, Buffer.from(hidden).toString('base64').slice(0, -4)])
      expect([written, bytes.includes(written)]).toEqual([written, false]);
});

/**
 * Payloads that the server or Core must read itself: search attributes, what Core notes about a local activity, and the name
 * of a change of our code.
 */
const CLEAR_PAYLOADS =
  /\.(searchAttributes|upsertedSearchAttributes)\.indexedFields\.|\.markerRecordedEventAttributes\.details\.(data|patch-data)\./;
/** Ids, names of types and queues, hosts: words without spaces. */
const ID = /^[\w@.:/#~$+-]*$/;

test.each(WORKFLOWS)(
  'what stands in clear in %s are ids, types and queues, and the sentence of a refusal',
  async (workflowId) => {
    const { history, description } = await raw(workflowId);
    const inClear: string[] = [];
    for (const [path, value] of [...leaves(history), ...leaves(description, '.description')]) {
      if (isPayload(value)) {
        if (encodingOf(value) !== 'binary/encrypted') inClear.push(`payload ${path}`);
      } else if (value instanceof Uint8Array ? value.length > 0 : typeof value === 'string' && !ID.test(value))
        inClear.push(`${path}: ${String(value)}`);
    }
    const unexpected = inClear.filter(
      (each) =>
        !CLEAR_PAYLOADS.test(each) && !/failure\.message: /.test(each) && !/\.lastFailure\.message: /.test(each),
    );
    expect(unexpected).toEqual([]);
    const messages = inClear.filter((each) => each.includes('.message: '));
    for (const message of messages) expect(message).toMatch(/: (Encoded failure$|.* ／ )/s);
  },
);

test('search attributes tell incident, job, stage and the next deadline, and nothing else of ours', async () => {
  const { description } = await raw(STOP);
  const attributes = description.workflowExecutionInfo?.searchAttributes?.indexedFields ?? {};
  const ours = Object.entries(attributes).filter(([name]) => name !== 'BuildIds');
  const told = ours.map(([name, { data }]) => [name, JSON.parse(Buffer.from(data!).toString()) as unknown]);
  expect(Object.fromEntries(told)).toEqual({
    IncidentId: 'L',
    Job: 'suspension',
    Stage: 'LIFTED',
    NeedsHuman: false,
    // Names that our code gives to its own changes.
    TemporalChangeVersion: ['calls-after-stop', 'done-with-last-proof', 'every-loss-told', 'orders-in-time'],
  });
});

test('who has the key reads what was said, by the codec server as the Web UI asks it', async () => {
  const { history } = await raw(STOP);
  const encrypted = [...leaves(history)].map(([, value]) => value).filter(isPayload);
  const codec = new EncryptionCodec(world.namespace, world.keyRing);
  const decoded = await codec.decode(encrypted);
  const read = decoded.map(({ data }) => Buffer.from(data ?? []).toString()).join('\n');
  for (const said of [NAME, NAME_JA, 'commander-1', 'mijica-web', 'approval']) expect(read).toContain(said);

  const base64 = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('base64');
  const body = JSON.stringify({
    payloads: history.events![0]!.workflowExecutionStartedEventAttributes!.input!.payloads!.map((payload) => ({
      metadata: Object.fromEntries(Object.entries(payload.metadata ?? {}).map(([key, value]) => [key, base64(value)])),
      data: base64(payload.data),
    })),
  });
  const ask = (namespace: string) =>
    fetch(`${world.codecUrl}/decode`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-namespace': namespace, origin: world.uiUrl },
      body,
    });
  const answer = (await (await ask(world.namespace)).json()) as { payloads: { data: string }[] };
  expect(Buffer.from(answer.payloads[0]!.data, 'base64').toString()).toContain(REASON);
  expect((await ask('another')).status).not.toBe(200);
});

test('no log of the stack repeats what people wrote', () => {
  const logs = world.logs();
  expect(Object.keys(logs)).toEqual(expect.arrayContaining(['gateway', 'worker-1', 'simulator']));
  expect(/"activityType":"record".*"msg":"Activity failed"/.test(workerLog())).toBe(true);
  for (const [name, text] of Object.entries(logs))
    for (const hidden of [NAME, NAME_JA, '300,000'])
      expect([name, hidden, text.includes(hidden)]).toEqual([name, hidden, false]);
});
