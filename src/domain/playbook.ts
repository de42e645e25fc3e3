import { z } from 'zod';
import { PolicySchema } from './policy.js';
import { DecisionTableSchema, RosterSchema } from './roster.js';
import type { Sentence } from './sentence.js';
import { ServiceMapSchema } from './serviceMap.js';

const SentenceSchema = z.strictObject({ ja: z.string().min(1), en: z.string().min(1) });

export const PlaybookSchema = z.strictObject({
  version: z.string().min(1),
  title: z.strictObject({ ja: z.string(), en: z.string() }),
  /** IANA zone in which people of this bank read the time. */
  zone: z.string().min(1),
  /** The bank's name as providers know it: in whose name they are asked. */
  institution: SentenceSchema.optional(),
  /** Whom providers ask about an inspection, at an address and a number that they know from before. */
  desk: z
    .strictObject({
      name: SentenceSchema,
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

type Playbook = Documents['playbook'];

/** In whose name a provider is asked. A playbook that does not say it names nobody. */
export const institutionOf = ({ institution }: Playbook): Sentence => institution ?? NOBODY;
const NOBODY: Sentence = { ja: 'この点検を行う銀行', en: 'the bank that runs this inspection' };

/** Whom a provider asks. */
export const deskOf = ({ desk }: Playbook): NonNullable<Playbook['desk']> => desk ?? DESK;
const DESK = { name: { ja: '点検事務局', en: 'inspection desk' }, mail: 'inspection@localhost.invalid' };
