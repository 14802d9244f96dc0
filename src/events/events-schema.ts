/**
 * The tables of `events/events.db`. Migrations are numbered by their place in this list and never edited after release.
 *
 * - `app`, `endpoint`: `key` is their number in the files of days. Removed ones stay, for what was sent to them.
 * - `endpoint.failing_since`: the first failure since the last success; `is_failing_long`: another came so much later that
 *   the receiver cannot have been away for a moment only.
 * - `secret`: what signs for an endpoint, sealed; one without `expires_at` is the one in use.
 * - `event_type`: what may be sent, with JSON Schemas by version.
 * - `task`: work under way behind a request, and how far it has come: `asked` and `found` are JSON.
 * - `operational`: what operators are to be told of endpoints, until it is a message.
 */
export const EVENTS_MIGRATIONS: readonly string[] = [
  `
CREATE TABLE app (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  uid TEXT,
  name TEXT NOT NULL,
  throttle_rate INTEGER CHECK (throttle_rate > 0),
  metadata TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  removed_at INTEGER
) STRICT;
CREATE UNIQUE INDEX app_by_uid ON app (uid) WHERE uid IS NOT NULL AND removed_at IS NULL;

CREATE TABLE endpoint (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  app INTEGER NOT NULL REFERENCES app (key),
  uid TEXT,
  url TEXT NOT NULL,
  description TEXT NOT NULL,
  event_types TEXT,
  channels TEXT,
  filter TEXT,
  headers TEXT NOT NULL,
  metadata TEXT NOT NULL,
  throttle_rate INTEGER CHECK (throttle_rate > 0),
  state TEXT NOT NULL CHECK (state IN ('active', 'disabled', 'suspended', 'restarting')),
  failing_since INTEGER,
  is_failing_long INTEGER NOT NULL DEFAULT 0 CHECK (is_failing_long IN (0, 1)),
  made_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  removed_at INTEGER
) STRICT;
CREATE UNIQUE INDEX endpoint_by_uid ON endpoint (app, uid) WHERE uid IS NOT NULL AND removed_at IS NULL;

CREATE TABLE secret (
  endpoint INTEGER NOT NULL REFERENCES endpoint (key),
  number INTEGER NOT NULL,
  sealed TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  expires_at INTEGER,
  PRIMARY KEY (endpoint, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE event_type (
  name TEXT PRIMARY KEY,
  description TEXT NOT NULL,
  schemas TEXT,
  feature_flags TEXT,
  group_name TEXT,
  is_deprecated INTEGER NOT NULL DEFAULT 0 CHECK (is_deprecated IN (0, 1)),
  made_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  archived_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE task (
  id TEXT PRIMARY KEY,
  endpoint INTEGER NOT NULL REFERENCES endpoint (key),
  kind TEXT NOT NULL CHECK (kind IN ('recover', 'replay')),
  since_seq INTEGER NOT NULL,
  until_seq INTEGER NOT NULL,
  at_seq INTEGER NOT NULL,
  done INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL CHECK (state IN ('running', 'finished', 'cancelled')),
  made_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX running_task ON task (endpoint) WHERE state = 'running';

CREATE TABLE operational (
  id TEXT PRIMARY KEY,
  type TEXT NOT NULL,
  payload BLOB NOT NULL
) STRICT;
`,
  `
ALTER TABLE task RENAME TO task_before;
CREATE TABLE task (
  id TEXT PRIMARY KEY,
  endpoint INTEGER REFERENCES endpoint (key),
  kind TEXT NOT NULL CHECK (kind IN ('recover', 'replay', 'bulk', 'app_stats', 'event_types')),
  since_seq INTEGER NOT NULL,
  until_seq INTEGER NOT NULL,
  at_seq INTEGER NOT NULL,
  done INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL CHECK (state IN ('running', 'finished', 'cancelled')),
  asked TEXT,
  found TEXT,
  made_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO task (id, endpoint, kind, since_seq, until_seq, at_seq, done, state, made_at, changed_at)
  SELECT id, endpoint, kind, since_seq, until_seq, at_seq, done, state, made_at, changed_at FROM task_before;
DROP TABLE task_before;
CREATE INDEX running_task ON task (id) WHERE state = 'running';
`,
]
