import { createHmac } from 'node:crypto'
import { assert, integer, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileTemplate } from '../../src/template/template.ts'

function text(template: string, context: Record<string, unknown> = {}, timezone = 'UTC'): string {
  return compileTemplate(template, { payload: 'text', timezone }).render(context)
}

describe('from_timestamp', () => {
  it.each([
    ['{{ 1477229914|from_timestamp("%d/%m/%Y") }}', '23/10/2016'],
    ['{{ 1477229914.75|from_timestamp("%H:%M:%S.%f") }}', '13:38:34.750000'],
    ['{{ "1477229914"|from_timestamp("%Y") }}', '2016'],
    ['{{ 1477229914|from_timestamp }}', '2016-10-23 13:38:34'],
    ['{{ 1477229914|from_timestamp("US") }}', '10/23/2016'],
    ['{{ 1477229914|from_timestamp("cs_CZ") }}', '23. 10. 2016'],
    ['{{ 1477229914|from_timestamp("%H:%M %Z %z", "Europe/Prague") }}', '15:38 Europe/Prague +0200'],
    ['{{ 1477229914|from_timestamp("%H:%M %z", tz="America/St_Johns") }}', '11:08 -0230'],
    ['{{ "2026-11-22T10:00:00+01:00"|from_timestamp("%H:%M") }}', '09:00'],
    [
      '{{ "2026-11-22"|from_timestamp("%a %A %w %u %d %e %-d %b %B %m %-m %y %Y %C") }}',
      'Sun Sunday 0 7 22 22 22 Nov November 11 11 26 2026 20',
    ],
    [
      '{{ 0|from_timestamp("%H %k %I %l %-I %p %P %M %S %j %U %W %G %V %s") }}',
      '00  0 12 12 12 AM am 00 00 001 00 00 1970 01 0',
    ],
    [
      '{{ 1700000000|from_timestamp("%D %F %T %R %r|%x %X|%c|%h %n%t%%") }}',
      '11/14/23 2023-11-14 22:13:20 22:13 10:13:20 PM|11/14/23 22:13:20|Tue Nov 14 22:13:20 2023|Nov \n\t%',
    ],
    ['{{ -1|from_timestamp("%Y-%m-%d") }}', '1969-12-31'],
  ])('prints %s', (template, expected) => {
    expect(text(template)).toBe(expected)
  })

  it("takes the campaign's time zone when none is given", () => {
    expect(text('{{ 1477229914|from_timestamp("%H:%M") }}', {}, 'Asia/Tokyo')).toBe('22:38')
    expect(text('{{ 1477266000|from_timestamp("US") }}', {}, 'Asia/Tokyo')).toBe('10/24/2016')
  })

  it.each([
    ['{{ missing|from_timestamp("%Y") }}', 'expected `missing` to be defined'],
    ['{{ "soon"|from_timestamp("%Y") }}', 'expected a date such as'],
    ['{{ []|from_timestamp("%Y") }}', 'expected UNIX seconds or a date, got a list'],
    ['{{ 1|from_timestamp("%Q") }}', 'expected a directive such as `%Y`, got `%Q`'],
    ['{{ 1|from_timestamp("%Y", "Mars/Base") }}', 'expected a time zone such as "Europe/Prague"'],
    ['{{ 1|from_timestamp("no such locale") }}', 'expected a format such as "%d/%m/%Y" or a locale such as "US"'],
    ['{{ 1e15|from_timestamp("%Y") }}', 'expected a time between the years 1 and 9999'],
    ['{{ "nan"|from_timestamp("US") }}', 'expected a time between the years 1 and 9999'],
  ])('says why it cannot print %s', (template, message) => {
    expect(() => text(template)).toThrow(message)
  })
})

describe('to_timestamp', () => {
  it.each([
    ['{{ "2016-10-23T13:38:34Z"|to_timestamp }}', '1477229914'],
    ['{{ "2016-10-23 13:38:34"|to_timestamp }}', '1477229914'],
    ['{{ "2016-10-23T13:38:34.5Z"|to_timestamp }}', '1477229914.5'],
    ['{{ "2016-10-23"|to_timestamp }}', '1477180800'],
    ['{{ "2016-10-23T15:38:34+02:00"|to_timestamp }}', '1477229914'],
    ['{{ "2016-10-23T11:08:34-0230"|to_timestamp }}', '1477229914'],
    ['{{ "2016-10-23T15:38+02"|to_timestamp }}', '1477229880'],
    ['{{ "2016-10-23 15:38:34"|to_timestamp(tz="Europe/Prague") }}', '1477229914'],
    ['{{ 1477229914|to_timestamp }}', '1477229914'],
    ['{{ "23/10/2016"|to_timestamp("%d/%m/%Y") }}', '1477180800'],
    ['{{ "23.10.16 3:38 pm"|to_timestamp("%d.%m.%y %I:%M %p") }}', '1477237080'],
    ['{{ "12 AM"|to_timestamp("%I %p") }}', '-2208988800'],
    ['{{ "Oct 23, 2016 13:38:34 +0000"|to_timestamp("%b %d, %Y %H:%M:%S %z") }}', '1477229914'],
    ['{{ "October 70 100%"|to_timestamp("%B %y 100%%") }}', '23587200'],
    ['{{ "2016-10-23 13:38:34.250"|to_timestamp("%Y-%m-%d %H:%M:%S.%f") }}', '1477229914.25'],
  ])('reads %s', (template, expected) => {
    expect(text(template)).toBe(expected)
  })

  it.each([
    '{{ "2016-02-30"|to_timestamp }}',
    '{{ "2016-13-01"|to_timestamp }}',
    '{{ "2016-01-01T25:00"|to_timestamp }}',
    '{{ "x"|to_timestamp }}',
    '{{ "x"|to_timestamp("%Y") }}',
    '{{ "2016 2016"|to_timestamp("%Y %Y") }}',
    '{{ "x"|to_timestamp("%Q") }}',
    '{{ "Foo 1"|to_timestamp("%b %d") }}',
    '{{ 5|to_timestamp("%Y") }}',
  ])('refuses %s', (template) => {
    expect(() => text(template)).toThrow('could not render')
  })

  it('reads back what from_timestamp prints, in any zone', () => {
    const zones = ['UTC', 'Europe/Prague', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu']
    const both = compileTemplate(
      '{{ at|from_timestamp("%Y-%m-%dT%H:%M:%S%z", zone)|to_timestamp }} {{ at|from_timestamp("%Y-%m-%d %H:%M:%S", zone)|to_timestamp(tz=zone) }}',
      { payload: 'text' },
    )
    assert(
      property(integer({ min: -1_000_000_000, max: 4_000_000_000 }), integer({ min: 0, max: 4 }), (at, index) => {
        const [exact, wall] = both.render({ at, zone: zones[index] }).split(' ').map(Number)
        expect(exact).toBe(at)
        // A wall time that a zone shows twice is the earlier one.
        expect([0, -3600, -1800]).toContain((wall ?? 0) - (exact ?? 0))
      }),
    )
  })
})

describe('a wall clock that jumps', () => {
  it('reads a time that is not there as before the jump, and of two the earlier', () => {
    expect(
      text('{{ "2026-03-29 02:30:00"|to_timestamp(tz="Europe/Prague")|from_timestamp("%H:%M %z", "Europe/Prague") }}'),
    ).toBe('03:30 +0200')
    expect(
      text('{{ "2026-10-25 02:30:00"|to_timestamp(tz="Europe/Prague")|from_timestamp("%H:%M %z", "Europe/Prague") }}'),
    ).toBe('02:30 +0200')
  })
})

describe('filters for webhooks', () => {
  it.each([
    ["{{ 'hey'|md5 }}", '6057f13c496ecf7fd777ceb9e79ae285'],
    ["{{ 'hey'|sha1 }}", '7f550a9f4c44173a37664d938f1355f0f92a47a7'],
    ["{{ 'hey'|sha256 }}", 'fa690b82061edfd2852629aeba8a8977b57e40fcb77d1a7a28b26cba62591204'],
    ["{{ 'hey'|hmac_sha256('secret_key') }}", '8df897f8da3d7992fe57c8dbc6f27578cfbf2dcc4d0fbb4000b8c924841d508e'],
    ["{{ 'blah'|base64encode }}", 'YmxhaA=='],
    ["{{ 'YmxhaA=='|base64decode }}{{ 'YmxhaA'|base64decode }}{{ '8J-YgA'|base64decode }}", 'blahblah😀'],
    [
      '{{ 123456|number_with_delimiter }} {{ 1234567.5|number_with_delimiter(" ") }} {{ "-1234"|number_with_delimiter }} {{ 12|number_with_delimiter }}',
      '123,456 1 234 567.5 -1,234 12',
    ],
    [
      "{{ 'a-b_c'|regex_replace('[-_]', '.') }} {{ 'Ann Lee'|regex_replace('(\\\\w+) (\\\\w+)', '\\\\2 \\\\1') }} {{ 'x'|regex_replace('X', '$&', true) }} {{ 'ab'|regex_replace('(?<f>a)', '[\\\\g<f>\\\\g<1>]') }} {{ 'abc'|regex_replace('b') }}",
      'a.b.c Lee Ann $& [aa]b ac',
    ],
    ["{{ 'a,b'|split(',') }} {{ 'a b'|split }} {{ 'a,b,c'|split(',', 1) }}", "['a', 'b'] ['a', 'b'] ['a', 'b,c']"],
    [
      '{{ (\'{"name":"Ann","n":[1]}\'|from_json).name }} {{ \'[1, "a", null]\'|from_json }} {{ {"a": 1}|from_json }} {{ [1]|from_json }} {{ "12"|from_json + 1 }}',
      "Ann [1, 'a', None] {'a': 1} [1] 13",
    ],
  ])('prints %s', (template, expected) => {
    expect(text(template)).toBe(expected)
  })

  it.each([
    ['{{ "a"|hmac_sha256(missing) }}', 'expected `missing` to be defined'],
    ['{{ missing|md5 }}', 'expected `missing` to be defined'],
    ['{{ missing|from_json }}', 'expected `missing` to be defined'],
    ['{{ "{"|from_json }}', 'expected a text that is JSON'],
    ['{{ "a"|base64decode }}', 'expected a text in Base64'],
    ['{{ "_w"|base64decode }}', 'expected Base64 of a UTF-8 text'],
    ['{{ "a"|regex_replace("(") }}', 'expected a regular expression'],
    ['{{ "a"|regex_replace(long) }}', 'expected a pattern of at most 1000 characters'],
    ['{{ []|number_with_delimiter }}', 'expected a number, got a list'],
    ['{{ "a"|hmac_sha256(5) }}', 'expected `key` to be a text, got a number'],
  ])('says why it cannot print %s', (template, message) => {
    expect(() => text(template, { long: 'a'.repeat(1001) })).toThrow(message)
  })

  it('hashes a text as people read it, not as JSON escapes it', () => {
    const json = compileTemplate('{"sig":"{{ ("id:" ~ id)|hmac_sha256("k") }}"}', { payload: 'json' }).render({
      id: '"é\n',
    })
    expect(json).toBe(`{"sig":"${createHmac('sha256', 'k').update('id:"é\n').digest('hex')}"}`)
  })
})
