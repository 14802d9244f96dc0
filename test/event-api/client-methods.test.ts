import { Svix } from 'svix'
import { Svix as OlderSvix } from 'svix-1'
import { expect } from 'vitest'
import { readPage } from '../support/page.ts'
import { test } from './fixture.ts'

type Method = (...args: readonly unknown[]) => Promise<unknown>

/** Every method of a client that makes a request: `endpoint.getSecret`. */
function methodsOf(client: object): ReadonlyMap<string, Method> {
  const found = new Map<string, Method>()
  const collect = (value: object, path: string): void => {
    const prototype = Object.getPrototypeOf(value) as object
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      const place = path === '' ? name : `${path}.${name}`
      if (property.get !== undefined) collect(property.get.call(value) as object, place)
      else if (name !== 'constructor') found.set(place, (property.value as Method).bind(value))
    }
    // Of the second major resources are fields.
    for (const [name, inner] of Object.entries(value)) {
      if (name !== 'requestCtx' && typeof inner === 'object' && inner !== null) {
        collect(inner as object, path === '' ? name : `${path}.${name}`)
      }
    }
  }
  collect(client, '')
  return found
}

const [TABLE = []] = readPage('docs/event-webhooks.md').section("Svix's clients, method by method").tables

/** Whether the table says that a method works; null when it says nothing. */
function isSaidToWork(method: string): boolean | null {
  const [resource = '', ...rest] = method.split('.')
  const row = TABLE.find(([name]) => name === `\`${resource}\``)
  const [, works = '', missing = ''] = row ?? []
  const name = `\`${rest.join('.')}\``
  if (works.includes(name)) return true
  return missing.includes(name) || missing.startsWith('all:') ? false : null
}

/** Stands for whatever a method takes: in a path it is `x`. */
const ANYTHING = Object.freeze({
  since: new Date(0),
  until: new Date(1),
  after: new Date(0),
  events: [],
  toString: () => 'x',
})

for (const [major, Client] of [
  ['svix', Svix],
  ['older', OlderSvix],
] as const) {
  test(`each method of the official client is what the page says of it: ${major}`, async ({ desk }) => {
    const methods = methodsOf(new Client(desk.admin, { serverUrl: desk.url }))
    expect(methods.size).toBeGreaterThan(90)
    for (const [name, method] of methods) {
      const isServed = await method(ANYTHING, ANYTHING, ANYTHING, ANYTHING).then(
        () => true,
        (error: { readonly body?: { readonly detail?: unknown } }) => error.body?.detail !== 'No such operation',
      )
      expect([name, isServed]).toEqual([name, isSaidToWork(name)])
    }
  })
}
