import { randomBytes } from 'node:crypto';
import { issueToken, tokenSubject } from '../connectors/token.js';
import { answerPage } from '../domain/answers.js';
import { DAY, plus, type Instant } from '../domain/instant.js';
import { unitOf } from '../domain/providers.js';
import { Refusal } from '../domain/refusal.js';
import { accessLinksOf, addAccessLink, revokeAccessLinks, type AccessLink } from '../store/accessLinks.js';
import { oneCloser } from '../store/duties.js';
import { record } from '../store/record.js';
import { openKeyRing } from '../worker/keyRing.js';
import type { Result } from './app.js';
import { modeOf } from './clock.js';
import type { Context } from './context.js';
import { requireFlags } from './input.js';
import { mayDo } from './inspectionAt.js';
import type { ActingFlags } from './options.js';
import { local, type Page } from './output.js';
import { inspectionOf } from './roundAt.js';
import { dryRunHeading } from './send.js';

type Standing = 'valid' | 'expired' | 'revoked';

const standingOf = ({ revokedAt, expiresAt }: AccessLink, at: Instant): Standing =>
  revokedAt ? 'revoked' : expiresAt <= at ? 'expired' : 'valid';

export const LINK_STANDINGS = {
  valid: { en: 'valid', ja: '有効' },
  expired: { en: 'expired', ja: '期限切れ' },
  revoked: { en: 'revoked', ja: '失効済み' },
} as const;

async function linksOf(context: Context, name: string) {
  const db = await context.register();
  const workflowId = await context.asking(inspectionOf(db, name));
  const [{ at }, links] = await context.asking(Promise.all([modeOf(db, context.now()), accessLinksOf(db, workflowId)]));
  const zone = await context.zone();
  return { db, workflowId, at, zone, links: links.map((link) => ({ ...link, standing: standingOf(link, at) })) };
}

export async function listLinks(context: Context, name: string): Promise<Result> {
  const { workflowId, links, zone } = await linksOf(context, name);
  return {
    data: { workflowId, links },
    page: (page) => {
      page.heading(`${workflowId}   ${page.t({ en: `links (${links.length})`, ja: `リンク（${links.length}件）` })}`);
      if (links.length === 0) return page.text(page.t({ en: 'None.', ja: 'ありません。' }), 2);
      showLinks(page, links, (at) => local(at, zone));
    },
  };
}

export function showLinks(
  page: Page,
  links: readonly (AccessLink & { readonly standing: Standing })[],
  time: (at: Instant) => string,
): void {
  page.table(
    [
      'ID',
      page.t({ en: 'issued', ja: '発行' }),
      page.t({ en: 'until', ja: '期限' }),
      page.t({ en: 'standing', ja: '状態' }),
    ],
    links.map(({ id, issuedAt, expiresAt, standing }) => [
      id,
      time(issuedAt),
      time(expiresAt),
      page.paint(page.t(LINK_STANDINGS[standing]), standing === 'valid' ? 'green' : 'dim'),
    ]),
  );
}

export interface LinkFlags extends ActingFlags {
  readonly contact?: string | undefined;
  readonly id?: string | undefined;
}

/** A link besides those that our mails carry: for a contact whom mail does not reach. */
export async function issueLink(context: Context, name: string, flags: LinkFlags): Promise<Result> {
  const { db, workflowId, at, zone } = await linksOf(context, name);
  const { by, reason, dryRun } = flags;
  requireFlags(
    { by, reason },
    `npx hikeshi inspection link issue ${name} --by provider-manager-1 --reason 'Their mail server refuses our mail'`,
  );
  const { state } = await mayDo(context, workflowId, { rule: 'link', verdict: 'issue', by: by! });
  const { documents } = await context.documents();
  const contact = flags.contact ?? unitOf(documents.providers!, state.unit).contact.mail;
  const expiresAt = plus(at, documents.policy.inspection.linkValidDays * DAY);
  if (dryRun)
    return {
      data: { dryRun: true, workflowId, contact, expiresAt },
      page: (page) => {
        dryRunHeading(page);
        page.text(
          page.t({
            en: `A link for ${contact} would be valid until ${local(expiresAt, zone)}.`,
            ja: `${contact} 向けのリンクは ${local(expiresAt, zone)} まで有効となります。`,
          }),
        );
      },
    };
  const id = tokenSubject(`${workflowId}/link/${randomBytes(16).toString('hex')}`);
  const key = openKeyRing(context.config.stateDir, context.env).current(context.config.namespace);
  await addAccessLink(db, { id, inspection: workflowId, contact, issuedAt: at, expiresAt });
  await note(context, workflowId, 'linkIssued', id, { by: by!, reason: reason! }, at);
  const url = answerPage(context.config.formsUrl, issueToken({ purpose: 'access', subject: id, expiresAt }, key));
  return {
    data: { workflowId, id, contact, expiresAt, url },
    page: (page) => {
      page.text(
        page.t({
          en: `Whoever has this link answers for the unit, until ${local(expiresAt, zone)}. It is not shown again.`,
          ja: `このリンクを持つ人は ${local(expiresAt, zone)} まで対象として回答できます。再表示はできません。`,
        }),
        0,
        'yellow',
      );
      page.code(url, 2);
      page.raw(`  ID ${id}`);
    },
  };
}

export async function revokeLinks(context: Context, name: string, flags: LinkFlags): Promise<Result> {
  const { db, workflowId, at, zone, links } = await linksOf(context, name);
  const { by, reason, id, dryRun } = flags;
  requireFlags(
    { by, reason },
    `npx hikeshi inspection link revoke ${name} --by provider-manager-1 --reason 'The mail was forwarded'`,
  );
  await mayDo(context, workflowId, { rule: 'link', verdict: 'revoke', by: by! });
  if (id !== undefined && !links.some((link) => link.id === id)) throw noSuchLink(workflowId, links);
  const valid = links.filter((link) => link.standing === 'valid' && (id === undefined || link.id === id));
  if (!dryRun)
    for (const link of valid) {
      await note(context, workflowId, 'linkRevoked', link.id, { by: by!, reason: reason! }, at);
      await revokeAccessLinks(db, { id: link.id }, at);
    }
  return {
    data: { dryRun: dryRun ?? false, workflowId, revoked: valid.map((link) => link.id) },
    page: (page) => {
      if (dryRun) dryRunHeading(page);
      if (valid.length === 0)
        return page.text(
          page.t({
            en: 'No link is valid: nothing to revoke.',
            ja: '有効なリンクはありません（失効させるものなし）。',
          }),
        );
      page.text(
        dryRun
          ? page.t({ en: 'These would be revoked:', ja: '次のリンクを失効させます:' })
          : page.t({
              en: 'Revoked at once. Who opens one reads whom to ask. The next mail carries a new link.',
              ja: '直ちに失効させました。開いた人には問い合わせ先を表示します。次のメールから新しいリンクになります。',
            }),
        0,
        dryRun ? 'yellow' : 'green',
      );
      showLinks(page, valid, (each) => local(each, zone));
    },
  };
}

/** Who gave or took a link, and why: a line of the inspection's timeline, under a key of the link's own. */
async function note(
  context: Context,
  workflowId: string,
  kind: 'linkIssued' | 'linkRevoked',
  link: string,
  said: { readonly by: string; readonly reason: string },
  at: Instant,
): Promise<void> {
  const store = context.store();
  const key = `accessLink/${link}`;
  await oneCloser(store, key, async () => {
    const { last } = await store.db
      .selectFrom('timeline')
      .select((eb) => eb.fn.coalesce(eb.fn.max('sequence'), eb.lit(0)).as('last'))
      .where('workflow_id', '=', key)
      .executeTakeFirstOrThrow();
    const entry = { entity: workflowId, kind, effectiveAt: at, content: { ...said, link }, rows: [] };
    await record(store, {
      workflowId: key,
      job: 'accessLink',
      incident: workflowId.split('/')[1]!,
      stage: kind === 'linkIssued' ? 'ISSUED' : 'REVOKED',
      closed: true,
      needsHuman: false,
      state: { link, inspection: workflowId },
      sequence: last + 1,
      transitions: [{ ...entry, sequence: last + 1, recordedAt: at }],
    });
  });
}

function noSuchLink(workflowId: string, links: readonly AccessLink[]): Refusal {
  const known = links.map((link) => link.id);
  return new Refusal({
    en: `${workflowId} has no link with this id. ${known.length > 0 ? `Name one of: ${known.join(', ')}.` : 'It has none.'}`,
    ja: `${workflowId} にこのIDのリンクはありません。${known.length > 0 ? `次のいずれかを指定してください: ${known.join('、')}。` : 'リンクは発行されていません。'}`,
  });
}
