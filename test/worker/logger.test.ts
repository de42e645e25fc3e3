import { ApplicationFailure } from '@temporalio/common';
import { LogTimestamp } from '@temporalio/worker';
import { createLog, sdkLogger } from '../../src/worker/logger.js';

function logToMemory() {
  const lines: string[] = [];
  const log = createLog('test', { level: 'trace', destination: { write: (line) => void lines.push(line) } });
  return { log, sdk: sdkLogger(log), lines, last: () => JSON.parse(lines.at(-1)!) as Record<string, unknown> };
}

const secret = 'yamada@example.jp';

test('ids and states are kept, with the level as a word and the time in UTC', () => {
  const { sdk, last } = logToMemory();
  sdk.warn('Activity failed', { workflowId: 'suspension/s-1', attempt: 2, activityType: 'settle', isLocal: false });
  expect(last()).toMatchObject({
    level: 'warn',
    process: 'test',
    msg: 'Activity failed',
    workflowId: 'suspension/s-1',
    attempt: 2,
    activityType: 'settle',
    isLocal: false,
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
  });
});

test('what is not on the list is dropped, however it is logged', () => {
  const { log, sdk, lines } = logToMemory();
  sdk.info('a', { email: secret, options: { to: secret }, workflowId: { to: secret } });
  sdk.log('ERROR', 'b', { error: secret, err: secret });
  log.info({ email: secret }, 'c');
  log.info({ email: secret });
  log.child({ email: secret }).info('d');
  log.info('e %s', secret);
  log.info({ queue: 'control' }, 'f %s', secret);
  expect(lines).toHaveLength(7);
  expect(lines.join('')).not.toContain(secret);
});

test("an error is told by type, code and place, its causes by type; its text and its causes' texts are not", () => {
  const { log, sdk, lines, last } = logToMemory();
  const text = `no mailbox ${secret}\n    at ${secret} (file.js:1:1)`;
  const error = Object.assign(new TypeError(text, { cause: new RangeError(secret) }), { code: 'ECONNREFUSED' });
  sdk.error('Activity failed', { error });
  expect(last()).toMatchObject({ errorType: 'TypeError', errorCode: 'ECONNREFUSED', causedBy: ['RangeError'] });
  expect((last()['frames'] as string[])[0]).toMatch(/^at .*logger\.test/);
  log.error(error);
  expect(last()).toMatchObject({ errorType: 'TypeError', msg: '' });
  log.error({ err: error });
  log.error({ err: error }, 'with a message');
  log.error(ApplicationFailure.nonRetryable(secret, 'Diverged'), 'with a message');
  expect(last()).toMatchObject({ errorType: 'Diverged' });
  expect(lines).toHaveLength(5);
  expect(lines.join('')).not.toContain(secret);
});

test('the text of a refusal may be read in the log as in the Web UI', () => {
  const { sdk, last } = logToMemory();
  sdk.warn('Update failed', { error: ApplicationFailure.nonRetryable('field "subject" is missing', 'Refused') });
  expect(last()).toMatchObject({ errorType: 'Refused', errorMessage: 'field "subject" is missing' });
});

test("the SDK's messages that repeat an error's text lose it", () => {
  const { sdk, last } = logToMemory();
  sdk.error(`Error while processing ActivityTask.start: ${secret}`, {});
  expect(last()['msg']).toBe('Error while processing ActivityTask.start');
});

test("the SDK's time stamp, a symbol with a big integer, does not break a line", () => {
  const { sdk, last } = logToMemory();
  sdk.info('Worker state changed', { [LogTimestamp]: 1n, state: 'RUNNING' });
  expect(last()).toMatchObject({ state: 'RUNNING' });
});

test('what Core says of a broken connection is kept', () => {
  const { sdk, last } = logToMemory();
  sdk.warn('gRPC call failed', { sdkComponent: 'core', error: 'transport error', identity: secret });
  expect(last()).toMatchObject({ error: 'transport error' });
  expect(last()).not.toHaveProperty('identity');
});
