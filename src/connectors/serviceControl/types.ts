import type { Sentence } from '../../domain/sentence.js';

/** What a channel system says about one target. */
export type ChannelState = 'ACTIVE' | 'RESTRICTED' | 'SUSPENDED';

/** What happens to work that the channel has already taken in when a function stops. */
export type InFlight = 'finish' | 'hold' | 'reject';

/** A function, partner link, card or account as the outside knows it. */
export interface ControlTarget {
  readonly id: string;
  /** Ids the outside knows, by name, for the connector's templates (`{{target.external.code}}`). */
  readonly external: Readonly<Record<string, string>>;
  /** Pseudonym of the partner behind a link. */
  readonly partner?: string;
  /** Customers that it concerns. */
  readonly segment?: 'all' | 'new' | 'existing';
}

/** One numbered order. A retry of the same order carries the same key. */
export interface ControlOrder {
  /** Idempotency key, `function/<id>/order/<n>`. */
  readonly key: string;
  readonly wanted: ChannelState;
  readonly inFlight?: InFlight | undefined;
  /** Highest amount in yen that a restricted function still accepts. */
  readonly limitYen?: number | undefined;
  readonly reason: string;
}

/** A person must do it, or look it up, and confirm it by name. */
export interface ByHand {
  readonly kind: 'by-hand';
  readonly instruction: Sentence;
}

/** Nobody knows whether it happened, or how it stands: look it up before anything is tried again. `detail`: see `explain`. */
export interface Unknown {
  readonly kind: 'unknown';
  readonly detail: string;
}

/** The outside asks for patience; it did nothing. */
export interface RetryLater {
  readonly kind: 'retry-later';
  /** Whole seconds, at least 1. */
  readonly afterSeconds: number;
}

export type SendResult =
  /** The outside said yes; only a read-back proves it. */
  | { readonly kind: 'accepted' }
  /** A definite no: nothing happened, and it will not by itself. A person must look. */
  | { readonly kind: 'refused'; readonly detail: string }
  | RetryLater
  | Unknown
  | ByHand;

export type ReadResult =
  /**
   * `raw` is the outside's own word for the state, one of the connector's table; `inFlight` counts items under way, and
   * `limitYen` is the limit of a restricted function, where they are told; `null`: it should be told, and is not.
   */
  | {
      readonly kind: 'state';
      readonly state: ChannelState;
      readonly raw?: string;
      readonly inFlight?: number;
      readonly limitYen?: number | null;
    }
  | Unknown
  | RetryLater
  | ByHand;

/** `none`: the connector has no outside test. */
export type ProbeResult =
  { readonly kind: 'refused' } | { readonly kind: 'went-through' } | { readonly kind: 'none' } | Unknown;

/**
 * The channel system behind one connector. Each call answers within 20 seconds and never throws: what went wrong comes
 * back as a value, and `detail` is a code without secrets, bodies or external ids (`explain` makes it a sentence).
 */
export interface ServiceControl {
  send(target: ControlTarget, order: ControlOrder, signal?: AbortSignal): Promise<SendResult>;
  read(target: ControlTarget, signal?: AbortSignal): Promise<ReadResult>;
  /** The outside test, where the playbook gives one: tries the function as a customer would, with a test account. */
  probe(target: ControlTarget, signal?: AbortSignal): Promise<ProbeResult>;
}

/** Gives the secret of that name (`CHANNEL_TOKEN`), or throws when there is none. */
export type Secrets = (name: string) => string;
