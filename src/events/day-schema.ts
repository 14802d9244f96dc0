/**
 * The tables of `events/days/<date>.db`: all there is of the messages that were accepted on one UTC day, so that the whole day
 * goes as one file when its time is over. Migrations are never edited after release.
 *
 * - `message.seq`: its place in time, which its public id holds too: no index finds it by id.
 *   `deliver_at`: not sent before; null for at once.
 * - `delivery`: a message to an endpoint. `due_at` while it is open; `lane` 0 live, 1 replayed, 2 held,
 *   3 gathering; `tries` since it was last begun; `trigger` of its next attempts: 0 by itself, 1 by hand. `last`: the messages
 *   up to this one go with it, of those that are gathered (`state` 5).
 * - `request`: which message came of a request, by the digest of its key: sent again, it is the same message.
 * - `attempt`: one call, under the day of its message. `answer` is cut to 1 kB.
 * - `short_payload`: messages whose payload goes before that of others.
 * - `long_answer`: the whole answers of an endpoint's last failures of the day.
 * - `usage`: what an app's messages of the day take.
 * - `operational`: what operators are to be told of attempts, until it is a message of its own.
 */
export const DAY_MIGRATIONS: readonly string[] = [
  `
CREATE TABLE message (
  seq INTEGER PRIMARY KEY,
  app INTEGER NOT NULL,
  id TEXT NOT NULL,
  event_id TEXT,
  event_type TEXT NOT NULL,
  channels TEXT,
  tags TEXT,
  headers TEXT,
  payload BLOB
) STRICT;
CREATE INDEX message_by_app ON message (app, seq);
CREATE UNIQUE INDEX message_by_event_id ON message (app, event_id) WHERE event_id IS NOT NULL;

CREATE TABLE delivery (
  endpoint INTEGER NOT NULL,
  message INTEGER NOT NULL,
  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 5),
  lane INTEGER NOT NULL DEFAULT 0 CHECK (lane BETWEEN 0 AND 3),
  tries INTEGER NOT NULL DEFAULT 0,
  trigger INTEGER NOT NULL DEFAULT 0 CHECK (trigger IN (0, 1)),
  due_at INTEGER CHECK ((due_at IS NOT NULL) = (state = 0)),
  last INTEGER,
  PRIMARY KEY (endpoint, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_due ON delivery (endpoint, lane, due_at, message) WHERE due_at IS NOT NULL;
CREATE INDEX delivery_gathered ON delivery (endpoint, message) WHERE last IS NOT NULL;

CREATE TABLE request (
  app INTEGER NOT NULL,
  key BLOB NOT NULL,
  message INTEGER NOT NULL,
  PRIMARY KEY (app, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempt (
  endpoint INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  message INTEGER NOT NULL,
  id TEXT NOT NULL,
  has_succeeded INTEGER NOT NULL CHECK (has_succeeded IN (0, 1)),
  http_status INTEGER,
  code TEXT,
  trigger INTEGER NOT NULL CHECK (trigger IN (0, 1)),
  url TEXT NOT NULL,
  latency_ms INTEGER NOT NULL,
  answer TEXT,
  PRIMARY KEY (endpoint, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX attempt_by_message ON attempt (message, seq);

CREATE TABLE long_answer (
  endpoint INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  answer TEXT NOT NULL,
  PRIMARY KEY (endpoint, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE usage (
  app INTEGER PRIMARY KEY,
  bytes INTEGER NOT NULL
) STRICT;

CREATE TABLE operational (
  id TEXT PRIMARY KEY,
  type TEXT NOT NULL,
  payload BLOB NOT NULL
) STRICT;
`,
  `
CREATE TABLE short_payload (message INTEGER PRIMARY KEY, until INTEGER NOT NULL) STRICT;
CREATE INDEX short_payload_by_end ON short_payload (until);
`,
  `
ALTER TABLE message ADD COLUMN deliver_at INTEGER;
`,
]
