import { z } from 'zod';

export const OPERATIONS = ['order', 'read', 'request'] as const;
export type Operation = (typeof OPERATIONS)[number];

/**
 * - `slow`: does it at once, answers after `delayMs`. `lie`: answers 200 and does nothing; a read tells what was ordered.
 * - `fail`: 500, nothing done. `lose-answer`: does it, then cuts the connection. `drop-before`: cuts it before doing.
 * - `rate-limit`: 429 with `retryAfter` (seconds or an HTTP date). `down`: cuts every connection until `none`.
 */
export const CHANNEL_MODES = ['slow', 'lie', 'fail', 'lose-answer', 'drop-before', 'rate-limit', 'down'] as const;

/**
 * - `smtp-down`: 421 to everybody. `smtp-tempfail`: 451 to the message. `smtp-refuse`: 550 to the message.
 * - `smtp-slow`: answers the message after `delayMs`. `smtp-lose-answer`: keeps the message, then cuts the connection.
 */
export const MAIL_MODES = ['smtp-down', 'smtp-tempfail', 'smtp-refuse', 'smtp-slow', 'smtp-lose-answer'] as const;

export const MisbehaveSchema = z
  .strictObject({
    /** One function only; left out: all of them. */
    code: z.string().optional(),
    mode: z.enum([...CHANNEL_MODES, ...MAIL_MODES, 'none']),
    /** How many calls it meets; left out: until `none`. */
    times: z.int().positive().optional(),
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

  /** A new rule takes the place of the one for the same code; mail has its own place. */
  set({ mode, ...rest }: z.infer<typeof MisbehaveSchema>): void {
    if (mode === 'none') {
      this.#rules = rest.code === undefined ? [] : this.#rules.filter(({ rule }) => rule.code !== rest.code);
      return;
    }
    const same = (rule: Rule) => rule.code === rest.code && isMail(rule.mode) === isMail(mode);
    this.#rules = this.#rules.filter(({ rule }) => !same(rule));
    this.#rules.push({ rule: { mode, ...rest }, left: rest.times ?? Infinity });
  }

  /** The fault that meets this call, which counts as one of its times. A function's own fault goes before a general one. */
  meet(code: string, operation: Operation): Rule | undefined {
    const hits = (rule: Rule) =>
      !isMail(rule.mode) && (rule.on ?? (rule.mode === 'down' ? OPERATIONS : ['order'])).includes(operation);
    return this.#take((rule) => hits(rule) && rule.code === code) ?? this.#take((rule) => hits(rule) && !rule.code);
  }

  /** The fault that meets a mail connection (`smtp-down`) or a message (all others). */
  meetMail(stage: 'connection' | 'message'): Rule | undefined {
    return this.#take((rule) => isMail(rule.mode) && (rule.mode === 'smtp-down') === (stage === 'connection'));
  }

  #take(wanted: (rule: Rule) => boolean): Rule | undefined {
    const hit = this.#rules.find(({ rule }) => wanted(rule));
    if (!hit) return undefined;
    hit.left -= 1;
    if (hit.left <= 0) this.#rules = this.#rules.filter((entry) => entry !== hit);
    return hit.rule;
  }
}

function isMail(mode: Rule['mode']): boolean {
  return mode.startsWith('smtp-');
}
