import type { Campaign } from '../campaign/campaign.ts'
import { readEgressProxy } from '../campaign/egress-proxy.ts'
import { resolveSecret, type Environment } from '../campaign/secret-text.ts'
import { basicAuthorization, bearerAuthorization, type Egress } from '../request/request.ts'
import type { RequestDefinition, SenderSetup } from '../sender/sender.ts'

export interface SetupOptions {
  readonly runId: string
  readonly env: Environment
  /** Private ranges that campaigns of this installation may call. */
  readonly networkAllow: readonly string[]
  /** Campaigns of earlier runs, by run id, whose requests a replay repeats byte for byte. */
  readonly kept: ReadonlyMap<string, Campaign>
  readonly version: string
  /** Every customer enters alone, by an event. */
  readonly isEventRun: boolean
}

/** Gathers what a sender has to know. The values of secrets are read here, and are stored nowhere. */
export function senderSetupFrom(
  campaign: Campaign,
  { runId, env, networkAllow, kept, version, isEventRun }: SetupOptions,
): SenderSetup {
  const { webhook } = campaign
  const secretHeaders = webhook.headers.flatMap((header) =>
    header.kind === 'secret' ? [{ name: header.name, value: resolveSecret(header.value, env) }] : [],
  )
  const credentials = credentialsFrom(campaign, env)
  const egress = egressFrom(campaign, env)
  return {
    definition: definitionFrom(campaign, runId),
    kept: Object.fromEntries([...kept].map(([runId, campaign]) => [runId, definitionFrom(campaign, runId)])),
    customerId: campaign.customerId,
    origin: webhook.origin,
    authorization: credentials === null ? null : { value: credentials.authorization, urlPrefix: credentials.urlPrefix },
    secretHeaders,
    secrets: [...secretHeaders.map(({ value }) => value), ...(credentials?.secrets ?? []), ...egress.secrets].filter(
      (value) => value !== '',
    ),
    idempotencyHeader: webhook.idempotency.header,
    userAgent: `hookcast/${version}`,
    isTest: false,
    isRehearsal: false,
    timeoutMs: webhook.timeoutMs,
    concurrency: webhook.concurrency,
    ca: webhook.ca,
    egress: egress.egress,
    network: { allow: networkAllow, isLoopbackAllowed: webhook.isLoopbackLiteral },
    responseHandling: webhook.responseHandling,
    response: webhook.response,
    answers: webhook.answers,
    conflict: webhook.retry.conflict,
    clientErrorLimit: webhook.abort.clientError,
    events: isEventRun && campaign.trigger.kind === 'event' ? { maxAgeMs: campaign.trigger.maxAgeMs } : null,
  }
}

function definitionFrom(campaign: Campaign, runId: string): RequestDefinition {
  const { webhook } = campaign
  return {
    campaign: campaign.name,
    runId,
    method: webhook.method,
    payload: webhook.payload,
    jsonEscape: webhook.jsonEscape,
    path: webhook.path,
    body: webhook.body,
    batch: webhook.batch,
    headers: webhook.headers.flatMap((header) =>
      header.kind === 'template' ? [{ name: header.name, value: header.value }] : [],
    ),
    eventProperties: webhook.eventProperties,
    params: campaign.params,
    project: campaign.project,
    timezone: campaign.timezone,
    isLegacyLoopScope: campaign.isLegacyLoopScope,
  }
}

/** Said anew for each attempt's connection, to the proxy alone. */
function egressFrom(
  { webhook: { egress: pool } }: Campaign,
  env: Environment,
): { readonly egress: Egress | null; readonly secrets: readonly string[] } {
  if (pool === null) return { egress: null, secrets: [] }
  if (pool.kind === 'addresses') return { egress: { kind: 'addresses', addresses: pool.addresses }, secrets: [] }
  const proxy = readEgressProxy(pool.proxy.text, (name) => resolveSecret({ ...pool.proxy, text: `\${${name}}` }, env))
  if (typeof proxy === 'string') throw new TypeError(`expected a proxy that was checked to ${proxy}`)
  const { origin, credentials } = proxy
  if (credentials === null) return { egress: { kind: 'proxy', origin, authorization: null }, secrets: [] }
  const authorization = basicAuthorization(credentials.username, credentials.password)
  const secrets = [credentials.password, authorization.slice('Basic '.length)]
  return { egress: { kind: 'proxy', origin, authorization }, secrets }
}

function credentialsFrom(
  { webhook: { auth } }: Campaign,
  env: Environment,
): { readonly authorization: string; readonly urlPrefix: string; readonly secrets: readonly string[] } | null {
  if (auth === null) return null
  const { urlPrefix } = auth
  if (auth.type === 'bearer') {
    const token = resolveSecret(auth.token, env)
    return { authorization: bearerAuthorization(token), urlPrefix, secrets: [token] }
  }
  const password = resolveSecret(auth.password, env)
  const authorization = basicAuthorization(resolveSecret(auth.username, env), password)
  return { authorization, urlPrefix, secrets: [password, authorization.slice('Basic '.length)] }
}
