import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Random } from '../../../support/random.js';

/** The rows that two functions race for: one person in two campaigns that run, and a second contact. */
export interface Scene {
  readonly campaign: string;
  readonly otherCampaign: string;
  readonly contact: string;
  readonly attempt: string;
  readonly phone: string;
  readonly providerCall: string;
  readonly random: Random;
}

/** In what state the person is when the race begins. */
export type Situation = keyof typeof SITUATIONS;

export const CONSUMER = 'crm';

let lastNumber = 2_000_000_000;

const report = (call: string): string => `select voicesurvey.${call}`;
const claim = ({ contact, attempt, campaign, providerCall }: Scene): string => `
  update contacts set state = 'in_progress', attempts_count = 1, last_attempt_at = now() where id = '${contact}';
  insert into call_attempts (id, contact_id, campaign_id, attempt_number, call_id, answered_at, provider_call_id, metadata)
    values ('${attempt}', '${contact}', '${campaign}', 1, '${attempt}', now(), '${providerCall}', '{"from": "provider"}')`;
const end = ({ attempt }: Scene, outcome: string): string =>
  report(`finish_call('${attempt}', '${outcome}', answers => array['a', '1', '2'])`);
const exclude = ({ phone }: Scene): string => report(`exclude_number('${phone}')`);
const claimDeliveries = `${report(`claim_events('${CONSUMER}')`)}; ${report('claim_emails(100)')};
  update voicesurvey.email_queue set due_at = now();
  update voicesurvey.event_deliveries set due_at = now()`;

/** The statements that lead to each situation. */
export const SITUATIONS = {
  waiting: () => [],
  'in a call': (scene) => [claim(scene)],
  'hung up': (scene) => [claim(scene), report(`record_hang_up('${scene.attempt}')`)],
  failed: (scene) => [claim(scene), end(scene, 'failed')],
  'closed without an end': (scene) => [
    claim(scene),
    report(`close_stale_call('${scene.attempt}')`),
    "update voicesurvey.unpublished_ends set closed_at = closed_at - interval '1 hour'",
  ],
  published: (scene) => [claim(scene), end(scene, 'refused')],
  'handed out': (scene) => [claim(scene), end(scene, 'refused'), claimDeliveries],
  'handed out four times': (scene) => [
    claim(scene),
    end(scene, 'refused'),
    claimDeliveries,
    'update voicesurvey.email_queue set sends_count = 4',
    'update voicesurvey.event_deliveries set deliveries_count = 10',
  ],
  excluded: (scene) => [exclude(scene)],
  'excluded in a call': (scene) => [claim(scene), exclude(scene)],
  'excluded after a call': (scene) => [claim(scene), end(scene, 'failed'), exclude(scene)],
  expired: (scene) => [
    claim(scene),
    end(scene, 'completed'),
    `insert into transcript_snippets (call_attempt_id, transcript_text, created_at)
       values ('${scene.attempt}', 'a', now() - interval '1 year')`,
    `set local session_replication_role = replica;
     update call_attempts set started_at = started_at - interval '1 year', answered_at = answered_at - interval '1 year',
       ended_at = ended_at - interval '1 year' where id = '${scene.attempt}';
     update contacts set last_attempt_at = last_attempt_at - interval '1 year' where id = '${scene.contact}';
     delete from voicesurvey_rules.recording_progress;
     set local session_replication_role = origin`,
  ],
  draft: () => [],
  paused: ({ campaign }) => [report(`pause_campaign('${campaign}')`)],
} satisfies Record<string, (scene: Scene) => string[]>;

const insertCampaign = (id: string, user: string, attempts: number): string => `
  insert into campaigns (id, name, intro_script, question_1_text, question_1_type, question_2_text, question_2_type,
    question_3_text, question_3_type, allowed_call_start_local, allowed_call_end_local, max_attempts, created_by_user_id,
    email_refused_template_id)
  select '${id}', 'Race', 'Hello', 'One?', 'free_text', 'Two?', 'numeric', 'Three?', 'scale', '00:00', '23:59:59.999999',
    ${attempts}, '${user}', (select id from email_templates where type = 'refused' limit 1);`;

/** Creates the rows of a situation, each step in its own transaction. */
export async function createScene(
  client: pg.Client,
  user: string,
  situation: Situation,
  random: Random,
): Promise<Scene> {
  const phone = `+49${++lastNumber}`;
  const scene: Scene = {
    campaign: randomUUID(),
    otherCampaign: randomUUID(),
    contact: randomUUID(),
    attempt: randomUUID(),
    phone,
    providerCall: `CA-${phone}`,
    random,
  };
  const { campaign, otherCampaign, contact } = scene;
  const attempts = situation === 'closed without an end' ? 1 : random.pick([1, 2]);
  const start = `update campaigns set status = 'running' where id in ('${campaign}', '${otherCampaign}')`;
  const statements: string[] = SITUATIONS[situation](scene);
  await client.query(`begin;
    ${insertCampaign(campaign, user, attempts)} ${insertCampaign(otherCampaign, user, attempts)}
    insert into contacts (id, campaign_id, phone_number, email) values
      ('${contact}', '${campaign}', '${phone}', 'person@example.com'),
      ('${randomUUID()}', '${otherCampaign}', '${phone}', 'person@example.com'),
      ('${randomUUID()}', '${otherCampaign}', '+49${++lastNumber}', null);
    ${[...(situation === 'draft' ? [] : [start]), ...statements].join(';\ncommit; begin;\n')};
    commit`);
  return scene;
}
