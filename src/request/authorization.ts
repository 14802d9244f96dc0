// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f]/

function refuse(option: string, text: string): void {
  if (!text.isWellFormed()) throw new RangeError(`expected \`${option}\` to be valid Unicode, got half a character`)
  const at = text.search(CONTROL)
  if (at === -1) return
  const found = /[\r\n]+$/.test(text) && at >= text.trimEnd().length ? 'a line break at its end' : 'one'
  throw new RangeError(`expected \`${option}\` to be free of control characters, got ${found}`)
}

/**
 * Makes the value of an `Authorization` header for Basic authentication, in UTF-8.
 *
 * A secret read from a file often ends in a line break: that is refused here and not sent as part of it.
 *
 * @throws {RangeError} when the user name holds a colon, or either holds a control character; never with the value.
 * @see RFC 7617 §2, §2.1.
 * @example basicAuthorization('Aladdin', 'open sesame') // 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=='
 */
export function basicAuthorization(user: string, password: string): string {
  if (user.includes(':')) {
    throw new RangeError('expected `username` to be without a colon (RFC 7617 does not allow one), got one')
  }
  refuse('username', user)
  refuse('password', password)
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`
}

/**
 * Makes the value of an `Authorization` header for a bearer token.
 *
 * RFC 6750 allows fewer characters than the tokens seen in the wild use (`1|abc…`): visible ASCII is taken.
 *
 * @throws {RangeError} when the token is empty or holds anything but visible ASCII; never with the value.
 * @see RFC 6750 §2.1.
 */
export function bearerAuthorization(token: string): string {
  refuse('token', token)
  if (!/^[\u0021-\u007e]+$/.test(token)) {
    throw new RangeError(`expected \`token\` to be visible ASCII, got ${token === '' ? 'nothing' : 'something else'}`)
  }
  return `Bearer ${token}`
}
