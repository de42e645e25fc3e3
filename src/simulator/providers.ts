import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Claim } from '../domain/answers.js';
import type { MailSink } from './mailSink.js';

type Mail = Pick<MailSink['messages'][number], 'to' | 'subject' | 'text'>;

/** How a simulated provider answers. */
const AnswerSchema = z.strictObject({
  /** Address of the contact: the newest mail with a link to it is what it answers. */
  to: z.email(),
  /** The unit as the subject of the mail names it: one contact may answer for several. */
  about: z.string().default(''),
  /** What it says of items; the others are said to be implemented. */
  claims: z.record(z.string(), z.string()).default({}),
  /** Left out: what goes with each claim. */
  text: z.string().min(1).optional(),
  /** Answers only so many of the items, from the first. */
  only: z.int().positive().optional(),
  /** Attaches a file to each answered item. */
  evidence: z.boolean().default(true),
});

const SAYS: Readonly<Record<string, string>> = {
  implemented: '実施済みです。資料を添付します。',
  partly: '一部は実施済みです。残りは対応中です。',
  'not-implemented': 'まだ実施していません。',
  'not-applicable': '該当する機能を提供していません。',
  disputed: '項目の適用について協議をお願いします。',
} satisfies Record<Claim, string>;

export type ProviderAnswer = z.output<typeof AnswerSchema>;

/** Providers of a drill: people who open the link of their mail and fill the page in, when the runner asks them to. */
export function providers(app: FastifyInstance, mail: Pick<MailSink, 'messages'>): void {
  app.post('/sim/providers/answer', async (request, reply) => {
    const wish = AnswerSchema.safeParse(request.body);
    if (!wish.success) return reply.code(400).send({ error: 'NOT_UNDERSTOOD' });
    const link = newestLink(mail.messages, wish.data);
    if (!link) return reply.code(404).send({ error: 'NO_MAIL' });
    return { receipt: await answerByPage(link, wish.data) };
  });
}

function newestLink(messages: readonly Mail[], { to, about }: ProviderAnswer): string | undefined {
  return messages
    .filter((message) => message.to.includes(to) && message.subject.includes(about))
    .map(({ text }) => /https?:\/\/\S+?\/a\/[a-z2-7]{60}/.exec(text)?.[0])
    .findLast((found) => found !== undefined);
}

/** Fills the page as a person would: opened twice, as by a mail scanner, and sent twice, as by an impatient finger. */
async function answerByPage(link: string, wish: ProviderAnswer): Promise<string> {
  await page(link);
  let html = await page(link);
  for (;;) {
    const body = await filled(html, wish);
    const saved = await fetch(link, { method: 'POST', body, redirect: 'manual' });
    const next = saved.headers.get('location');
    if (saved.status !== 303 || !next) throw new Error(`the page answered ${saved.status} to the answers`);
    // A question that came up by an answer: filled in too.
    html = await page(new URL(next, link).toString());
    if (next.includes('/check')) break;
  }
  const submission = /name="submission" value="([^"]+)"/.exec(html)?.[1];
  if (submission === undefined) throw new Error('there was nothing to submit');
  const send = () =>
    fetch(`${link}/submit`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ submission }).toString(),
      redirect: 'manual',
    });
  const [first] = [await send(), await send()];
  const receipt = first.headers.get('location');
  if (first.status !== 303 || !receipt?.includes('/receipt/')) throw new Error(`submitting answered ${first.status}`);
  return submission;
}

async function page(url: string): Promise<string> {
  const response = await fetch(url);
  if (response.status !== 200) throw new Error(`the page answered ${response.status}`);
  return response.text();
}

async function filled(html: string, wish: ProviderAnswer): Promise<FormData> {
  const form = new FormData();
  const items = [...html.matchAll(/name="base\.([a-z0-9-]+)" value="(\d+)"/g)];
  for (const [index, [, item, base]] of items.entries()) {
    form.set(`base.${item!}`, base!);
    if (wish.only !== undefined && index >= wish.only) continue;
    const claim = wish.claims[item!] ?? 'implemented';
    const text = wish.text ?? SAYS[claim] ?? '';
    form.set(`claim.${item!}`, claim);
    form.set(`text.${item!}`, text);
    if (!wish.evidence) continue;
    const content = `${wish.to} ${item!}\n${text}\n`;
    form.set(`file.${item!}`, new File([content], `${item!}.txt`, { type: 'text/plain' }));
  }
  form.set('do', 'check');
  return form;
}
