import { campaignWords } from './campaigns/words.ts'
import { runWords } from './runs/words.ts'

/** What pages say, in one place: English, to people who run campaigns. Rooms keep their own. */
export const words = {
  ...runWords,
  ...campaignWords,
  product: 'hookcast',
  skip: 'To the content',
  main: 'Main',
  nav: { runs: 'Runs', campaigns: 'Campaigns', holds: 'Holds', events: 'Event webhooks', access: 'Access' },
  signIn: {
    title: 'Sign in',
    token: 'Token',
    hint: 'A token of this service, hc_… or the one of HOOKCAST_ADMIN_TOKEN.',
    button: 'Sign in',
    out: 'Sign out',
    unknown: 'This token is unknown, expired or revoked, or it is for the portal of one app.',
    ended: 'The session has ended. Sign in again, and the page is where you left it.',
  },
  errors: {
    title: 'That did not work',
    todo: 'What to do',
    back: 'Back',
    origin: 'This form was not sent from a page of this service.',
    form: 'This form is from another session: open the page again, and send it from there.',
    media: 'expected a form, got something else',
    unknown: 'There is no such page.',
    role: (role: string): string => `Your role does not do this: ${role}`,
    limit: 'Too many tries from this address: wait a minute.',
    rate: 'Too many requests with this token',
    board: 'Pages of workers are for operators and administrators',
  },
  pages: { next: 'Next page', first: 'First page' },
  workers: { title: 'Workers' },
  never: 'never',
  none: 'none',
  holds: {
    title: 'Holds',
    what: 'Campaigns of events that a stop keeps from calling. What comes is kept, and goes out in order once they are released.',
    nothing: 'Nothing is on hold.',
    held: 'on hold',
    since: 'Since',
    waiting: 'Waiting behind its run',
    release: 'Release',
    discard: 'Discard…',
    discardSure: 'Ends its run: whoever waits in it is aborted, and can be replayed.',
    discardButton: 'Discard what waits',
  },
  access: {
    title: 'Access',
    tokens: 'Tokens',
    audit: 'Who did what',
    name: 'Name',
    role: 'Role',
    begins: 'Begins with',
    used: 'Last used',
    expires: 'Expires',
    revoked: 'revoked',
  },
} as const

export const PLACES = ['runs', 'campaigns', 'holds', 'events', 'access'] as const
export type Place = (typeof PLACES)[number]
