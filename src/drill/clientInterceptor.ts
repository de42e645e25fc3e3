import type { WorkflowClientInterceptor } from '@temporalio/client';
import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import type { Instant } from '../domain/instant.js';
import { DRILL_HEADER } from './protocol.js';

/** Puts the drill's instant on everything that the runner sends. */
export function drillClientInterceptor(now: () => Instant): WorkflowClientInterceptor {
  const stamped = <T extends { readonly headers: Headers }>(input: T): T => ({
    ...input,
    headers: { ...input.headers, [DRILL_HEADER]: defaultPayloadConverter.toPayload(now()) },
  });
  return {
    startWithDetails: (input, next) => next(stamped(input)),
    signal: (input, next) => next(stamped(input)),
    signalWithStart: (input, next) => next(stamped(input)),
    startUpdate: (input, next) => next(stamped(input)),
  };
}
