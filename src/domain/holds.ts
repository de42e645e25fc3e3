/** The state of a function, as the channel system knows it (DOMAIN 1.7). */
export const CHANNEL_STATES = ['ACTIVE', 'RESTRICTED', 'SUSPENDED'] as const;
export type ChannelState = (typeof CHANNEL_STATES)[number];
export type Measure = 'restrict' | 'suspend';

/** One suspension's wish for one target. What must hold follows from all open holds together. */
export interface Hold {
  readonly suspension: string;
  readonly target: string;
  readonly measure: Measure;
  readonly limitYen?: number | undefined;
}

export interface Wanted {
  readonly state: ChannelState;
  /** Yen for one request, when restricted: the lowest limit of all holds. */
  readonly limitYen?: number;
}

/** What was read back of a function; the limit only where the channel system tells it, and `null` where it should and does not. */
export interface ReadBack {
  readonly state: ChannelState;
  readonly limitYen?: number | null | undefined;
}

/** A restriction is in effect with its limit: where the channel system tells another one, it does not obey. */
export const obeys = (back: ReadBack, wanted: Wanted): boolean =>
  back.state === wanted.state &&
  (back.state !== 'RESTRICTED' ||
    back.limitYen === undefined ||
    wanted.limitYen === undefined ||
    back.limitYen === wanted.limitYen);

/** As people read it: `RESTRICTED 30000`. */
export const readBackText = ({ state, limitYen }: ReadBack): string =>
  limitYen === undefined ? state : `${state} ${limitYen ?? 'LIMIT_MISSING'}`;

/**
 * The strictest hold wins; a function is active only when nothing holds it.
 * @param defaultLimit of the service map, in yen: for restrictions without a limit of their own
 */
export function wantedState(holds: readonly Hold[], defaultLimit?: number): Wanted {
  if (holds.some(({ measure }) => measure === 'suspend')) return { state: 'SUSPENDED' };
  if (holds.length === 0) return { state: 'ACTIVE' };
  const limits = holds.map(({ limitYen }) => limitYen ?? defaultLimit).filter((limit) => limit !== undefined);
  return limits.length > 0 ? { state: 'RESTRICTED', limitYen: Math.min(...limits) } : { state: 'RESTRICTED' };
}
