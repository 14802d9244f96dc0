import { randomBytes } from 'node:crypto'
import type { Profile } from './definition.ts'
import { secretFrom } from './standard-webhooks.ts'

const SECRET_BYTES = 32

/** Makes a secret in the form in which this profile's users keep it. */
export function createSecret({ proof }: Profile): string {
  switch (proof.kind) {
    case 'none':
    case 'standard':
      return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`
  }
}

/** Says in words what is wrong with a secret of this profile; null when nothing is. The words never hold it. */
export function checkSecret({ proof }: Profile, text: string): string | null {
  switch (proof.kind) {
    case 'none':
      return null
    case 'standard':
      return secretFrom(text) === null
        ? 'expected `secret` to be whsec_ and 24 to 64 bytes in base64, got something else'
        : null
  }
}
