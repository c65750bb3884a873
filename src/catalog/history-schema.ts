/** The schema that holds the history and nothing else; the engine never relies on `search_path`. */
export const HISTORY_SCHEMA = 'voicesurvey_migrations';
