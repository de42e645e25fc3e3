/** The headers (decoded, names in lower case) and the text of a message of one text part, as Hikeshi's alerts are. */
export function readMail(raw: Buffer): {
  headers: Record<string, string>;
  subject: string;
  messageId: string;
  text: string;
} {
  const source = raw.toString('latin1');
  const end = source.indexOf('\r\n\r\n');
  const head = end < 0 ? source : source.slice(0, end);
  const body = end < 0 ? '' : source.slice(end + 4);
  const headers: Record<string, string> = {};
  for (const line of head.replace(/\r\n[ \t]+/g, ' ').split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = decodeWords(line.slice(colon + 1).trim());
  }
  return {
    headers,
    subject: headers['subject'] ?? '',
    messageId: headers['message-id'] ?? '',
    text: decodeBody(body, headers['content-transfer-encoding']?.toLowerCase()).replaceAll('\r\n', '\n').trimEnd(),
  };
}

/** RFC 2047. A character may be cut between two words, so neighbours are joined as bytes before they become text. */
function decodeWords(value: string): string {
  const WORD = String.raw`=\?utf-8\?[bq]\?[^?]*\?=`;
  return value.replace(new RegExp(`${WORD}(?:\\s+${WORD})*`, 'gi'), (run) => {
    const words = [...run.matchAll(/=\?utf-8\?([bq])\?([^?]*)\?=/gi)];
    const bytes = words.map(([, kind = '', text = '']) =>
      kind.toLowerCase() === 'b' ? Buffer.from(text, 'base64') : quotedPrintable(text.replaceAll('_', ' ')),
    );
    return Buffer.concat(bytes).toString('utf8');
  });
}

function decodeBody(body: string, encoding: string | undefined): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  if (encoding === 'quoted-printable') return quotedPrintable(body.replace(/=\r\n/g, '')).toString('utf8');
  return Buffer.from(body, 'latin1').toString('utf8');
}

function quotedPrintable(text: string): Buffer {
  const plain = text.replace(/=([0-9A-Fa-f]{2})/g, (_whole, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(plain, 'latin1');
}
