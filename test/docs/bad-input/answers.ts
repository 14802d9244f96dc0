import type { Reply } from '../../support/receiver.ts'
import type { MetInput } from './given.ts'

const json = { 'content-type': 'application/json' }
const html = { 'content-type': 'text/html' }
const after = (value: string): Reply => ({ status: 429, headers: { 'retry-after': value } })

export const ANSWERS: readonly MetInput[] = [
  {
    rows: [64],
    what: '200 with a page of HTML',
    end: 'sent',
    note: 'It counts by its status; what is no JSON is kept as text',
    reply: { body: '<html>Welcome</html>', headers: html },
  },
  {
    rows: [65],
    what: '200 `{"success": false, "errors": [{ "code": 1004, "description": "too long" }]}`',
    end: 'failed',
    reply: { body: { success: false, errors: [{ code: 1004, description: 'too long' }] } },
  },
  {
    rows: [66],
    what: '200 with 10 MB',
    end: 'sent',
    note: 'It counts by its status; 64 KiB of it are read',
    reply: { body: `{"success":true,"x":"${'x'.repeat(10_000_000)}"}`, headers: json },
  },
  {
    rows: [67],
    what: '302 to another place',
    end: 'stopped',
    reply: { status: 302, headers: { location: 'https://login.example.com/?token=hunter2' } },
  },
  { rows: [68], what: '404 for one customer', end: 'stopped', reply: { status: 404 } },
  { rows: [68], what: '401', end: 'stopped', reply: { status: 401 } },
  ...['Wed, 21 Oct 2015 07:28:00 GMT', '-5', 'soon', '99999999999'].map((value): MetInput => ({
    rows: [69],
    what: `429 with \`Retry-After: ${value}\``,
    end: 'failed',
    reply: after(value),
  })),
  {
    rows: [70],
    what: '400 with `\\x1b[2J<script>` in its body, where `answers: { 400: failed }`',
    end: 'failed',
    webhook: 'answers: { 400: failed }',
    reply: { status: 400, body: '\u001B[2J<script>alert(1)</script>', headers: { 'content-type': 'text/plain' } },
  },
  {
    rows: [71],
    what: 'no answer within `timeout: 1s`',
    end: 'failed',
    webhook: 'timeout: 1s',
    reply: { misbehave: 'hang' },
  },
  {
    rows: [71],
    what: 'an answer that comes byte by byte, with `timeout: 1s`',
    end: 'failed',
    webhook: 'timeout: 1s',
    reply: { misbehave: 'drip-body' },
  },
  { rows: [71], what: 'no HTTP', end: 'failed', reply: { misbehave: 'garbage' } },
  { rows: [71], what: 'informational answers (1xx) without end', end: 'failed', reply: { misbehave: 'interim-flood' } },
  { rows: [71], what: 'a connection that is reset', end: 'failed', reply: { misbehave: 'reset' } },
  {
    rows: [72],
    what: 'a certificate that has expired',
    end: 'stopped',
    tls: ({ known }) => known.issue({ until: '20260203000000Z' }),
  },
  {
    rows: [72],
    what: 'a certificate of another host',
    end: 'stopped',
    tls: ({ known }) => known.issue({ names: 'DNS:other.test' }),
  },
  {
    rows: [72],
    what: 'a certificate of an authority that nobody knows',
    end: 'stopped',
    tls: ({ stranger }) => stranger.issue(),
  },
  {
    rows: [72],
    what: 'a server that speaks TLS 1.1 at most',
    end: 'stopped',
    tls: ({ known }) => ({
      ...known.issue(),
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    }),
  },
  { rows: [72], what: 'https to a port that speaks plain HTTP', end: 'stopped', callsHttps: true },
  {
    rows: [73],
    what: 'a server that wants a client certificate',
    end: 'stopped',
    tls: ({ known }) => ({ ...known.issue(), requestCert: true, rejectUnauthorized: true, maxVersion: 'TLSv1.2' }),
  },
]
