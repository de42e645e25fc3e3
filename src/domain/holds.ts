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

/** The strictest hold wins; a function is active only when nothing holds it. */
export function wantedState(holds: readonly Hold[]): Wanted {
  if (holds.some(({ measure }) => measure === 'suspend')) return { state: 'SUSPENDED' };
  if (holds.length === 0) return { state: 'ACTIVE' };
  const limits = holds.map(({ limitYen }) => limitYen).filter((limit) => limit !== undefined);
  return limits.length > 0 ? { state: 'RESTRICTED', limitYen: Math.min(...limits) } : { state: 'RESTRICTED' };
}
