import type { Auth, SecretText } from './campaign.ts'
import { type KeyPath, formatKey } from './key-path.ts'
import { placeholderNames } from './secret-text.ts'
import type { Repaired } from './shape-problem.ts'
import type { CredentialsInput } from './webhook-schema.ts'
import type { SecretOwner, YamlReader } from './yaml-reader.ts'

/** Reads written credentials; null when a part is missing or wrong (which is reported). */
export function readCredentials(
  reader: YamlReader,
  input: Repaired<CredentialsInput>,
  { path, urlPrefix, variablePrefix }: { path: KeyPath; urlPrefix: string; variablePrefix: string },
): Auth | null {
  const secretAt = (key: string, written: string, isSecret: boolean): SecretText => {
    const place = [...path, key]
    if (isSecret && written !== '' && placeholderNames(written).length === 0) {
      const variable = suggestedVariable(variablePrefix, key)
      reader.report(place, `literal secret: ${formatKey(place)}, write ${key}: "\${${variable}}" and set that variable`)
    }
    return reader.secretAt(place, written)
  }
  if (input.type === 'basic') {
    const { username, password } = input
    if (username === undefined || password === undefined) return null
    return {
      urlPrefix,
      type: 'basic',
      username: secretAt('username', username, false),
      password: secretAt('password', password, true),
    }
  }
  if (input.type !== 'bearer' || input.token === undefined) return null
  return { urlPrefix, type: 'bearer', token: secretAt('token', input.token, true) }
}

/**
 * Looks at what the variables hold, so that a line break at the end of a password is found before the first request.
 *
 * @see RFC 7617, section 2 (no colon in a user name, no control characters); RFC 6750, section 2.1.
 */
export function checkCredentialValues(
  reader: YamlReader,
  auth: Auth,
  { path, owner }: { path: KeyPath; owner: SecretOwner | null },
): void {
  const check = (key: string, secret: SecretText, refusalOf: (value: string) => string | null): void => {
    // Named credentials are reported where they are named: that line is the campaign's, the words say where the value is written.
    const place = owner === null ? [...path, key] : path
    const label = owner === null ? formatKey(place) : `auth.${owner.label}.${key} in ${secret.file}`
    const value = reader.valueAt(place, secret, { label, isOperator: owner?.isOperator ?? false })
    const refusal = value === null ? null : refusalOf(value)
    if (refusal === null) return
    const names = placeholderNames(secret.text)
    reader.report(place, `expected ${label} to ${refusal}${names.length === 0 ? '' : `: see ${names.join(' and ')}`}`)
  }
  if (auth.type === 'basic') {
    check('username', auth.username, (value) => {
      return value.includes(':') ? 'hold no colon (RFC 7617), got one' : controlRefusal(value)
    })
    check('password', auth.password, controlRefusal)
  } else {
    check('token', auth.token, (value) => {
      return /^[\x21-\x7e]+$/.test(value)
        ? null
        : (controlRefusal(value) ?? 'be visible ASCII without spaces, got something else')
    })
  }
}

function controlRefusal(value: string): string | null {
  if (!/\p{Cc}/u.test(value)) return null
  const isAtEnd = /^\P{Cc}*[\r\n]+$/u.test(value)
  return isAtEnd ? 'hold no line break, got one at its end' : 'hold no control character, got one'
}

/** A variable name that fits: `welcome-sms` and `password` make WELCOME_SMS_PASSWORD. */
export function suggestedVariable(prefix: string, key: string): string {
  const words = `${prefix}_${key}`.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')
  // A campaign may not read names of the program's own, and a name begins with a letter.
  return words.replace(/^_*(HOOKCAST_+)*[_0-9]*/, '').replace(/_+$/, '')
}
