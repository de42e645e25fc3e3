import { createTransport } from 'nodemailer';

export interface TransportOptions {
  /** `smtp://user:password@host:port` or `smtps://...`; `?requireTLS=true` insists on STARTTLS. */
  readonly smtpUrl: string;
  readonly timeoutMs: number;
  /** Connections held at once: about wanted mails a second x the relay's answer time x 2. */
  readonly maxConnections: number;
}

/** The pooled SMTP transport with which everything of ours is sent. */
export function pooledTransport({ smtpUrl, timeoutMs, maxConnections }: TransportOptions) {
  return createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections,
    // The default of 100 closes the connection and costs half the rate.
    maxMessages: Infinity,
    // Trying again is the caller's, on its own clock; by default the pool tries five more times by itself.
    maxRequeues: 0,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}
