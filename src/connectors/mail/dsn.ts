/** What a delivery status report (RFC 3464) says of one recipient. */
export interface DeliveryStatus {
  /** `failed`: given up. `delayed`: still trying. The others speak of success. */
  readonly action: 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded';
  /** RFC 3463, e.g. `5.1.1`. */
  readonly status: string;
  /** The remote server's own words, which may quote the address. */
  readonly diagnostic?: string;
}

const ACTIONS = ['failed', 'delayed', 'delivered', 'relayed', 'expanded'] as const;

/**
 * Reads the `message/delivery-status` part: a block about the message, then one for each recipient. Blocks without a
 * known action and a status are left out.
 */
export function readDeliveryStatus(part: string): DeliveryStatus[] {
  const blocks = part
    .replace(/\r\n?/g, '\n')
    // A line that starts with white space belongs to the line before it.
    .replace(/\n[ \t]+(?=\S)/g, ' ')
    .split(/\n[ \t]*\n/);
  return blocks.flatMap((block) => {
    const fields = fieldsOf(block);
    const action = ACTIONS.find(
      (known) =>
        known ===
        fields
          .get('action')
          ?.split(/[\s(;]/)[0]
          ?.toLowerCase(),
    );
    const status = /^\s*([245]\.\d{1,3}\.\d{1,3})\b/.exec(fields.get('status') ?? '')?.[1];
    if (!action || !status) return [];
    // "smtp; 550 5.1.1 ..." : the type before the semicolon says nothing to people.
    const diagnostic = fields.get('diagnostic-code')?.replace(/^\s*[\w-]+\s*;\s*/, '');
    return [{ action, status, ...(diagnostic && { diagnostic }) }];
  });
}

function fieldsOf(block: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    // The first of a repeated field counts: what follows may be appended by somebody on the way.
    if (colon > 0 && !fields.has(name)) fields.set(name, line.slice(colon + 1).trim());
  }
  return fields;
}
