import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';

/** Where Debian installs Chromium. */
const CHROMIUM = '/usr/bin/chromium';

/** Whether Chromium is installed on this machine; CI requires it. */
export const hasChromium: boolean = process.env.REQUIRE_CHROMIUM === '1' || existsSync(CHROMIUM);

/** A page of HTML in a browser, and what the browser said about it. */
export interface OpenPage {
  readonly page: Page;
  /** Errors and warnings of the console, exceptions, dialogs, and requests other than that for the file itself. */
  readonly complaints: readonly string[];
}

/** Starts the browser. */
export async function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM });
}

/** Opens a file in a separate browser window, which is closed after the test. */
export async function openFile(
  browser: Browser,
  file: string,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext(options);
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const url = pathToFileURL(file).href;
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`));
  page.on('dialog', async (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:'))
      complaints.push(`request: ${request.url()}`);
  });
  await page.goto(url);
  return { page, complaints };
}
