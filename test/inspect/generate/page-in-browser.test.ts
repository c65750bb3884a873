import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { generateSchemaPage, readCatalog } from '../../../src/inspect/generate.js';
import { up } from '../../../src/migrate/up.js';
import { migrationsDirectory } from '../../../src/seed/paths.js';
import { hasChromium, openFile, startBrowser } from '../../support/browser.js';
import { type TestDatabase, test } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';
import {
  contrastFaults,
  headingFaults,
  isFocusIn,
  numberFocusable,
  numberOfFocus,
  overflow,
  target,
} from '../../support/in-page.js';
import { NASTY_MIGRATION, NASTY_NAME, NASTY_TEXT } from '../../support/nasty-migration.js';

const PHONE = { viewport: { width: 360, height: 740 } };
const examples = await readFile(new URL('../../../docs/api.md', import.meta.url), 'utf8');

async function productFile({ url }: TestDatabase): Promise<string> {
  return write(
    await generateSchemaPage(await readCatalog({ url, directory: migrationsDirectory }), { examples }),
  );
}

async function nastyFile({ url }: TestDatabase): Promise<string> {
  const directory = await folderWith({ 'V1.up.sql': NASTY_MIGRATION, 'V1.down.sql': '' });
  await up({ url, directory });
  return write(await generateSchemaPage(await readCatalog({ url, directory })));
}

async function write({ html }: { readonly html: string }): Promise<string> {
  const file = join(await folderWith({}), 'schema.html');
  await writeFile(file, html);
  return file;
}

describe.skipIf(!hasChromium)(
  'in a browser (skipped without /usr/bin/chromium), the page of a schema',
  () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await startBrowser();
    });
    afterAll(() => browser?.close());

    test('needs no network, and the browser reports no error', async ({ migrated }) => {
      const { page, complaints } = await openFile(browser, await productFile(migrated));
      expect(await page.title()).toBe('Database schema');
      expect(await page.locator('svg text', { hasText: /^contacts$/ }).count()).toBe(1);
      expect(complaints).toEqual([]);
    });

    test('shows nasty names and comments as they are, and runs nothing of them', async ({ database }) => {
      const { page, complaints } = await openFile(browser, await nastyFile(database));
      expect(await page.locator('img, script:not(:last-child)').count()).toBe(0);
      const shown = NASTY_TEXT.replaceAll('`', '').replace('\u202E', 'U+202E');
      const comments = await page.locator('main .meaning').allTextContents();
      expect(comments.length).toBeGreaterThan(7);
      const ofForeignKey = /^parent references a row of /;
      expect(comments.filter((comment) => comment !== shown && !ofForeignKey.test(comment))).toEqual([]);
      const names = await page.locator('main th code', { hasText: NASTY_NAME }).count();
      expect(names).toBeGreaterThan(3);
      await page.getByRole('searchbox').fill('</script>');
      await expect.poll(() => page.locator('#results a').count()).toBeGreaterThan(3);
      expect(complaints).toEqual([]);
    });

    test('finds a column by its name and by its comment, with the keyboard alone', async ({ migrated }) => {
      const { page } = await openFile(browser, await productFile(migrated));
      await page.keyboard.press('/');
      await page.keyboard.type('last_outcome');
      const results = page.locator('#results a');
      expect(await results.first().textContent()).toBe('last_outcomecolumn of contacts');
      await page.keyboard.press('Enter');
      await expect.poll(() => page.evaluate(target)).toEqual(['#column/contacts/last_outcome', true]);
      await page.keyboard.press('/');
      await page.keyboard.type('number to dial');
      expect(await page.getByRole('status').textContent()).toMatch(/^\d+ found$/);
      expect(await results.allTextContents()).toContain('phone_numbercolumn of contacts');
      await page.keyboard.press('ArrowDown');
      expect(await page.evaluate(isFocusIn, '#results')).toBe(true);
      await page.keyboard.press('/');
      await page.keyboard.type('last_outcome xyzzy');
      expect(await page.getByRole('status').textContent()).toBe('Nothing found');
    });

    test('can be used with the keyboard: tabs reach every link, button and frame, and each shows its focus', async ({
      database,
    }) => {
      const { page } = await openFile(browser, await nastyFile(database));
      const all = await page.evaluate(numberFocusable);
      const reached: string[] = [];
      for (let count = 0; count < all.length; count += 1) {
        await page.keyboard.press('Tab');
        reached.push(await page.evaluate(numberOfFocus));
      }
      expect(reached.sort()).toEqual(all.sort());
    });

    test('skips the contents with the first link', async ({ migrated }) => {
      const { page } = await openFile(browser, await productFile(migrated));
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.keyboard.press('Tab');
      expect(await page.evaluate(isFocusIn, 'main')).toBe(true);
    });

    test.for(['light', 'dark'] as const)('has a contrast of at least 4.5 in %s mode', async (colorScheme, {
      migrated,
    }) => {
      const { page } = await openFile(browser, await productFile(migrated), { colorScheme });
      expect(await page.evaluate(contrastFaults)).toEqual([]);
    });

    test('has headings in order, none of them empty', async ({ migrated, database }) => {
      for (const file of [await productFile(migrated), await nastyFile(database)]) {
        const { page } = await openFile(browser, file);
        expect(await page.evaluate(headingFaults)).toEqual([]);
      }
    });

    test('fits a phone, where buttons open and close the contents, and a link closes them', async ({
      migrated,
      database,
    }) => {
      for (const file of [await nastyFile(database), await productFile(migrated)]) {
        const { page } = await openFile(browser, file, PHONE);
        expect(await page.evaluate(overflow)).toBe(0);
        const contents = page.getByRole('navigation');
        expect(await contents.isVisible()).toBe(false);
        await page.getByRole('button', { name: 'Contents and search' }).click();
        expect(await contents.isVisible()).toBe(true);
        expect(await page.evaluate(overflow)).toBe(0);
        await page.getByRole('button', { name: 'Close' }).click();
        expect(await contents.isVisible()).toBe(false);
        await page.getByRole('button', { name: 'Contents and search' }).click();
        await contents.getByRole('link').nth(1).click();
        await expect.poll(() => contents.isVisible()).toBe(false);
      }
    });

    test('works without JavaScript, except for the search', async ({ migrated }) => {
      const { page } = await openFile(browser, await productFile(migrated), {
        ...PHONE,
        javaScriptEnabled: false,
      });
      await page.getByRole('button', { name: 'Contents and search' }).click();
      expect(await page.getByRole('search').isVisible()).toBe(false);
      await page.getByRole('navigation').getByRole('link', { name: 'contacts', exact: true }).click();
      expect(page.url()).toMatch(/#table\/contacts$/);
    });

    test.for([
      ['phone', 360],
      ['tablet', 800],
      ['desktop', 1440],
    ] as const)('leads from a table in the diagram to its description, on a %s', async ([, width], {
      migrated,
    }) => {
      const { page } = await openFile(browser, await productFile(migrated), {
        viewport: { width, height: 740 },
      });
      await page.locator('svg a', { hasText: /^\s*call_attempts\s*$/ }).click();
      await expect.poll(() => page.evaluate(target)).toEqual(['#table/call_attempts', true]);
    });
  },
);
