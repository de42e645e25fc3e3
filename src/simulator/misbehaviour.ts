import { z } from 'zod';

export const OPERATIONS = ['order', 'read', 'request'] as const;
export type Operation = (typeof OPERATIONS)[number];

/**
 * - `slow`: does it at once, answers after `delayMs`. `lie`: answers 200 and does nothing; a read tells what was ordered.
 * - `fail`: 500, nothing done. `lose-answer`: does it, then cuts the connection. `drop-before`: cuts it before doing.
 * - `keep-limit`: takes the new status and says so, and keeps the limit that it had.
 * - `rate-limit`: 429 with `retryAfter` (seconds or an HTTP date). `down`: cuts every connection until `none`.
 */
export const CHANNEL_MODES = [
  'slow',
  'lie',
  'fail',
  'lose-answer',
  'drop-before',
  'keep-limit',
  'rate-limit',
  'down',
] as const;

/**
 * - `smtp-down`: 421 to everybody. `smtp-tempfail`: 451 to the message. `smtp-refuse`: 550 to the message.
 * - `smtp-slow`: answers the message after `delayMs`. `smtp-lose-answer`: keeps the message, then cuts the connection.
 * - `smtp-greylist`: 450 to the first message from a sender to a recipient, which names `retryAfter` seconds; then takes it.
 * - `smtp-bounce`: takes the message, then a report of its failure (5.1.1) comes back. `smtp-delay`: a report of a delay.
 */
export const MAIL_MODES = [
  'smtp-down',
  'smtp-tempfail',
  'smtp-refuse',
  'smtp-slow',
  'smtp-lose-answer',
  'smtp-greylist',
  'smtp-bounce',
  'smtp-delay',
] as const;

export const MisbehaveSchema = z
  .strictObject({
    /** One function only; left out: all of them. */
    code: z.string().optional(),
    /** One mailbox only, for faults of mail but `smtp-down`; left out: all of them. */
    address: z.string().optional(),
    mode: z.enum([...CHANNEL_MODES, ...MAIL_MODES, 'none']),
    /** How many calls it meets; left out: until `none`. */
    times: z.int().positive().optional(),
    /** From this instant of the simulator's clock on it is over; left out: until `none`. */
    until: z.iso.datetime({ offset: true }).optional(),
    delayMs: z.int().nonnegative().default(1000),
    retryAfter: z.union([z.int().nonnegative(), z.string()]).optional(),
    /** Which calls it meets; left out: orders only, and for `down` all of them. */
    on: z.array(z.enum(OPERATIONS)).min(1).optional(),
  })
  .refine(({ mode, on }) => mode !== 'lie' || !on?.includes('request'), {
    path: ['on'],
    message: 'no lie on requests',
  });

export type Rule = Omit<z.infer<typeof MisbehaveSchema>, 'mode'> & {
  mode: (typeof CHANNEL_MODES)[number] | (typeof MAIL_MODES)[number];
};

/** The faults in force. They do not outlive the process. */
export class Misbehaviour {
  #rules: { rule: Rule; left: number }[] = [];
  #now: string | null = null;

  /** The drill's time; `null`: the wall clock. */
  setClock(now: string | null): void {
    this.#now = now;
  }

  now(): Date {
    return this.#now === null ? new Date() : new Date(this.#now);
  }

  /** A new rule takes the place of the one for the same code or mailbox; mail has its own place. */
  set({ mode, ...rest }: z.infer<typeof MisbehaveSchema>): void {
    if (mode === 'none') {
      const all = rest.code === undefined && rest.address === undefined;
      const named = (rule: Rule) => rule.code === rest.code && rule.address === rest.address;
      this.#rules = all ? [] : this.#rules.filter(({ rule }) => !named(rule));
      return;
    }
    const same = (rule: Rule) =>
      rule.code === rest.code && rule.address === rest.address && isMail(rule.mode) === isMail(mode);
    this.#rules = this.#rules.filter(({ rule }) => !same(rule));
    this.#rules.push({ rule: { mode, ...rest }, left: rest.times ?? Infinity });
  }

  /** The fault that meets this call, which counts as one of its times. A function's own fault goes before a general one. */
  meet(code: string, operation: Operation): Rule | undefined {
    const hits = (rule: Rule) =>
      !isMail(rule.mode) && (rule.on ?? (rule.mode === 'down' ? OPERATIONS : ['order'])).includes(operation);
    return this.#take((rule) => hits(rule) && rule.code === code) ?? this.#take((rule) => hits(rule) && !rule.code);
  }

  /** The fault that meets a mail connection (`smtp-down`). */
  meetMailConnection(): Rule | undefined {
    return this.#take((rule) => rule.mode === 'smtp-down');
  }

  /** The fault that meets a message to these mailboxes. A mailbox's own fault goes before a general one. */
  meetMail(addresses: readonly string[]): Rule | undefined {
    const hits = (rule: Rule) => isMail(rule.mode) && rule.mode !== 'smtp-down';
    const own = (rule: Rule) => rule.address !== undefined && addresses.includes(rule.address);
    return (
      this.#take((rule) => hits(rule) && own(rule)) ?? this.#take((rule) => hits(rule) && rule.address === undefined)
    );
  }

  #take(wanted: (rule: Rule) => boolean): Rule | undefined {
    const now = this.now();
    const hit = this.#rules.find(
      ({ rule }) => wanted(rule) && (rule.until === undefined || now < new Date(rule.until)),
    );
    if (!hit) return undefined;
    hit.left -= 1;
    if (hit.left <= 0) this.#rules = this.#rules.filter((entry) => entry !== hit);
    return hit.rule;
  }
}

function isMail(mode: Rule['mode']): boolean {
  return mode.startsWith('smtp-');
}
