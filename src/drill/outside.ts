import type { Instant } from '../domain/instant.js';
import { SIMULATOR_TOKEN } from '../simulator/channelSystem.js';
import type { SunkMail } from '../simulator/mailText.js';

/** The simulated outside world of a drill, as the runner drives it: attempts by customers and fraudsters, and its clock. */
export class Outside {
  constructor(readonly url: string) {}

  async setClock(now: Instant): Promise<void> {
    await this.post('/sim/clock', { now });
  }

  async addFunction(code: string): Promise<void> {
    await this.post('/sim/functions', { code });
  }

  /** One request to the channel system, as a customer would make it. @returns whether it went through */
  async attempt(
    code: string,
    request: { requestKey: string; amountYen: number; purpose: 'fraud' | 'customer' },
  ): Promise<boolean> {
    const response = await fetch(`${this.url}/v1/functions/${code}/requests`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${SIMULATOR_TOKEN}` },
      body: JSON.stringify(request),
    });
    if (response.status !== 200 && response.status !== 403)
      throw new Error(`The simulator answered ${response.status} to an attempt.`);
    return response.status === 200;
  }

  /** A provider answers the newest mail that it got, on the page that the mail links to. */
  async providerAnswers(wish: object): Promise<void> {
    await this.post('/sim/providers/answer', wish);
  }

  /**
   * A provider answers its newest mail by mail.
   * @param about the unit as the subject names it
   * @returns the answer as it reaches the bank's mail server
   */
  async providerReplies({ to, about, text }: { to: string; about: string; text: string }): Promise<string> {
    const { mail } = (await (await fetch(`${this.url}/sim/mail`)).json()) as { mail: SunkMail[] };
    const newest = mail.findLast((each) => each.to.includes(to) && each.subject.includes(about));
    if (!newest) throw new Error(`The simulator has no mail to ${to}.`);
    const { raw } = (await this.post(`/sim/mail/${newest.id}/reply`, { text })) as { raw: string };
    return raw;
  }

  async log(): Promise<SimulatorLog> {
    const response = await fetch(`${this.url}/sim/log`);
    return (await response.json()) as SimulatorLog;
  }

  private async post(path: string, body: unknown): Promise<unknown> {
    const response = await fetch(this.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`The simulator answered ${response.status} to ${path}.`);
    return response.json();
  }
}

/** The part of the simulator's own log that a drill counts from. */
export interface SimulatorLog {
  readonly requests: readonly {
    readonly code: string;
    readonly purpose: string;
    readonly accepted: boolean;
    readonly amountYen: number;
    readonly requestKey: string;
  }[];
}
