import { z } from 'zod';
import { PolicySchema } from './policy.js';
import { DecisionTableSchema, RosterSchema } from './roster.js';
import { ServiceMapSchema } from './serviceMap.js';

export const PlaybookSchema = z.strictObject({
  version: z.string().min(1),
  title: z.strictObject({ ja: z.string(), en: z.string() }),
  /** IANA zone in which people of this bank read the time. */
  zone: z.string().min(1),
  /** Whom providers ask about an inspection. */
  desk: z
    .strictObject({
      name: z.strictObject({ ja: z.string().min(1), en: z.string().min(1) }),
      mail: z.email(),
      phone: z.string().min(3).optional(),
    })
    .optional(),
});

/** The documents of a playbook that live in one file each, by kind. Each carries its own version. */
export const DOCUMENTS = {
  playbook: PlaybookSchema,
  services: ServiceMapSchema,
  roster: RosterSchema,
  decisions: DecisionTableSchema,
  policy: PolicySchema,
} as const;

export type DocumentKind = keyof typeof DOCUMENTS;
export type Documents = { readonly [K in DocumentKind]: z.output<(typeof DOCUMENTS)[K]> };
