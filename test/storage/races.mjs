// Races against the rules of the product: sessions that would break a rule if it were checked naively.
//
//   DATABASE_URL=postgres://… node test/storage/races.mjs [rounds] [seed] [only]
//
// The database must be empty but for the migrations. Every race runs at all three isolation levels and at a
// mixture of them. A session that is refused, or loses a serialization, is a right end; a state that the
// product forbids is not, and neither is any other error. Exit code 1 on the first of either.

import { randomUUID } from 'node:crypto';
import pg from 'pg';

const url = process.env.DATABASE_URL;
const rounds = Number(process.argv[2] ?? 50);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
const only = process.argv[4];

let state = seed >>> 0;
const random = () => {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};

const LEVELS = ['read committed', 'repeatable read', 'serializable', 'mixed'];
const RIGHT_ENDS = new Set(['23514', '23505', '23503', '40001', '40P01']);

const admin = new pg.Client(url);
const sessions = Array.from({ length: 8 }, () => new pg.Client(url));
await admin.connect();
for (const session of sessions) await session.connect();

const user = randomUUID();
await admin.query(`insert into users (id, oidc_sub, email, name) values ($1, $2, $3, 'Races')`, [
  user,
  user,
  `${user}@example.com`,
]);
await admin.query(`delete from provider_configs`);
await admin.query(
  `insert into provider_configs (outbound_number, max_concurrent_calls) values ('+390200000001', 100000)`,
);

let serial = Math.floor(Date.now() / 1000) % 100_000_000;
const number = () => `+44${String(serial++).padStart(10, '1')}`;

async function campaign({ contacts = 1, status = 'running', max = 3 } = {}) {
  const id = randomUUID();
  await admin.query(
    `insert into campaigns (id, name, intro_script, question_1_text, question_1_type, question_2_text, question_2_type,
       question_3_text, question_3_type, max_attempts, allowed_call_start_local, allowed_call_end_local, created_by_user_id)
     values ($1, 'Race', 'Hello', 'One?', 'free_text', 'Two?', 'numeric', 'Three?', 'scale', $3, '00:00', '24:00', $2)`,
    [id, user, max],
  );
  const people = [];
  for (let i = 0; i < contacts; i++) {
    const person = { id: randomUUID(), phone: number(), campaign: id };
    await admin.query(
      `insert into contacts (id, campaign_id, phone_number, email) values ($1, $2, $3, 'p@example.com')`,
      [person.id, id, person.phone],
    );
    people.push(person);
  }
  if (status !== 'draft') await admin.query(`update campaigns set status = $2 where id = $1`, [id, status]);
  return { id, people };
}

const claim = (person, n = 1) => {
  const attempt = randomUUID();
  const steps = [
    [
      `update contacts set state = 'in_progress', attempts_count = attempts_count + 1, last_attempt_at = now() where id = $1`,
      [person.id],
    ],
    [
      `insert into call_attempts (id, contact_id, campaign_id, attempt_number, call_id, answered_at)
         select $1::uuid, $2::uuid, $3::uuid, $4, $1::text, now()`,
      [attempt, person.id, person.campaign, n],
    ],
  ];
  person.attempt = attempt;
  return random() < 0.5 ? steps : steps.toReversed();
};

const finish = (person, outcome) => {
  const steps = [
    [
      `update call_attempts set ended_at = clock_timestamp(), outcome = $2 where id = $1`,
      [person.attempt, outcome],
    ],
    [
      `update contacts set state = $2, last_outcome = $3 where id = $1`,
      [person.id, outcome === 'failed' ? 'pending' : outcome, outcome],
    ],
  ];
  if (outcome === 'completed')
    steps.push([
      `insert into survey_responses (contact_id, campaign_id, call_attempt_id, q1_answer, q2_answer, q3_answer) values ($1, $2, $3, 'a', '1', '2')`,
      [person.id, person.campaign, person.attempt],
    ]);
  if (outcome !== 'failed')
    steps.push([
      `insert into events (event_type, campaign_id, contact_id, call_attempt_id) values ($4, $2, $1, $3)`,
      [person.id, person.campaign, person.attempt, `survey.${outcome}`],
    ]);
  return steps.sort(() => random() - 0.5);
};

// One transaction: a snapshot first, then the steps, with a breath in between.
async function run(session, level, steps, ends) {
  try {
    await session.query(`begin isolation level ${level}`);
    if (random() < 0.7) await session.query(`select count(*) from provider_configs`);
    await session.query(`select pg_sleep($1)`, [random() * 0.004]);
    for (const [text, values] of steps) {
      await session.query(text, values);
      if (random() < 0.4) await session.query(`select pg_sleep($1)`, [random() * 0.003]);
    }
    await session.query('commit');
    ends.set('done', (ends.get('done') ?? 0) + 1);
    return true;
  } catch (error) {
    await session.query('rollback');
    ends.set(error.code, (ends.get(error.code) ?? 0) + 1);
    if (!RIGHT_ENDS.has(error.code)) throw error;
    return false;
  }
}

// What must never be seen, whoever wrote it. Each query finds the rows that break a rule.
const FORBIDDEN = {
  'a listed number waits for a call': `select c.id from contacts c join exclusion_list_entries e using (phone_number)
     where c.state not in ('completed', 'refused', 'excluded')`,
  'two open calls': `select contact_id as id from call_attempts where ended_at is null group by 1 having count(*) > 1`,
  'in progress without an open call': `select id from contacts c where state = 'in_progress'
     and not exists (select from call_attempts where contact_id = c.id and ended_at is null)`,
  'an open call, and not in progress': `select c.id from contacts c join call_attempts a on a.contact_id = c.id
     where a.ended_at is null and c.state not in ('in_progress', 'excluded')`,
  'count and attempts differ': `select c.id from contacts c where attempts_count <> (select count(*) from call_attempts where contact_id = c.id)`,
  'completed without answers': `select id from contacts c where (state = 'completed') <> exists (select from survey_responses where contact_id = c.id)`,
  'told twice': `select contact_id as id from events group by 1 having count(*) > 1`,
  'told otherwise': `select c.id from events e join contacts c on c.id = e.contact_id where 'survey.' || c.state <> e.event_type::text`,
  'more attempts than allowed': `select c.id from contacts c join campaigns m on m.id = c.campaign_id where attempts_count > max_attempts`,
  'templates that do not fit': `select m.id from campaigns m join email_templates t on t.id = m.email_completed_template_id
     where t.type <> 'completed' or t.locale <> m.language`,
};

const RACES = {
  'exclusion against claim': async (at) => {
    const { people } = await campaign();
    const [p] = people;
    return [
      [at(), claim(p)],
      [at(), [[`insert into exclusion_list_entries (phone_number) values ($1)`, [p.phone]]]],
      [at(), claim({ ...p })],
    ];
  },
  'claims of one contact': async (at) => {
    const { people } = await campaign();
    return Array.from({ length: 4 }, () => [at(), claim({ ...people[0] })]);
  },
  'finish against the same finish': async (at) => {
    const { people } = await campaign();
    const [p] = people;
    await run(admin, 'read committed', claim(p), new Map());
    return ['completed', 'completed', 'refused', 'failed'].map((outcome) => [at(), finish(p, outcome)]);
  },
  'finish against exclusion': async (at) => {
    const { people } = await campaign();
    const [p] = people;
    await run(admin, 'read committed', claim(p), new Map());
    return [
      [at(), finish(p, 'completed')],
      [at(), [[`insert into exclusion_list_entries (phone_number) values ($1)`, [p.phone]]]],
      [at(), [[`update contacts set do_not_call = true where id = $1`, [p.id]]]],
    ];
  },
  'pause against claims': async (at) => {
    const { id, people } = await campaign({ contacts: 3 });
    return {
      plan: [
        ...people.map((p) => [at(), claim(p)]),
        [
          at(),
          [
            [`update campaigns set status = 'paused' where id = $1`, [id]],
            [`select pg_sleep(0.003)`, []],
          ],
        ],
      ],
      // When the pause has committed no claim commits after it: the campaign's row says when it was paused.
      check: `select a.id from call_attempts a join campaigns m on m.id = a.campaign_id
        where m.id = '${id}' and m.status = 'paused' and pg_xact_commit_timestamp(a.xmin) > pg_xact_commit_timestamp(m.xmin)`,
    };
  },
  'import against exclusion': async (at) => {
    const { id } = await campaign();
    const phones = [number(), number(), number()];
    const shuffled = phones.toSorted(() => random() - 0.5);
    return [
      [
        at(),
        [[`insert into contacts (campaign_id, phone_number) select $1, unnest($2::text[])`, [id, phones]]],
      ],
      [at(), [[`insert into exclusion_list_entries (phone_number) select unnest($1::text[])`, [shuffled]]]],
      [
        at(),
        [
          [
            `insert into exclusion_list_entries (phone_number) select unnest($1::text[]) on conflict do nothing`,
            [phones.slice(1)],
          ],
        ],
      ],
      [
        at(),
        [
          [
            `insert into contacts (campaign_id, phone_number) select $1, unnest($2::text[]) on conflict do nothing`,
            [id, shuffled],
          ],
        ],
      ],
    ];
  },
  'change of number against exclusion': async (at) => {
    const { people } = await campaign();
    const phone = number();
    return [
      [at(), [[`update contacts set phone_number = $2 where id = $1`, [people[0].id, phone]]]],
      [at(), [[`insert into exclusion_list_entries (phone_number) values ($1)`, [phone]]]],
    ];
  },
  'activations of one campaign': async (at) => {
    const { id, people } = await campaign({ status: 'draft' });
    return [
      [at(), [[`update campaigns set status = 'running' where id = $1`, [id]]]],
      [at(), [[`update campaigns set status = 'running' where id = $1`, [id]]]],
      [at(), [[`update campaigns set status = 'cancelled' where id = $1`, [id]]]],
      [at(), [[`update campaigns set max_attempts = 5, question_1_text = 'Other?' where id = $1`, [id]]]],
      [at(), claim(people[0])],
    ];
  },
  'erasure against finish': async (at) => {
    const { people } = await campaign();
    const [p] = people;
    await run(admin, 'read committed', claim(p), new Map());
    return [
      [at(), finish(p, 'completed')],
      [at(), [[`delete from contacts where phone_number = $1`, [p.phone]]]],
    ];
  },
  'claims against the limit': async (at) => {
    await admin.query(
      `update call_attempts set ended_at = clock_timestamp(), outcome = 'failed' where false`,
    );
    const open = Number(
      (await admin.query(`select count(*) from call_attempts where ended_at is null`)).rows[0].count,
    );
    const { people } = await campaign({ contacts: 8 });
    await admin.query(`update provider_configs set max_concurrent_calls = $1`, [open + 2]);
    return {
      plan: people.map((p) => [at(), claim(p)]),
      check: `select max_concurrent_calls::text as id from provider_configs where max_concurrent_calls < (select count(*) from call_attempts where ended_at is null)`,
      after: () => admin.query(`update provider_configs set max_concurrent_calls = 100000`),
    };
  },
  'kind of a template against its use': async (at) => {
    const { id } = await campaign();
    const template = randomUUID();
    await admin.query(
      `insert into email_templates (id, name, type, subject, body_html) values ($1, 'Race', 'completed', 's', 'b')`,
      [template],
    );
    return [
      [at(), [[`update campaigns set email_completed_template_id = $2 where id = $1`, [id, template]]]],
      [at(), [[`update email_templates set type = 'refused' where id = $1`, [template]]]],
    ];
  },
};

let violations = 0;
const commitTimestamps =
  (await admin.query('show track_commit_timestamp')).rows[0].track_commit_timestamp === 'on';
console.log(`races: ${rounds} rounds of each at each level, seed ${seed}`);

for (const [name, race] of Object.entries(RACES)) {
  if (only && !name.includes(only)) continue;
  for (const level of LEVELS) {
    const ends = new Map();
    const at = () => (level === 'mixed' ? LEVELS[Math.floor(random() * 3)] : level);
    for (let round = 0; round < rounds; round++) {
      const made = await race(at);
      const { plan, check, after } = Array.isArray(made) ? { plan: made } : made;
      await Promise.all(plan.map(([l, steps], i) => run(sessions[i], l, steps, ends)));
      if (check && (commitTimestamps || !check.includes('pg_xact_commit_timestamp'))) {
        const { rows } = await admin.query(check);
        if (rows.length > 0) {
          violations++;
          console.log(`VIOLATION: ${name}, ${level}, round ${round}: ${rows.map((r) => r.id)}`);
        }
      }
      await after?.();
    }
    for (const [what, query] of Object.entries(FORBIDDEN)) {
      const { rows } = await admin.query(query);
      if (rows.length > 0) {
        violations += rows.length;
        console.log(`VIOLATION: ${name}, ${level}: ${what}: ${rows.length} rows, e.g. ${rows[0].id}`);
      }
    }
    console.log(
      `${name.padEnd(36)} ${level.padEnd(16)} ${[...ends]
        .sort()
        .map(([k, v]) => `${k} ${v}`)
        .join('  ')}`,
    );
    await admin.query(`update campaigns set status = 'paused' where status = 'running'`);
    await admin.query(`delete from campaigns`);
    await admin.query(`delete from exclusion_list_entries`);
  }
}

await Promise.all([admin, ...sessions].map((client) => client.end()));
console.log(violations === 0 ? 'no violation' : `${violations} violations`);
process.exitCode = violations === 0 ? 0 : 1;
