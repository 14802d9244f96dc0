import type { HmacProof, Profile } from './definition.ts'
import { prefixParts } from './hmac-proof.ts'

/** How a receiver checks the proof of a profile, in one language. */
export interface VerificationSample {
  readonly language: 'JavaScript' | 'Python' | 'PHP'
  /** A function `receive` of the body as it came, the headers by lower-case name, and the secret; it throws, or gives the event. */
  readonly text: string
}

/** Shows how to verify, with what each language brings along; nothing for a profile without a proof. */
export function verificationSamples({ proof }: Profile): readonly VerificationSample[] {
  switch (proof.kind) {
    case 'none':
      return []
    case 'basic':
      return BASIC
    case 'rsa':
      return RSA
    case 'hmac': {
      const shape = shapeOf(proof)
      if (shape === null) return []
      return [
        { language: 'JavaScript', text: javascript(proof, shape) },
        { language: 'Python', text: python(proof, shape) },
        { language: 'PHP', text: php(proof, shape) },
      ]
    }
  }
}

interface Shape {
  /** Names that are used in what is signed, each with its header, or with what it begins with in the signature's header. */
  readonly facts: readonly { readonly name: string; readonly header: string | null; readonly head: string }[]
  readonly before: string
  readonly behind: string
  readonly each: string
  /** The signature's header holds several parts. */
  readonly isList: boolean
}

const FACTS = ['id', 'timestamp', 'type'] as const

/** Where a receiver finds what was signed beside the body; null when some of it is not sent. */
function shapeOf(proof: HmacProof): Shape | null {
  const { head, each } = prefixParts(proof)
  const [before = '', behind = ''] = proof.content.split('{body}')
  const facts = FACTS.flatMap((name) => {
    const header = Object.entries(proof.headers).find(([, text]) => text === `{${name}}`)?.[0] ?? null
    const part = head.find((text) => text.endsWith(`{${name}}`))
    const isSigned = proof.content.includes(`{${name}}`)
    const isSent = header !== null || part !== undefined
    if (!isSigned) return []
    if (!isSent) return [null]
    return [{ name, header: header?.toLowerCase() ?? null, head: part?.slice(0, -`{${name}}`.length) ?? '' }]
  })
  if (facts.some((fact) => fact === null)) return null
  return {
    facts: facts.filter((fact) => fact !== null),
    before,
    behind,
    each,
    isList: proof.separator !== null || head.length > 0,
  }
}

const separatorOf = ({ separator }: HmacProof): string => separator ?? ','

/** A text of ours with variables for its placeholders. */
const inJavaScript = (text: string): string => `\`${text.replaceAll(/\{(\w+)\}/g, '${$1}')}\``
const inPhp = (text: string): string => `"${text.replaceAll(/\{(\w+)\}/g, '$$$1')}"`

function javascript(proof: HmacProof, { facts, before, behind, each, isList }: Shape): string {
  const header = proof.header.toLowerCase()
  const updates = [
    before === '' ? '' : `.update(${inJavaScript(before)})`,
    '.update(rawBody)',
    behind === '' ? '' : `.update(${inJavaScript(behind)})`,
  ].join('')
  const key = {
    whsec: "Buffer.from(secret.replace(/^whsec_/, ''), 'base64')",
    base64: "Buffer.from(secret, 'base64')",
    hex: "Buffer.from(secret, 'hex')",
    utf8: 'secret',
  }[proof.keyEncoding]
  const digest = proof.encoding === 'HEX' ? "digest('hex').toUpperCase()" : `digest('${proof.encoding}')`
  const found = facts.map(({ name, header: from, head }) =>
    from === null
      ? `  const ${name} = parts.find((part) => part.startsWith('${head}')).slice(${head.length})`
      : `  const ${name} = headers['${from}']`,
  )
  return lines(
    "import { createHmac, timingSafeEqual } from 'node:crypto'",
    '',
    'export function receive(rawBody, headers, secret) {',
    isList
      ? `  const parts = headers['${header}'].split('${separatorOf(proof)}')`
      : `  const parts = [headers['${header}']]`,
    ...found,
    ...(isTimed(facts)
      ? [
          '  const age = Math.abs(Date.now() / 1000 - timestamp)',
          "  if (age > 300) throw new Error('too old, or from the future')",
        ]
      : []),
    `  const key = ${key}`,
    `  const hmac = createHmac('${proof.hash}', key)`,
    `  hmac${updates}`,
    `  const expected = Buffer.from('${each}' + hmac.${digest})`,
    '  const isOurs = parts.some((part) => {',
    '    const given = Buffer.from(part)',
    '    return given.length === expected.length && timingSafeEqual(given, expected)',
    '  })',
    "  if (!isOurs) throw new Error('not signed with this secret')",
    '  return JSON.parse(rawBody)',
    '}',
  )
}

function python(proof: HmacProof, { facts, before, behind, each, isList }: Shape): string {
  const header = proof.header.toLowerCase()
  const key = {
    whsec: 'base64.b64decode(secret.removeprefix("whsec_"))',
    base64: 'base64.b64decode(secret)',
    hex: 'bytes.fromhex(secret)',
    utf8: 'secret.encode()',
  }[proof.keyEncoding]
  const signed = [
    before === '' ? '' : `f"${before}".encode() + `,
    'raw_body',
    behind === '' ? '' : ` + f"${behind}".encode()`,
  ].join('')
  const signature = {
    base64: 'base64.b64encode(digest.digest()).decode()',
    hex: 'digest.hexdigest()',
    HEX: 'digest.hexdigest().upper()',
  }[proof.encoding]
  const found = facts.map(({ name, header: from, head }) =>
    from === null
      ? `    ${name} = next(part for part in parts if part.startswith("${head}"))[${head.length}:]`
      : `    ${name} = headers["${from}"]`,
  )
  return lines(
    'import base64, hashlib, hmac, json, time',
    '',
    'def receive(raw_body: bytes, headers: dict, secret: str):',
    isList ? `    parts = headers["${header}"].split("${separatorOf(proof)}")` : `    parts = [headers["${header}"]]`,
    ...found,
    ...(isTimed(facts)
      ? ['    if abs(time.time() - int(timestamp)) > 300:', '        raise ValueError("too old, or from the future")']
      : []),
    `    key = ${key}`,
    `    content = ${signed}`,
    `    digest = hmac.new(key, content, hashlib.${proof.hash})`,
    `    expected = "${each}" + ${signature}`,
    '    if not any(hmac.compare_digest(expected.encode(), one.encode()) for one in parts):',
    '        raise ValueError("not signed with this secret")',
    '    return json.loads(raw_body)',
  )
}

function php(proof: HmacProof, { facts, before, behind, each, isList }: Shape): string {
  const header = proof.header.toLowerCase()
  const key = {
    whsec: "base64_decode(preg_replace('/^whsec_/', '', $secret))",
    base64: 'base64_decode($secret)',
    hex: 'hex2bin($secret)',
    utf8: '$secret',
  }[proof.keyEncoding]
  const signed = [
    before === '' ? '' : `${inPhp(before)} . `,
    '$rawBody',
    behind === '' ? '' : ` . ${inPhp(behind)}`,
  ].join('')
  const hmac = (isBinary: boolean): string => `hash_hmac('${proof.hash}', $content, $key${isBinary ? ', true' : ''})`
  const signature = { base64: `base64_encode(${hmac(true)})`, hex: hmac(false), HEX: `strtoupper(${hmac(false)})` }
  const found = facts.map(({ name, header: from, head }) =>
    from === null
      ? `    $${name} = substr(current(array_filter($parts, fn($part) => str_starts_with($part, '${head}'))), ${head.length});`
      : `    $${name} = $headers['${from}'];`,
  )
  return lines(
    'function receive(string $rawBody, array $headers, string $secret): array',
    '{',
    isList
      ? `    $parts = explode('${separatorOf(proof)}', $headers['${header}']);`
      : `    $parts = [$headers['${header}']];`,
    ...found,
    ...(isTimed(facts)
      ? ["    if (abs(time() - (int) $timestamp) > 300) throw new Exception('too old, or from the future');"]
      : []),
    `    $key = ${key};`,
    `    $content = ${signed};`,
    `    $expected = '${each}' . ${signature[proof.encoding]};`,
    '    foreach ($parts as $part) {',
    '        if (hash_equals($expected, $part)) return json_decode($rawBody, true, 512, JSON_THROW_ON_ERROR);',
    '    }',
    "    throw new Exception('not signed with this secret');",
    '}',
  )
}

const isTimed = (facts: Shape['facts']): boolean => facts.some(({ name }) => name === 'timestamp')

/** Digests of both are compared: they are of one length, whatever was sent. */
const BASIC: readonly VerificationSample[] = [
  {
    language: 'JavaScript',
    text: lines(
      "import { createHash, timingSafeEqual } from 'node:crypto'",
      '',
      "const digest = (text) => createHash('sha256').update(text).digest()",
      '',
      'export function receive(rawBody, headers, secret) {',
      "  const given = Buffer.from((headers['authorization'] ?? '').replace(/^Basic /i, ''), 'base64')",
      "  if (!timingSafeEqual(digest(given), digest(secret))) throw new Error('another user or another password')",
      '  return JSON.parse(rawBody)',
      '}',
    ),
  },
  {
    language: 'Python',
    text: lines(
      'import base64, hmac, json',
      '',
      'def receive(raw_body: bytes, headers: dict, secret: str):',
      '    given = base64.b64decode(headers.get("authorization", "")[6:])',
      '    if not hmac.compare_digest(given, secret.encode()):',
      '        raise ValueError("another user or another password")',
      '    return json.loads(raw_body)',
    ),
  },
  {
    language: 'PHP',
    text: lines(
      'function receive(string $rawBody, array $headers, string $secret): array',
      '{',
      "    $given = base64_decode(substr($headers['authorization'] ?? '', 6));",
      "    if (!hash_equals($secret, $given)) throw new Exception('another user or another password');",
      '    return json_decode($rawBody, true, 512, JSON_THROW_ON_ERROR);',
      '}',
    ),
  },
]

/** What is read is the text that was signed, never the object beside it. */
const RSA: readonly VerificationSample[] = [
  {
    language: 'JavaScript',
    text: lines(
      "import { createVerify } from 'node:crypto'",
      '',
      'export function receive(rawBody, headers, publicKey) {',
      '  const { payloadAsString, signature } = JSON.parse(rawBody)',
      "  const isOurs = createVerify('SHA256').update(payloadAsString).verify(publicKey, signature, 'base64')",
      "  if (!isOurs) throw new Error('not signed with this key')",
      '  return JSON.parse(payloadAsString)',
      '}',
    ),
  },
  {
    language: 'Python',
    text: lines(
      '# pip install cryptography',
      'import base64, json',
      'from cryptography.hazmat.primitives import hashes, serialization',
      'from cryptography.hazmat.primitives.asymmetric import padding',
      '',
      'def receive(raw_body: bytes, headers: dict, public_key: str):',
      '    body = json.loads(raw_body)',
      '    text = body["payloadAsString"].encode()',
      '    key = serialization.load_pem_public_key(public_key.encode())',
      '    key.verify(base64.b64decode(body["signature"]), text, padding.PKCS1v15(), hashes.SHA256())',
      '    return json.loads(text)',
    ),
  },
  {
    language: 'PHP',
    text: lines(
      'function receive(string $rawBody, array $headers, string $publicKey): array',
      '{',
      '    $body = json_decode($rawBody, true, 512, JSON_THROW_ON_ERROR);',
      "    $isOurs = openssl_verify($body['payloadAsString'], base64_decode($body['signature']), $publicKey, OPENSSL_ALGO_SHA256);",
      "    if ($isOurs !== 1) throw new Exception('not signed with this key');",
      "    return json_decode($body['payloadAsString'], true, 512, JSON_THROW_ON_ERROR);",
      '}',
    ),
  },
]

function lines(...texts: readonly string[]): string {
  return texts.join('\n')
}
