import { X509Certificate } from 'node:crypto'
import type { Auth, EgressPool, Header, Payload, TemplateText, Throughput, Warning, Webhook } from './campaign.ts'
import type { CampaignContext } from './campaign-context.ts'
import { WEBHOOK_DEFAULTS as D } from './delivery-rule-schema.ts'
import { payloadFromContentType } from './header-rule.ts'
import type { KeyPath } from './key-path.ts'
import { nearestName } from './nearest-name.ts'
import { readEgressProxy } from './egress-proxy.ts'
import { checkCredentialValues, readCredentials } from './read-credentials.ts'
import { abortRulesFrom, msFrom, retryRulesFrom } from './read-delivery-rules.ts'
import { readBatch, refuseBatchContradictions } from './read-batch.ts'
import { readHeaders } from './read-headers.ts'
import { placeholderNames } from './secret-text.ts'
import type { Repaired } from './shape-problem.ts'
import { withoutSpans } from './template-span.ts'
import { parsePerSecond } from './unit.ts'
import { isAtOrBelow } from './url-prefix.ts'
import { type WebhookUrl, parseWebhookUrl } from './webhook-url.ts'
import type { WebhookInput } from './webhook-schema.ts'

type Input = Repaired<WebhookInput>

/** Reads `webhook:`; what is wrong is reported, and a fitting blank stands in for it. */
export function readWebhook(context: CampaignContext, input: Input, isEventTriggered: boolean): Webhook {
  const url = readUrl(context, input)
  const auth = readAuth(context, input, url)
  const headers = readHeaders(context.reader, input.headers ?? [], {
    path: ['webhook', 'headers'],
    hasAuth: input.auth !== undefined && input.auth !== null,
    idempotencyHeader: readIdempotency(input).header,
  })
  const batch = readBatch(context, input.batch)
  refuseContradictions(context, input)
  const choose = <K extends keyof typeof D & keyof Input>(key: K): NonNullable<Input[K]> | (typeof D)[K] => {
    return (input[key] as NonNullable<Input[K]> | null | undefined) ?? D[key]
  }
  return {
    origin: url?.origin ?? '',
    isLoopbackLiteral: url?.isLoopbackLiteral ?? false,
    path: context.reader.textAt(['webhook', 'url'], input.url ?? '', url?.path ?? '/'),
    method: choose('method'),
    payload: input.payload ?? payloadFromHeaders(headers),
    jsonEscape: choose('json_escape'),
    body: readBody(context, input),
    batch,
    headers,
    auth,
    responseHandling: choose('response_handling'),
    response: readPointers(input),
    answers: definedOnly(input.answers ?? {}),
    eventProperties: readProperties(context, input),
    concurrency: choose('concurrency'),
    perSecond: typeof input.rate === 'string' ? parsePerSecond(input.rate) : null,
    throughput: readThroughput(context, input.throughput ?? null),
    timeoutMs: msFrom(choose('timeout')),
    retry: retryRulesFrom(input.retry, batch),
    idempotency: readIdempotency(input),
    abort: abortRulesFrom(input.abort ?? {}, isEventTriggered),
    isInsecureHttpAllowed: input.insecure_http === true,
    egress: readEgress(context, input),
    ca: readCertificates(context, input),
  }
}

function readUrl({ reader, warnings }: CampaignContext, input: Input): WebhookUrl | null {
  if (input.url === undefined) return null
  const path = ['webhook', 'url']
  const url = parseWebhookUrl(input.url, {
    isInsecureHttpAllowed: input.insecure_http ?? false,
    valueOf: (name) => reader.variable(path, name),
    report: (message) => reader.report(path, message),
  })
  if (url !== null) warnings.push(...urlWarnings(url, input))
  return url
}

function urlWarnings(url: WebhookUrl, { answers }: Input): Warning[] {
  const warnings: Warning[] = []
  const warn = (code: string, message: string): void => void warnings.push({ code, message, count: 1 })
  const notFound = answers?.['404'] ?? 'webhook'
  if (url.hasPathTemplate && (notFound === 'webhook' || notFound === 'chunk')) {
    warn(
      'url_path_template',
      'webhook.url has a template in its path: a 404 for one customer stops everyone (answers: { 404: failed } changes that)',
    )
  }
  if (url.isInsecure) {
    warn('insecure_http', `plain http to ${url.origin}: requests, credentials included, cross the network readable`)
  }
  const { hostname } = new URL(url.origin)
  if (hostname.split('.').some((label) => label.startsWith('xn--'))) {
    warn('url_host_idn', `the host of webhook.url is not ASCII, and goes over the wire as ${hostname}`)
  }
  return warnings
}

function readAuth(context: CampaignContext, input: Input, url: WebhookUrl | null): Auth | null {
  const { reader, settings, name } = context
  const path = ['webhook', 'auth']
  const written = input.auth ?? null
  if (written === null) return null
  if (typeof written !== 'string') {
    const auth = readCredentials(reader, written, { path, urlPrefix: url?.origin ?? '', variablePrefix: name })
    if (auth !== null) checkCredentialValues(reader, auth, { path, owner: null })
    return auth
  }
  const auth = Object.hasOwn(settings.auth, written) ? settings.auth[written] : undefined
  if (auth === undefined) {
    reader.report(path, `unknown credentials: webhook.auth, ${knownNames(Object.keys(settings.auth), 'auth')}`)
    return null
  }
  checkCredentialValues(reader, auth, { path, owner: { label: written, isOperator: true } })
  if (url !== null && !isAtOrBelow(auth.urlPrefix, url.origin + withoutSpans(url.path, 'x'))) {
    const got = url.origin + withoutSpans(url.path, '…').replace(/\?[^]*$/, '')
    reader.report(
      path,
      `expected webhook.url to be at or below ${auth.urlPrefix}, to which auth ${written} is bound, got ${got}`,
    )
  }
  return auth
}

/** The value itself is not shown: what stands under `auth:` may be a token that was meant to be elsewhere. */
function knownNames(names: readonly string[], section: string): string {
  if (names.length === 0) return `hookcast.yaml has no ${section}`
  return `hookcast.yaml has ${names.slice(0, 20).join(', ')}`
}

function payloadFromHeaders(headers: readonly Header[]): Payload {
  const header = headers.find(({ name }) => name.toLowerCase() === 'content-type')
  return (header?.kind === 'template' ? payloadFromContentType(header.value.text) : null) ?? 'json'
}

function readBody(context: CampaignContext, input: Input): TemplateText | null {
  const body = input.body ?? null
  return body === null || body === '' ? null : context.templateAt(['webhook', 'body'], body)
}

function readPointers({ response }: Input): Webhook['response'] {
  return {
    success: response?.success ?? D.response.success,
    code: response?.code ?? D.response.code,
    message: response?.message ?? D.response.message,
  }
}

function readProperties({ reader }: CampaignContext, input: Input): Record<string, TemplateText> {
  const properties: Record<string, TemplateText> = {}
  for (const [name, written] of Object.entries(definedOnly(input.event_properties ?? {}))) {
    properties[name] = reader.textAt(['webhook', 'event_properties', name], written)
  }
  return properties
}

function readIdempotency({ idempotency }: Input): Webhook['idempotency'] {
  return {
    header: idempotency?.header ?? D.idempotency.header,
    lifetimeMs: msFrom(idempotency?.lifetime ?? D.idempotency.lifetime),
  }
}

function readThroughput({ reader, settings }: CampaignContext, name: string | null): Throughput | null {
  if (name === null) return null
  const known = Object.keys(settings.throughput)
  const policy = known.includes(name) ? settings.throughput[name] : undefined
  if (policy !== undefined) return policy
  const near = nearestName(name, known)
  const hint = near === null ? knownNames(known, 'throughput') : `did you mean ${near}?`
  reader.report(['webhook', 'throughput'], `unknown throughput policy: ${JSON.stringify(name)}, ${hint}`)
  return null
}

function readEgress({ reader, settings }: CampaignContext, input: Input): EgressPool | null {
  const written = input.static_ips ?? false
  if (written === false) return null
  const name = written === true ? 'static' : written
  const path = ['webhook', 'static_ips']
  const known = Object.keys(settings.egress)
  const pool = known.includes(name) ? settings.egress[name] : undefined
  if (pool === undefined) {
    const near = nearestName(name, known)
    const hint =
      near === null
        ? `${knownNames(known, 'egress')}${known.length === 0 ? `: write egress: { ${name}: { addresses: [203.0.113.10] } } into it` : ''}`
        : `did you mean ${near}?`
    reader.report(path, `unknown egress pool: ${JSON.stringify(name)}, ${hint}`)
    return null
  }
  if (pool.kind === 'addresses') return pool
  const owner = { label: `egress.${name}.proxy in ${pool.proxy.file}`, isOperator: true }
  // Reports what is not set; the proxy itself was looked at with hookcast.yaml, as far as it could be.
  const isSet = reader.valueAt(path, pool.proxy, owner) !== null
  const proxy = isSet ? readEgressProxy(pool.proxy.text, (variable) => reader.peek(variable) ?? '') : null
  if (typeof proxy === 'string') reader.report(path, `expected ${owner.label} to ${proxy}`)
  return pool
}

function readCertificates(context: CampaignContext, input: Input): string | null {
  const path = ['webhook', 'tls', 'ca']
  const written = input.tls?.ca ?? null
  if (written === null) return null
  const { reader } = context
  const secret = reader.secretAt(path, written)
  const value = reader.valueAt(path, secret)
  if (value === null) return null
  const isPem = value.includes('-----BEGIN')
  const file = placeholderNames(written).length === 0 ? written : 'the variable of webhook.tls.ca'
  const pem = isPem ? value : (context.fileAt(path, value)?.text ?? null)
  if (pem === null) return null
  const refusal = certificateRefusal(pem)
  if (refusal === null) return pem
  reader.report(path, `expected ${file} to hold certificates in PEM, got ${refusal}`)
  return null
}

function certificateRefusal(pem: string): string | null {
  if (pem.includes('PRIVATE KEY-----')) return 'a private key'
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0) return pem.trim() === '' ? 'nothing' : 'something else'
  try {
    for (const block of blocks) void new X509Certificate(block)
  } catch {
    return 'a damaged one'
  }
  return null
}

function refuseContradictions({ reader }: CampaignContext, input: Input): void {
  const contradict = (path: KeyPath, message: string): void => reader.report(path, `contradicting keys: ${message}`)
  const body = ['webhook', 'body']
  if ((input.body ?? '') !== '') {
    if (input.method === 'GET') contradict(body, 'webhook.body and webhook.method GET, which has no body')
  }
  refuseBatchContradictions(input, contradict)
  const { exhausted } = abortRulesFrom(input.abort ?? {}, false)
  if (exhausted !== 'never' && exhausted.least > exhausted.of) {
    contradict(
      ['webhook', 'abort', 'exhausted'],
      'webhook.abort.exhausted.least above its of, which no chunk can reach',
    )
  }
}

function definedOnly<T>(record: Readonly<Record<string, T | undefined>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter((entry): entry is [string, T] => entry[1] !== undefined))
}
