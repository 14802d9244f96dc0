import { ConfigError, type Problem } from '../errors.ts'
import type { Auth, Campaign, SecretText } from './campaign.ts'
import { readVariable } from './environment-variable.ts'

/** What the environment says: `config.ts` alone reads it. */
export type Environment = Readonly<Record<string, string | undefined>>

/** `${NAME}`, or `$${` which stands for the text `${`. */
const PLACEHOLDER = /\$(\$\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g

/** Names of the program's own settings: a campaign could otherwise send the admin token to its receiver. */
const OWN_PREFIX = 'HOOKCAST_'

export function isOwnName(name: string): boolean {
  return name.toUpperCase().startsWith(OWN_PREFIX)
}

/** The variables that a text reads, in order, each once. */
export function placeholderNames(text: string): readonly string[] {
  return [...new Set(Array.from(text.matchAll(PLACEHOLDER), (match) => match[2]).filter((name) => name !== undefined))]
}

/** A `${` that is neither `${NAME}` nor escaped. */
export function hasMalformedPlaceholder(text: string): boolean {
  return text.replaceAll(PLACEHOLDER, '').includes('${')
}

/** Where nothing is read from the environment only a whole `$${NAME}` is an escape: `US$${{ price }}` is a template. */
export function unescapePlaceholders(text: string): string {
  return text.replaceAll(/\$(\$\{[A-Za-z_][A-Za-z0-9_]*\})/g, '$1')
}

/**
 * Puts in the value of each `${NAME}`; `$${` becomes `${`.
 *
 * A value is taken as it is: it is searched neither for further `${` nor for templates.
 */
export function substitute(text: string, valueOf: (name: string) => string): string {
  return text.replaceAll(PLACEHOLDER, (_, escaped: string | undefined, name: string | undefined) =>
    escaped === undefined && name !== undefined ? valueOf(name) : '${',
  )
}

/**
 * Reads a secret, at the moment it is needed; the value belongs in no message, file or template.
 *
 * @throws {ConfigError} HOOKCAST_CAMPAIGN_INVALID, when a variable is not set, empty, or one of the program's own; HOOKCAST_CONFIG_INVALID, when its file cannot be read.
 */
export function resolveSecret(secret: SecretText, env: Environment): string {
  const { file, line } = secret
  return substitute(secret.text, (name) => {
    const value = isOwnName(name) ? null : readVariable(env, name)
    if (value !== null) return value
    const problem: Problem = { file, line, column: null, message: `environment variable not set: ${name}` }
    throw new ConfigError('HOOKCAST_CAMPAIGN_INVALID', [problem])
  })
}

/** The variables that a sender of this campaign needs in its environment, and no others. */
export function secretNamesOf(campaign: Campaign): readonly string[] {
  const { auth, headers } = campaign.webhook
  const secrets = [
    ...(auth === null ? [] : secretsOf(auth)),
    ...headers.flatMap((header) => (header.kind === 'secret' ? [header.value] : [])),
  ]
  return [...new Set(secrets.flatMap(({ text }) => placeholderNames(text)))]
}

function secretsOf(auth: Auth): readonly SecretText[] {
  return auth.type === 'basic' ? [auth.username, auth.password] : [auth.token]
}
