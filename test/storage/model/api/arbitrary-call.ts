import fc from 'fast-check';
import type { ApiCall } from './call.js';
import { completeFinishedCampaigns, mayCallNow, moveCampaign, setCallingTime } from './campaign-calls.js';
import { claimCalls } from './claim-calls.js';
import {
  claimEmails,
  claimEvents,
  emailFailed,
  emailSent,
  eventDelivered,
  eventFailed,
  retryDeadEvents,
} from './delivery-calls.js';
import { excludeNumber, importContacts, importExclusions, liftExclusion } from './list-calls.js';
import {
  campaignStatistics,
  eraseContact,
  erasePerson,
  expiredRecordings,
  purgeExpired,
  recordingDeleted,
} from './privacy-calls.js';
import {
  closeStaleCall,
  finishCall,
  recordAnswered,
  recordHangUp,
  recordProviderCall,
  staleCalls,
} from './report-calls.js';

/** Generates any call of the API. Claims and reports are frequent; calls that end a contact or a campaign are rare. */
export const arbitraryCall: fc.Arbitrary<ApiCall> = fc.oneof(
  { weight: 40, arbitrary: claimCalls },
  { weight: 12, arbitrary: recordProviderCall },
  { weight: 20, arbitrary: recordAnswered },
  { weight: 14, arbitrary: recordHangUp },
  { weight: 45, arbitrary: finishCall },
  { weight: 18, arbitrary: closeStaleCall },
  { weight: 6, arbitrary: staleCalls },
  { weight: 20, arbitrary: importContacts },
  { weight: 3, arbitrary: importExclusions },
  { weight: 5, arbitrary: excludeNumber },
  { weight: 14, arbitrary: liftExclusion },
  { weight: 14, arbitrary: moveCampaign },
  { weight: 4, arbitrary: completeFinishedCampaigns },
  { weight: 6, arbitrary: setCallingTime },
  { weight: 3, arbitrary: mayCallNow },
  { weight: 10, arbitrary: claimEvents },
  { weight: 8, arbitrary: eventDelivered },
  { weight: 6, arbitrary: eventFailed },
  { weight: 2, arbitrary: retryDeadEvents },
  { weight: 14, arbitrary: claimEmails },
  { weight: 8, arbitrary: emailSent },
  { weight: 10, arbitrary: emailFailed },
  { weight: 3, arbitrary: erasePerson },
  { weight: 4, arbitrary: eraseContact },
  { weight: 5, arbitrary: purgeExpired },
  { weight: 6, arbitrary: expiredRecordings },
  { weight: 4, arbitrary: recordingDeleted },
  { weight: 8, arbitrary: campaignStatistics },
);
