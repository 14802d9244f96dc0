/** What the portal says, in one place: English, to people who receive webhooks. */
export const portalWords = {
  title: 'Webhooks',
  nav: { endpoints: 'Endpoints' },
  link: {
    until: 'This link is good until',
    day: 'day',
    days: 'days',
    secret: 'Whoever has it can do what you can do here: keep it to yourself.',
  },
  closed: {
    title: 'This link is not good any more',
    what: 'Links to this page are good for seven days at most, and can be ended before.',
    todo: 'Open it again from where you got it: that makes a new one.',
  },
  denied: 'This link does not allow that.',
  rate: 'Too many requests with this link',
  endpoints: {
    title: 'Endpoints',
    what: (app: string): string => `Where ${app} hears of what happens.`,
    add: 'Add an endpoint',
    nothing: 'There is no endpoint yet. Add the address of yours, and choose what it is to hear of.',
    managed: 'Endpoints are added and changed by those who run this service: ask them.',
    most: (count: number, most: number): string => `${count} of ${most} endpoints`,
    columns: { url: 'Endpoint', state: 'State', hears: 'Hears of', last: 'Last attempts' },
    all: 'everything',
  },
} as const

export const PORTAL_PLACES = ['endpoints'] as const
export type PortalPlace = (typeof PORTAL_PLACES)[number]
