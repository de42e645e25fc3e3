import {
  ApplicationFailure,
  DefaultFailureConverter,
  type PayloadConverter,
  type ProtoFailure,
  type SerializationContext,
} from '@temporalio/common';
import { FailureType } from '../domain/refusal.js';

/**
 * Keeps failure texts out of histories: message and stack go into an encoded attribute, which the codec encrypts. Our
 * own refusals stay readable, because the Web UI's dialogs and the CLI never decode a message, and whoever was refused
 * must be able to read why; their texts name fields and ids only. Each cause in a chain is treated on its own.
 *
 * Runs inside the workflow sandbox too: no Node modules here.
 */
class HikeshiFailureConverter extends DefaultFailureConverter {
  constructor() {
    super({ encodeCommonAttributes: true });
  }

  override errorToFailure(error: unknown, converter: PayloadConverter, context?: SerializationContext): ProtoFailure {
    if (!isRefused(error)) return super.errorToFailure(error, converter, context);
    const { encodedAttributes: _, ...failure } = this.errorToFailureInner(error, converter, context);
    return { ...failure, message: error.message, stackTrace: '' };
  }

  /**
   * A copy, because the base class overwrites the message of what this returns, which is the error's own record when the
   * error came over the wire: converted a second time, its text would be lost.
   */
  override errorToFailureInner(
    error: unknown,
    converter: PayloadConverter,
    context?: SerializationContext,
  ): ProtoFailure {
    return { ...super.errorToFailureInner(error, converter, context) };
  }
}

function isRefused(error: unknown): error is ApplicationFailure {
  return error instanceof ApplicationFailure && error.type === FailureType.Refused;
}

/** The name under which the SDK looks for it in this module. */
export const failureConverter = new HikeshiFailureConverter();
