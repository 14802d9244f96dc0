import { writeFileSync } from 'node:fs'
import type { CheckedInput } from './given.ts'

const BOMB = ['a: &a [1,1,1,1,1,1,1,1,1,1]']
for (let i = 0; i < 8; i++) {
  const [from, to] = ['abcdefghi'[i], 'bcdefghij'[i]]
  BOMB.push(`${to}: &${to} [${Array.from({ length: 10 }, () => `*${from}`).join(',')}]`)
}

const PASSWORD = 'auth: { type: basic, username: acme, password: "${PASSWORD}" }'

export const CAMPAIGN_FILES: readonly CheckedInput[] = [
  { rows: [1], what: 'an unknown key: `timout: 5s`', end: 'refused', webhook: 'timout: 5s' },
  {
    rows: [2],
    what: 'a span without a unit that is known: `timeout: 10 sec`',
    end: 'refused',
    webhook: 'timeout: 10 sec',
  },
  { rows: [2], what: 'a text where a number goes: `concurrency: many`', end: 'refused', webhook: 'concurrency: many' },
  { rows: [3], what: '`timeout: 0`', end: 'refused', webhook: 'timeout: 0' },
  { rows: [3], what: '`timeout: 1e99`', end: 'refused', webhook: 'timeout: 1e99' },
  { rows: [3], what: '`timeout: .nan`', end: 'refused', webhook: 'timeout: .nan' },
  { rows: [3], what: '`timeout: 2h`, longer than there is', end: 'refused', webhook: 'timeout: 2h' },
  { rows: [4], what: '`concurrency: 0`', end: 'refused', webhook: 'concurrency: 0' },
  { rows: [4], what: '`concurrency: 100000`', end: 'refused', webhook: 'concurrency: 100000' },
  { rows: [5], what: 'aliases that grow into millions of values', end: 'refused', campaign: BOMB.join('\n') },
  {
    rows: [5],
    what: 'a campaign file of 2 MB',
    end: 'refused',
    files: { 'campaign.yaml': (path) => writeFileSync(path, '# a comment\n'.repeat(200_000)) },
  },
  { rows: [6], what: 'a key twice', end: 'refused', webhook: 'timeout: 5s\nmethod: POST\ntimeout: 6s' },
  { rows: [7], what: 'a variable that is not set', end: 'refused', webhook: PASSWORD },
  {
    rows: [7],
    what: 'a variable where none is read: in the body',
    end: 'refused',
    webhook: `body: '{"a": "\${HOME}"}'`,
  },
  {
    rows: [7],
    what: 'a literal password',
    end: 'refused',
    webhook: 'auth: { type: basic, username: acme, password: hunter2 }',
  },
  {
    rows: [8],
    what: 'a user name with a colon',
    end: 'refused',
    webhook: 'auth: { type: basic, username: "a:b", password: "${PASSWORD}" }',
    env: { PASSWORD: 'x' },
  },
  {
    rows: [9],
    what: 'a password with a line break at its end',
    end: 'refused',
    webhook: PASSWORD,
    env: { PASSWORD: 'x\n' },
  },
  {
    rows: [11],
    what: '`NODE_TLS_REJECT_UNAUTHORIZED=0` in the environment',
    end: 'refused',
    env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
  },
  {
    rows: [12],
    what: 'an address to leave from that no machine here has',
    end: 'refused',
    webhook: 'static_ips: true',
    files: { 'hookcast.yaml': 'egress: { static: { addresses: [203.0.113.10] } }\n' },
  },
  { rows: [13], what: 'a `tls.ca` that is not there', end: 'refused', webhook: 'tls: { ca: ca.pem }' },
  {
    rows: [13],
    what: 'an empty `tls.ca`',
    end: 'refused',
    webhook: 'tls: { ca: ca.pem }',
    files: { 'ca.pem': '' },
  },
  {
    rows: [13],
    what: 'a `tls.ca` in DER',
    end: 'refused',
    webhook: 'tls: { ca: ca.der }',
    files: { 'ca.der': new Uint8Array([0x30, 0x82, 0x01, 0x0a, 0x02, 0x82]) },
  },
  {
    rows: [13],
    what: 'a private key as `tls.ca`',
    end: 'refused',
    webhook: 'tls: { ca: ca.pem }',
    files: { 'ca.pem': '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----\n' },
  },
  {
    rows: [1],
    what: 'a key that contradicts another: a body with `method: GET`',
    end: 'refused',
    webhook: "method: GET\nbody: 'x'",
  },
]
