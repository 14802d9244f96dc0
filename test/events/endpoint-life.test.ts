import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lifeDueAt, NEW_LIFE, nextLife, type EndpointLife, type LifeEvent } from '../../src/events/endpoint-life.ts'
import { PROFILES } from '../../src/profile/profile.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const DISABLE = PROFILES['svix']!.life
const SUSPEND = { kind: 'suspend' } as const
const KEEP = { kind: 'keep' } as const

/** What becomes of a new endpoint to which this happens, each at its hour. */
function lived(rule: typeof DISABLE, ...events: readonly (readonly [hour: number, event: LifeEvent])[]): EndpointLife {
  return events.reduce((life, [hour, event]) => nextLife(life, { event, now: hour * HOUR, rule }), NEW_LIFE)
}

const failed: LifeEvent = { kind: 'failed', isLast: false }
const exhausted: LifeEvent = { kind: 'failed', isLast: true }
const succeeded: LifeEvent = { kind: 'succeeded' }

describe('an endpoint under disable', () => {
  it('is disabled five days after its first failure, with another at least twelve hours after that', () => {
    expect(lived(DISABLE, [0, failed], [12, failed], [119.9, { kind: 'clock' }]).state).toBe('active')
    expect(lived(DISABLE, [0, failed], [12, failed], [120, { kind: 'clock' }]).state).toBe('disabled')
    expect(lived(DISABLE, [0, failed], [12, failed], [120, failed]).state).toBe('disabled')
  })

  it('stays active when its failures lie close together, or a success lies between', () => {
    expect(lived(DISABLE, [0, failed], [11.9, failed], [500, { kind: 'clock' }]).state).toBe('active')
    expect(lived(DISABLE, [0, failed], [12, failed], [100, succeeded], [120, failed])).toEqual({
      state: 'active',
      failingSince: 120 * HOUR,
      isFailingLong: false,
    })
  })

  it('is called again only when somebody enables it', () => {
    const disabled = lived(DISABLE, [0, { kind: 'refused' }])
    for (const event of [succeeded, failed, { kind: 'clock' }, { kind: 'restart' }, { kind: 'suspend' }] as const) {
      expect(nextLife(disabled, { event, now: 0, rule: DISABLE })).toBe(disabled)
    }
    expect(nextLife(disabled, { event: { kind: 'enable' }, now: 0, rule: DISABLE })).toBe(NEW_LIFE)
  })
})

describe('an endpoint under suspend', () => {
  it('is suspended when a message has used up its attempts, and not before', () => {
    expect(lived(SUSPEND, [0, failed], [200, failed]).state).toBe('active')
    expect(lived(SUSPEND, [0, failed], [1, exhausted]).state).toBe('suspended')
  })

  it('restarts with one call, which decides', () => {
    const restarting = lived(SUSPEND, [0, exhausted], [1, { kind: 'restart' }])
    expect(restarting.state).toBe('restarting')
    expect(nextLife(restarting, { event: succeeded, now: 2, rule: SUSPEND })).toBe(NEW_LIFE)
    expect(nextLife(restarting, { event: failed, now: 2, rule: SUSPEND }).state).toBe('suspended')
  })

  it('is not woken by a late answer', () => {
    const suspended = lived(SUSPEND, [0, exhausted])
    expect(nextLife(suspended, { event: succeeded, now: 2, rule: SUSPEND })).toBe(suspended)
  })
})

const events: fc.Arbitrary<LifeEvent> = fc.oneof(
  fc.constantFrom<LifeEvent>(
    succeeded,
    failed,
    exhausted,
    { kind: 'refused' },
    { kind: 'clock' },
    { kind: 'enable' },
    { kind: 'disable' },
    { kind: 'suspend' },
    { kind: 'restart' },
  ),
)
const histories = fc.array(fc.tuple(fc.integer({ min: 0, max: DAY }), events), { maxLength: 40 })
const rules = fc.constantFrom(DISABLE, SUSPEND, KEEP)

describe('whatever happens', () => {
  it('only a word of somebody brings an endpoint back, and only failures or a word stop it', () => {
    fc.assert(
      fc.property(histories, rules, (history, rule) => {
        let life = NEW_LIFE
        let now = 0
        for (const [waitMs, event] of history) {
          now += waitMs
          const after = nextLife(life, { event, now, rule })
          if (life.state === 'disabled' && after.state !== 'disabled') expect(event.kind).toBe('enable')
          if (life.state === 'suspended' && after.state !== 'suspended')
            expect(['restart', 'refused', 'disable']).toContain(event.kind)
          if (after.state === 'suspended' && life.state === 'active' && event.kind === 'failed')
            expect(rule.kind).toBe('suspend')
          if (after.state === 'disabled' && event.kind === 'clock' && life.state !== 'disabled') {
            expect(now - life.failingSince!).toBeGreaterThanOrEqual(5 * DAY)
          }
          if (event.kind === 'succeeded' && after.state === 'active') expect(after).toEqual(NEW_LIFE)
          life = after
        }
      }),
    )
  })

  it('the clock changes nothing before the time that it is asked for, and stops asking afterwards', () => {
    fc.assert(
      fc.property(histories, rules, (history, rule) => {
        let life = NEW_LIFE
        let now = 0
        for (const [waitMs, event] of history) {
          now += waitMs
          life = nextLife(life, { event, now, rule })
          const dueAt = lifeDueAt(life, rule)
          const early = nextLife(life, { event: { kind: 'clock' }, now: (dueAt ?? Infinity) - 1, rule })
          expect(early).toBe(life)
          if (dueAt === null) continue
          const late = nextLife(life, { event: { kind: 'clock' }, now: dueAt, rule })
          expect(late.state).toBe('disabled')
          expect(lifeDueAt(late, rule)).toBeNull()
        }
      }),
    )
  })
})
