import { ExplainedError } from '../../postgres/errors/explained-error.js';

/** Files and history contradict each other: a migration is changed, missing, late or unknown. */
export class HistoryError extends ExplainedError {}
