/** Longest wait for the log of a relay, in milliseconds. */
const TIMEOUT_MS = 5_000;

/**
 * Asks the log of a relay whether it took a mail: `GET` of the address with `{messageId}` filled in; 200 says yes, 404 no.
 * Never throws.
 */
export async function askRelayLog(url: string, messageId: string): Promise<'taken' | 'not-taken' | 'unknown'> {
  try {
    const address = url.replaceAll('{messageId}', encodeURIComponent(messageId));
    const response = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'manual' });
    await response.body?.cancel();
    if (response.status === 200) return 'taken';
    return response.status === 404 ? 'not-taken' : 'unknown';
  } catch {
    return 'unknown';
  }
}
