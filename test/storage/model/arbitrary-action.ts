import fc from 'fast-check';
import type { Action } from './action.js';
import {
  answerCall,
  claimContact,
  deleteCall,
  finishCall,
  noteHangUp,
  releaseContact,
  repeatResponse,
  repeatWebhook,
  replaceEnd,
  setProviderCallId,
  writeTranscript,
} from './call-actions.js';
import { changeCallingTime, changeStatus, createCampaign, createTemplate } from './campaign-actions.js';
import {
  changeEntry,
  changeNumber,
  eraseContact,
  importContact,
  listNumber,
  returnContact,
  setDoNotCall,
  unlistNumber,
} from './contact-actions.js';
import { corruptColumn, deleteAnyRow } from './corruption-actions.js';
import { changeEmailStatus, publishEvent, writeEmail } from './event-actions.js';
import { changeProvider, changeTimeZone, purgeExpired } from './installation-actions.js';
import { redial, writeWholeCall } from './whole-call-actions.js';

/**
 * Generates any action. The steps of a call are frequent. Actions after which a contact is never called again are
 * rare, since otherwise no contact would be left to call.
 */
export const arbitraryAction: fc.Arbitrary<Action> = fc.oneof(
  { weight: 40, arbitrary: claimContact },
  { weight: 30, arbitrary: answerCall },
  { weight: 45, arbitrary: finishCall },
  { weight: 25, arbitrary: publishEvent },
  { weight: 25, arbitrary: writeEmail },
  { weight: 10, arbitrary: changeEmailStatus },
  { weight: 12, arbitrary: replaceEnd },
  { weight: 5, arbitrary: repeatWebhook },
  { weight: 5, arbitrary: repeatResponse },
  { weight: 8, arbitrary: deleteCall },
  { weight: 25, arbitrary: writeWholeCall },
  { weight: 14, arbitrary: redial },
  { weight: 6, arbitrary: releaseContact },
  { weight: 4, arbitrary: setProviderCallId },
  { weight: 3, arbitrary: writeTranscript },
  { weight: 14, arbitrary: changeStatus },
  { weight: 8, arbitrary: changeCallingTime },
  { weight: 10, arbitrary: noteHangUp },
  { weight: 3, arbitrary: createCampaign },
  { weight: 2, arbitrary: createTemplate },
  { weight: 3, arbitrary: changeProvider },
  { weight: 6, arbitrary: changeTimeZone },
  { weight: 4, arbitrary: purgeExpired },
  { weight: 25, arbitrary: importContact },
  { weight: 5, arbitrary: eraseContact },
  { weight: 8, arbitrary: listNumber },
  { weight: 10, arbitrary: changeNumber },
  { weight: 5, arbitrary: unlistNumber },
  { weight: 12, arbitrary: returnContact },
  { weight: 4, arbitrary: setDoNotCall },
  { weight: 2, arbitrary: changeEntry },
  { weight: 60, arbitrary: corruptColumn },
  { weight: 10, arbitrary: deleteAnyRow },
);
