import type { Tokens } from '../access/access.ts'
import { readVariable, variableProblem } from '../campaign/environment-variable.ts'
import type { Environment } from '../campaign/secret-text.ts'

/**
 * Sees to it that somebody can administrate the service: by the token of the environment, or one that is shown once.
 *
 * A token is shown on a terminal only: what goes to a pipe ends up in a log.
 * @throws {ConfigError} HOOKCAST_CONFIG_INVALID, when there is no administrator, and no terminal to show a token on.
 */
export async function provideAdministrator(
  tokens: Tokens,
  {
    env,
    isTerminal,
    tell,
  }: { readonly env: Environment; readonly isTerminal: boolean; readonly tell: (text: string) => void },
): Promise<void> {
  const own = administratorToken(env)
  if (own !== null) {
    await tokens.adopt(own)
    return
  }
  if (tokens.hasAdministrator) return
  if (!isTerminal) {
    throw variableProblem(
      'expected HOOKCAST_ADMIN_TOKEN or HOOKCAST_ADMIN_TOKEN_FILE to be set, as nobody administrates this service yet, got neither: make a token with `openssl rand -base64 32`',
    )
  }
  const { text } = await tokens.issue({ name: 'first', role: 'admin', grants: [], expiresAt: null }, null)
  tell(`The administrator's token, shown this once: ${text}`)
}

/** What the environment gives as a token; null when it gives none. */
export function administratorToken(env: Environment): string | null {
  return readVariable(env, 'HOOKCAST_ADMIN_TOKEN')
}
