import { test } from '../support/database.js';
import { takeSteps } from './model/agreement.js';

/** A few in CI; 10,000 by `npm run test:rules`. */
const STEPS = Number(process.env.RULES_STEPS ?? 400);
const SEED = Number(process.env.RULES_SEED ?? Date.now() % 1_000_000_000);

test(`the database takes what the rules allow, and nothing else (RULES_SEED=${SEED})`, async ({
  migrated: { client },
}) => {
  const { taken, refused } = await takeSteps(client, STEPS, SEED);
  console.log(
    `${taken} transactions taken and ${refused} refused, all of them as foretold; RULES_SEED=${SEED}`,
  );
}, 1_800_000);
