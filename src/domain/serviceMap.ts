import { z } from 'zod';
import { AmountSchema } from './amount.js';
import { KeyPart } from './ids.js';
import { Refusal } from './refusal.js';
import { onlySingle, type Single } from './single.js';

const Name = z.strictObject({ ja: z.string().min(1), en: z.string().min(1) });

/** A published figure: exact, or approximate and said to be so. */
const Count = z.strictObject({ value: z.number().int().nonnegative(), approx: z.boolean().optional() });

const FunctionSchema = z.strictObject({
  id: KeyPart,
  name: Name,
  kind: z.enum(['function', 'link', 'card', 'account']).default('function'),
  /** Pseudonym of the partner behind a link, e.g. `C1`. */
  partner: z.string().optional(),
  /** Customers that it concerns, where a function of its own stops new ones or existing ones only. */
  segment: z.enum(['all', 'new', 'existing']).default('all'),
  controls: z.array(KeyPart).default([]),
  connector: KeyPart,
  /** Ids by which the outside knows the function, for the connector's templates. */
  external: z.record(z.string(), z.string()).default({}),
  /** May a time-out or a tripwire stop it without a person? Debit, ATM and the like: never. */
  autoStop: z.boolean(),
  inFlight: z.enum(['finish', 'hold', 'reject']),
  customers: Count.optional(),
  substitutes: z.array(Name).default([]),
  /** Order of stopping within the service: lower first, equal ones together. The next are asked once these answered. */
  stopOrder: z.number().int().default(1),
  /** Limit in yen for one request when restricted and nothing else is said. */
  restrictedLimitYen: AmountSchema.optional(),
});

export const ServiceMapSchema = z
  .strictObject({
    version: z.string().min(1),
    controls: z.array(z.strictObject({ id: KeyPart, name: Name, owner: KeyPart.optional() })),
    services: z.array(z.strictObject({ id: KeyPart, name: Name, functions: z.array(FunctionSchema).min(1) })),
  })
  .superRefine((map, context) => {
    const controls = new Set(map.controls.map(({ id }) => id));
    const seen = new Set<string>();
    for (const { functions } of map.services) {
      for (const { id, controls: used } of functions) {
        if (seen.has(id)) context.addIssue({ code: 'custom', message: `function ${id} stands twice` });
        seen.add(id);
        for (const control of used)
          if (!controls.has(control))
            context.addIssue({ code: 'custom', message: `function ${id} names an unknown control ${control}` });
      }
    }
  });

/** A service as functions, with the controls that protect each (R-06: item to function mapping). */
export type ServiceMap = z.output<typeof ServiceMapSchema>;
export type ServiceFunction = z.output<typeof FunctionSchema> & { readonly service: string };

export function functionsOf(map: ServiceMap): ServiceFunction[] {
  return map.services.flatMap((service) => service.functions.map((fn) => ({ ...fn, service: service.id })));
}

/** What single things a function stands for; undefined for one that is stopped as a whole. */
export function singleOf(fn: Pick<ServiceFunction, 'kind'> | undefined): Single | undefined {
  return fn?.kind === 'card' || fn?.kind === 'account' ? fn.kind : undefined;
}

/** The function of a target as far as the map names it. */
export function lookUp(map: ServiceMap, target: string): ServiceFunction | undefined {
  const [id, reference] = target.split('/');
  const found = functionsOf(map).find((fn) => fn.id === id);
  return (singleOf(found) !== undefined) === (reference !== undefined) ? found : undefined;
}

/** Does the map name this target? */
export const names = (map: ServiceMap, target: string): boolean => lookUp(map, target) !== undefined;

/** The function of a target; for a card or an account, `<function>/<reference>`. Refuses what the map does not name. */
export function functionOf(map: ServiceMap, target: string): ServiceFunction {
  const found = lookUp(map, target);
  if (found) return found;
  const functions = functionsOf(map);
  const single = singleOf(functions.find(({ id }) => id === target));
  if (single) throw new Refusal(onlySingle(target, single));
  const known = functions.map((fn) => (singleOf(fn) ? `${fn.id}/<reference>` : fn.id)).join(', ');
  throw new Refusal({
    en: `The service map ${map.version} has no target "${target}". Use one of: ${known}.`,
    ja: `サービス一覧（版 ${map.version}）に対象「${target}」はありません。次のいずれかを指定してください: ${known}。`,
  });
}

/** Functions that share a control with the given ones: what K-04 asks to be judged after a stop. */
export function sharing(map: ServiceMap, control: string, except: readonly string[]): ServiceFunction[] {
  return functionsOf(map).filter((fn) => fn.controls.includes(control) && !except.includes(fn.id));
}

/** Refuses a control that the map does not name. */
export function controlOf(map: ServiceMap, id: string): ServiceMap['controls'][number] {
  const control = map.controls.find((candidate) => candidate.id === id);
  if (control) return control;
  throw new Refusal({
    en: `The service map ${map.version} has no control "${id}". Use one of: ${map.controls.map((c) => c.id).join(', ')}.`,
    ja: `サービス一覧（版 ${map.version}）に対策「${id}」はありません。次のいずれかを指定してください: ${map.controls.map((c) => c.id).join(', ')}。`,
  });
}

/** A target as connectors know it; `{reference}` in the outside's ids becomes the card or account of the target. */
export function outsideOf(fn: ServiceFunction, target: string) {
  const reference = target.split('/')[1] ?? '';
  const external = Object.entries(fn.external).map(([name, id]) => [name, id.replace('{reference}', reference)]);
  return {
    id: target,
    external: Object.fromEntries(external) as Record<string, string>,
    ...differsIn(fn),
    segment: fn.segment,
  };
}

/** What tells a function from others of its name: the partner behind it, and the customers that it concerns. */
export function differsIn({ partner, segment }: ServiceFunction): Differs {
  return { ...(partner !== undefined && { partner }), ...(segment !== 'all' && { segment }) };
}
export interface Differs {
  readonly partner?: string;
  readonly segment?: 'new' | 'existing';
}
