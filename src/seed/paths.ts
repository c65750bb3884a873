import { fileURLToPath } from 'node:url';

/** The folder of this package's migrations, which create the product's schema. Pass it to `up`, `down` and `status`. */
export const migrationsDirectory: string = fileURLToPath(new URL('../../src/storage/sql', import.meta.url));

/** The file of the eighteen fixed rows. */
export const seedFile: string = fileURLToPath(new URL('../../src/storage/seed/seed.sql', import.meta.url));

/** The folder of the SQL that makes synthetic data. */
export const syntheticFolder: string = fileURLToPath(
  new URL('../../src/storage/seed/synthetic', import.meta.url),
);

/** The file of a campaign with a thousand synthetic contacts. `check` runs the migrations over them. */
export const thousandContactsFile: string = fileURLToPath(
  new URL('../../src/storage/seed/thousand_contacts.sql', import.meta.url),
);
