import type { ProductObjects } from '../migrate/foreign-schema.js';

/** The objects of the product by their names, whatever made them. */
export const productObjects: ProductObjects = {
  schemas: ['voicesurvey', 'voicesurvey_rules'],
  tables: [
    'users',
    'email_templates',
    'campaigns',
    'contacts',
    'exclusion_list_entries',
    'call_attempts',
    'survey_responses',
    'events',
    'email_notifications',
    'provider_configs',
    'transcript_snippets',
  ].map((table) => `public.${table}`),
};
