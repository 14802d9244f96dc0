import type { Environment } from './campaign/secret-text.ts'

/** The environment of this process, as it is now. */
export function environment(): Environment {
  return { ...process.env }
}

/** The part of an environment that senders get: whom this process trusts besides, they trust too. */
export function trustEnvironment(env: Environment): Readonly<Record<string, string>> {
  const extra = env['NODE_EXTRA_CA_CERTS']
  const system = env['NODE_USE_SYSTEM_CA']
  return {
    ...(extra === undefined ? {} : { NODE_EXTRA_CA_CERTS: extra }),
    ...(system === undefined ? {} : { NODE_USE_SYSTEM_CA: system }),
  }
}
