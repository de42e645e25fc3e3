import { ActivityFailure, ApplicationFailure, defaultPayloadConverter, type ProtoFailure } from '@temporalio/common';
import { FailureType } from '../../src/domain/refusal.js';
import { failureConverter } from '../../src/worker/failureConverter.js';

const convert = (error: unknown) => failureConverter.errorToFailure(error, defaultPayloadConverter);
const restore = (failure: ProtoFailure) => failureConverter.failureToError(failure, defaultPayloadConverter);
const refused = (message: string, cause?: Error) =>
  ApplicationFailure.create({ type: FailureType.Refused, message, nonRetryable: true, cause });

test('a refusal stays readable, without its stack', () => {
  const failure = convert(refused('field "subject" is missing'));
  expect(failure.message).toBe('field "subject" is missing');
  expect(failure.stackTrace).toBe('');
  expect(failure.encodedAttributes).toBeUndefined();
  expect(failure.applicationFailureInfo).toMatchObject({ type: 'Refused', nonRetryable: true });
});

test.each<[string, unknown]>([
  ['an application failure of another type', ApplicationFailure.nonRetryable('YAMADA TARO', 'Diverged')],
  ['an application failure that only speaks of refusal', ApplicationFailure.nonRetryable('Refused YAMADA TARO')],
  ['an ordinary error', new Error('YAMADA TARO')],
  ['an error that calls itself Refused', Object.assign(new Error('YAMADA TARO'), { name: 'Refused', type: 'Refused' })],
  ['a thrown text', 'YAMADA TARO'],
  ['a thrown object', { name: 'YAMADA TARO' }],
])('%s is encoded, text and stack', (_, error) => {
  const failure = convert(error);
  expect(failure.message).toBe('Encoded failure');
  expect(failure.stackTrace).toBe('');
  const { encodedAttributes, ...clear } = failure;
  expect(JSON.stringify(clear)).not.toContain('YAMADA');
  expect(defaultPayloadConverter.fromPayload(encodedAttributes!)).toMatchObject({
    message: expect.stringContaining('YAMADA TARO') as string,
  });
  expect(restore(failure).message).toContain('YAMADA TARO');
});

test('each cause in a chain is treated on its own', () => {
  const failure = convert(
    new ActivityFailure(
      'outer',
      'authorise',
      '1',
      'NON_RETRYABLE_FAILURE',
      'w',
      refused('say why', new Error('inner')),
    ),
  );
  expect(failure.message).toBe('Encoded failure');
  expect(failure.cause?.message).toBe('say why');
  expect(failure.cause?.cause?.message).toBe('Encoded failure');
  const error = restore(failure);
  expect(error.message).toBe('outer');
  expect((error.cause as Error).message).toBe('say why');
  expect(((error.cause as Error).cause as Error).message).toBe('inner');
});

test('a refusal that came over the wire goes on as it came', () => {
  const received = restore(convert(refused('say why', new Error('inner'))));
  const again = convert(received);
  expect([again.message, again.cause?.message]).toEqual(['say why', 'Encoded failure']);
});

test('an error that came over the wire keeps its text however often it goes on', () => {
  const received = restore(convert(new Error('a text')));
  convert(received);
  expect(restore(convert(received)).message).toBe('a text');
});
