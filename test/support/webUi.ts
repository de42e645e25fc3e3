import type { Browser, Locator, Page } from 'playwright-core';
import type { LiveWorld } from './liveWorld.js';

const VIEWPORT = { width: 1280, height: 800 };

/** The Temporal Web UI as an operator uses it: by what stands on the page. */
export class WebUi {
  private constructor(
    private readonly world: LiveWorld,
    readonly page: Page,
  ) {}

  static async open(world: LiveWorld, browser: Browser): Promise<WebUi> {
    const page = await browser.newPage({ viewport: VIEWPORT, locale: 'en-US', timezoneId: 'Asia/Tokyo' });
    page.setDefaultTimeout(20_000);
    return new WebUi(world, page);
  }

  private get base(): string {
    return `${this.world.uiUrl}/namespaces/${this.world.namespace}/workflows`;
  }

  async openWorkflow(workflowId: string): Promise<void> {
    await this.page.goto(`${this.base}/${encodeURIComponent(workflowId)}`);
    await this.page.getByTestId('workflow-id-heading').getByText(workflowId).waitFor();
  }

  /** Opens the current details of the workflow on the page; text is Markdown made into a frame of its own. */
  async details(): Promise<Locator> {
    await this.page.getByTestId('user-metadata-tab').click();
    const body = this.page.locator('iframe').last().contentFrame().locator('body');
    await body.getByRole('heading').first().waitFor();
    return body;
  }

  /** Sends an update from the dialog. @returns the dialog, open still where the update was refused */
  async sendUpdate(name: string, input: unknown): Promise<Locator> {
    await this.page.getByRole('button', { name: 'More Actions' }).click();
    await this.page.getByTestId('update-button').filter({ visible: true }).click();
    const dialog = this.page.getByTestId('update-confirmation-modal').filter({ visible: true });
    await dialog.getByTestId('update-select-button').click();
    await this.page.getByRole('option', { name }).filter({ visible: true }).click();
    await dialog.locator('.cm-content').fill(JSON.stringify(input));
    // The editor sets out the JSON anew when it is left, and moves the button away from under the pointer.
    await dialog.getByTestId('update-id').focus();
    await dialog.getByTestId('confirm-modal-button').click();
    return dialog;
  }

  /** Clicks "Request Cancellation" and confirms it. */
  async cancel(): Promise<void> {
    await this.page.getByRole('button', { name: 'Request Cancellation' }).filter({ visible: true }).first().click();
    await this.confirmed('cancel');
  }

  /** Clicks "Terminate" among the other actions and confirms it. */
  async terminate(): Promise<void> {
    await this.page.getByRole('button', { name: 'More Actions' }).click();
    await this.page.getByTestId('terminate-button').filter({ visible: true }).click();
    await this.confirmed('terminate');
  }

  private async confirmed(what: 'cancel' | 'terminate'): Promise<void> {
    const dialog = this.page.getByTestId(`${what}-confirmation-modal`).filter({ visible: true });
    await dialog.getByTestId('confirm-modal-button').click();
    await dialog.waitFor({ state: 'hidden' });
  }

  /** Closes a dialog that has told its refusal. */
  async closeDialog(dialog: Locator): Promise<void> {
    await dialog.getByTestId('cancel-modal-button').click();
    await dialog.waitFor({ state: 'hidden' });
  }

  /** Starts a workflow from the Start page and goes on to the page of its run. */
  async startWorkflow(type: string, workflowId: string, input: string): Promise<void> {
    // With a type in the address the page would fill in the input of the latest such run, at some moment.
    await this.page.goto(`${this.base}/start-workflow`);
    // The first editor is the input's; those of summary and details follow.
    await this.page.locator('.cm-content').first().fill(input);
    await this.page.getByTestId('workflowId').fill(workflowId);
    await this.page.getByTestId('taskQueue').fill('process');
    await this.page.getByTestId('workflowType').fill(type);
    await this.page.getByTestId('start-workflow-button').last().click();
    await this.page.getByRole('link', { name: 'Workflow started successfully' }).waitFor();
    await this.openWorkflow(workflowId);
  }
}
