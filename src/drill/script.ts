import path from 'node:path';
import { z } from 'zod';
import { IncidentCode, KeyPart, PersonId, TargetId } from '../domain/ids.js';
import { InstantSchema } from '../domain/instant.js';
import { Refusal } from '../domain/refusal.js';
import { readDocument } from '../store/documents.js';

const Common = { at: InstantSchema, layer: z.enum(['CORE', 'EXT', 'PROP']), source: z.string().min(1) };

const Attempts = z.strictObject({
  fact: z.literal('attempts'),
  ...Common,
  /** Name of the wave; a loss refers to it. */
  wave: z.string().min(1),
  function: KeyPart,
  count: z.number().int().positive(),
  amountYen: z.number().int().positive(),
  /** Amount of the last one, so that the sum is the published one. */
  lastAmountYen: z.number().int().positive().optional(),
});

const Loss = z.strictObject({
  fact: z.literal('lossConfirmed'),
  ...Common,
  incident: IncidentCode,
  target: TargetId,
  /** The wave whose successful attempts are confirmed; without one, `count` and `occurredAt` are the fact. */
  wave: z.string().optional(),
  count: z.number().int().positive().optional(),
  occurredAt: InstantSchema.optional(),
  failedControl: KeyPart.optional(),
});

const Start = z.strictObject({
  human: z.literal('start'),
  ...Common,
  workflow: z.string().startsWith('suspension/'),
  input: z.record(z.string(), z.unknown()),
});

const Decide = z.strictObject({
  human: z.literal('decide'),
  ...Common,
  workflow: z.string().min(1),
  subject: z.string().min(1),
  verdict: z.string().min(1),
  by: PersonId,
  reason: z.string().min(3),
});

const EventSchema = z.union([Attempts, Loss, Start, Decide]);
export type DrillEvent = z.output<typeof EventSchema>;
export type AttemptsEvent = z.output<typeof Attempts>;
export type LossEvent = z.output<typeof Loss>;
export type HumanEvent = z.output<typeof Start> | z.output<typeof Decide>;

const ScriptSchema = z.strictObject({
  version: z.string().min(1),
  start: InstantSchema,
  end: InstantSchema,
  /** Local time of the daily sweep. */
  sweepAt: z.string().regex(/^\d{2}:\d{2}$/),
  events: z.array(EventSchema),
});
export type Script = z.output<typeof ScriptSchema>;

export const POLICIES = ['as-happened', 'as-designed'] as const;
export type PolicyName = (typeof POLICIES)[number];

const Standing = z.strictObject({ state: z.string(), since: z.string().optional() });
const ExpectedAlarm = z.strictObject({
  kind: z.string(),
  on: z.string(),
  entity: z.string().optional(),
  duty: z.string().optional(),
  incident: z.string().optional(),
});
/** An empty section would pass whatever happened: what is not to be judged is left out with its name. */
const section = <S extends z.ZodType>(value: S) =>
  z
    .record(z.string(), value)
    .refine((lines) => Object.keys(lines).length > 0, NOTHING)
    .default({});
const NOTHING =
  'at least one line, since nothing compares equal to everything; or leave the section out ／ 一つ以上の項目';

const ExpectationSchema = z
  .strictObject({
    services: section(z.union([Standing, z.number()])),
    ext: section(z.union([Standing, z.string()])),
    waves: section(z.number()),
    inspection: section(z.json()),
    alarms: z.array(ExpectedAlarm).min(1, NOTHING).default([]),
  })
  .refine((sections) => Object.values(sections).some((lines) => Object.keys(lines).length > 0), NOTHING);
export type Expectation = z.output<typeof ExpectationSchema>;

const ExpectedSchema = z.strictObject({
  version: z.string(),
  'as-happened': ExpectationSchema,
  'as-designed': ExpectationSchema,
});

export async function readScript(folder: string): Promise<Script> {
  const script = await readDocument(ScriptSchema, path.join(folder, 'events.yaml'));
  const unordered = script.events.find((event, index) => index > 0 && event.at < script.events[index - 1]!.at);
  if (!unordered) return script;
  throw new Refusal({
    en: `The events of the playbook must stand in the order of time: the one at ${unordered.at} stands too late. Move it up.`,
    ja: `プレイブックの出来事は時刻順に並べてください。${unordered.at} の出来事を前に移してください。`,
  });
}

export async function readExpected(folder: string, policy: PolicyName): Promise<Expectation> {
  return (await readDocument(ExpectedSchema, path.join(folder, 'expected.yaml')))[policy];
}
