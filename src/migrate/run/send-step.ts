import type { Connection } from '../../postgres/connect.js';
import type { RunContext } from '../script/context.js';
import type { Failure } from '../script/message.js';
import { type OnResult, runPipeline } from '../script/pipeline.js';
import { deletesData, type Safeguard } from '../script/safeguard.js';
import type { Step } from '../script/steps.js';
import { messagesOf } from '../script/transaction.js';

/**
 * Sends the messages of a step and waits for their answers. The safeguard sends a step that deletes data.
 *
 * @returns the message that failed; null if every one succeeded
 */
export function sendStep(
  connection: Connection,
  run: RunContext,
  step: Step,
  safeguard: Safeguard,
  onResult?: OnResult,
): Promise<Failure | null> {
  const messages = messagesOf(step, run, safeguard);
  return deletesData(step, safeguard)
    ? safeguard.send(connection, step, messages, onResult)
    : runPipeline(connection, messages, onResult);
}
