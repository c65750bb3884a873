import { test } from '../support/database.js';
import { checkPredictions } from './model/property.js';

/** A few hundred in CI; 10,000 by `npm run test:rules`. */
const STEPS = Number(process.env.RULES_STEPS ?? 400);
const SEED = Number(process.env.RULES_SEED ?? Date.now() % 1_000_000_000);

test(`the database accepts a random transaction exactly if the model of the rules allows it (RULES_SEED=${SEED})`, async ({
  migrated: { client },
}) => {
  const { accepted, refused, calls } = await checkPredictions(client, STEPS, SEED);
  console.log(
    `${accepted} transactions accepted and ${refused} refused, and ${calls} calls of the API, as predicted; RULES_SEED=${SEED}`,
  );
}, 1_800_000);
