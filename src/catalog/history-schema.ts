/** The schema that holds only the migration history. The engine always writes it in full and never relies on `search_path`. */
export const HISTORY_SCHEMA = 'voicesurvey_migrations';
