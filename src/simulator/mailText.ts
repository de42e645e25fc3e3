import PostalMime, { decodeWords } from 'postal-mime';

/** A message as the drill's mailboxes show it. */
export interface SunkMail {
  readonly id: number;
  /** The envelope's sender, where bounces go. */
  readonly from: string;
  readonly to: string[];
  readonly subject: string;
  readonly messageId: string;
  readonly text: string;
  readonly html?: string;
  readonly headers: Record<string, string>;
}

/** The headers (decoded, names in lower case) and the texts of a message. */
export async function readMail(raw: Buffer): Promise<{
  headers: Record<string, string>;
  subject: string;
  messageId: string;
  text: string;
  html?: string;
}> {
  const mail = await PostalMime.parse(raw);
  const headers = Object.fromEntries(mail.headers.map(({ key, value }) => [key, decodeWords(value)]));
  return {
    headers,
    subject: mail.subject ?? '',
    messageId: mail.messageId ?? '',
    text: (mail.text ?? '').replaceAll('\r\n', '\n').trimEnd(),
    ...(mail.html !== undefined && { html: mail.html }),
  };
}
