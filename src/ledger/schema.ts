/**
 * The ledger's tables. Migrations are numbered by their place in this list (`PRAGMA user_version`) and
 * never edited after release.
 *
 * - `run`: one row. `numbers` is the report's counters and the stop rules' state as of the same commit as
 *   the rows they count. `event_version` and `event_day` are set for a run of events, which is open all that day;
 *   `event_position` is how far whoever appends to it had come, in the same commit as its `customers`.
 * - `chunk`: those that have begun; rows before `next_seq` were lent.
 * - `lent`: first attempts in a sender's hands. A row of such a range with neither a result nor a place in
 *   `waiting` is in doubt once its sender is gone.
 * - `waiting`: deliveries that come (again): due retries, sends in doubt, and rows handed back unstarted
 *   (`attempt` 1 and not in doubt). No row is written when a chunk stops: its rows here stay as they are.
 * - `result`: one final row per customer, enforced by its primary key. No second index while sending: the
 *   one on customers is built when the run ends.
 * - `interval`: calls over time; see `Timeline`. Ledgers made before it have no picture of that time.
 * - `delivery`: requests of batches; `result.delivery` names the one that a customer was in last, null without batches.
 * - `waiting` of a batch, or of a half of one that was refused: its `count` rows from `seq` on, of which `customers` have no
 *   result; `root` is the first row of the whole batch (null without batches), `path` which part of it. `is_held`: a half that
 *   was refused, and whose other half has not ended.
 * - `text`: interned strings; the same string may stand here more than once, an id never changes.
 */
export const MIGRATIONS: readonly string[] = [
  `
CREATE TABLE run (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  run_id TEXT NOT NULL,
  campaign TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'finished', 'aborted', 'interrupted', 'cancelled')),
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER,
  resumed INTEGER NOT NULL DEFAULT 0 CHECK (resumed >= 0),
  replay_of TEXT,
  customers INTEGER NOT NULL CHECK (customers >= 0),
  is_audience_complete INTEGER NOT NULL CHECK (is_audience_complete IN (0, 1)),
  chunk_size INTEGER CHECK (chunk_size > 0),
  numbers TEXT NOT NULL
) STRICT;

CREATE TABLE chunk (
  chunk INTEGER PRIMARY KEY CHECK (chunk >= 0),
  started_at INTEGER NOT NULL,
  next_seq INTEGER NOT NULL,
  ended INTEGER NOT NULL DEFAULT 0 CHECK (ended >= 0),
  is_stopped INTEGER NOT NULL DEFAULT 0 CHECK (is_stopped IN (0, 1))
) STRICT;

CREATE TABLE lent (
  slice INTEGER PRIMARY KEY,
  chunk INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  count INTEGER NOT NULL CHECK (count > 0),
  lent_at INTEGER NOT NULL
) STRICT;

CREATE TABLE waiting (
  seq INTEGER PRIMARY KEY CHECK (seq >= 0),
  chunk INTEGER NOT NULL,
  attempt INTEGER NOT NULL CHECK (attempt >= 1),
  due_at INTEGER NOT NULL,
  is_lent INTEGER NOT NULL DEFAULT 0 CHECK (is_lent IN (0, 1)),
  doubt_at INTEGER,
  restarts INTEGER NOT NULL DEFAULT 0 CHECK (restarts >= 0),
  digest TEXT,
  calls INTEGER NOT NULL DEFAULT 0 CHECK (calls >= 0),
  http_status INTEGER,
  code INTEGER,
  message INTEGER,
  customer_id TEXT
) STRICT;
CREATE INDEX waiting_by_due ON waiting (due_at, seq) WHERE is_lent = 0;

CREATE TABLE result (
  chunk INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  customer_id TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('sent', 'failed', 'suppressed')),
  reason TEXT,
  attempts INTEGER NOT NULL CHECK (attempts >= 0),
  http_status INTEGER,
  error_code INTEGER,
  result_code INTEGER,
  result_status INTEGER,
  message INTEGER,
  in_doubt INTEGER NOT NULL CHECK (in_doubt IN (0, 1)),
  latency_ms INTEGER,
  occurred_at INTEGER NOT NULL,
  properties TEXT,
  PRIMARY KEY (chunk, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE text (id INTEGER PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE stop (
  id INTEGER PRIMARY KEY,
  rule TEXT NOT NULL,
  scope TEXT NOT NULL CHECK (scope IN ('chunk', 'webhook')),
  chunk INTEGER,
  http_status INTEGER,
  stopped_at INTEGER NOT NULL,
  lifted_at INTEGER,
  message TEXT NOT NULL,
  samples TEXT NOT NULL
) STRICT;

CREATE TABLE sample (
  id INTEGER PRIMARY KEY,
  seq INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  http_status INTEGER,
  code TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;

CREATE TABLE sender (pid INTEGER NOT NULL, started TEXT NOT NULL, PRIMARY KEY (pid, started)) STRICT, WITHOUT ROWID;
`,
  `
CREATE TABLE interval (
  started_at INTEGER PRIMARY KEY,
  width_ms INTEGER NOT NULL CHECK (width_ms > 0),
  calls TEXT NOT NULL,
  latency TEXT NOT NULL,
  in_flight INTEGER NOT NULL CHECK (in_flight >= 0),
  concurrency INTEGER NOT NULL CHECK (concurrency >= 0)
) STRICT;
`,
  `
CREATE TABLE delivery (
  id INTEGER PRIMARY KEY,
  request_id TEXT NOT NULL,
  customers INTEGER NOT NULL CHECK (customers > 0)
) STRICT;
ALTER TABLE run ADD COLUMN batch_size INTEGER CHECK (batch_size > 0);
ALTER TABLE result ADD COLUMN delivery INTEGER;
ALTER TABLE waiting ADD COLUMN count INTEGER NOT NULL DEFAULT 1 CHECK (count > 0);
ALTER TABLE waiting ADD COLUMN customers INTEGER NOT NULL DEFAULT 1 CHECK (customers >= 0);
ALTER TABLE waiting ADD COLUMN root INTEGER;
ALTER TABLE waiting ADD COLUMN path TEXT NOT NULL DEFAULT '';
ALTER TABLE waiting ADD COLUMN is_held INTEGER NOT NULL DEFAULT 0 CHECK (is_held IN (0, 1));
ALTER TABLE waiting ADD COLUMN error_code INTEGER;
`,
  `
ALTER TABLE run ADD COLUMN event_version INTEGER;
ALTER TABLE run ADD COLUMN event_day TEXT;
ALTER TABLE run ADD COLUMN event_position INTEGER;
`,
]
