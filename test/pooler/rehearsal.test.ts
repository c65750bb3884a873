import { describe, expect } from 'vitest';
import { rehearse } from '../../src/rehearse/rehearse.js';
import { test } from '../support/database.js';
import { poolerMissing, sharedPooler } from '../support/pgbouncer.js';
import { SLOW } from '../support/timeouts.js';

const contacts = Number(process.env.POOLER_CONTACTS ?? 150);

describe.skipIf(poolerMissing)(`through PgBouncer in transaction mode ${poolerMissing ?? ''}`, () => {
  const pooler = sharedPooler({ default_pool_size: 4 });

  test('all services of a rehearsal with failures work over four server connections, and break no rule', {
    timeout: SLOW,
  }, async ({ migrated }) => {
    const result = await rehearse({
      url: pooler.through(migrated.url),
      here: true,
      contacts,
      dialers: 8,
      attempts: 1,
      failures: true,
      seed: 1,
    });
    expect(result.violations).toEqual([]);
    expect(result.contacts).toMatchObject({ pending: 0, in_progress: 0 });
    expect(result.reconnections).toBeGreaterThan(0);
  });
});
