/** What editors bring from other languages, and how Jinja says it. */
const SIGNS: Readonly<Record<string, string>> = {
  '&': '`and`',
  '!': '`not`',
  '?': '`a if b else c`',
  '|': '`or` for `||`, and the name of a filter behind one `|`',
  '=': '`==` to compare',
  ':': 'the arguments of a filter in brackets: `default("x")`',
}
const TAGS: Readonly<Record<string, string>> = {
  abort_message: '`{% abort: "reason" %}`',
  assign: '`{% set name = value %}`',
  capture: '`{% set name %}` … `{% endset %}`',
  elseif: '`{% elif %}`',
  elsif: '`{% elif %}`',
  foreach: '`{% for item in list %}`',
  unless: '`{% if not … %}`',
}

/** `: write …` behind the complaint about a sign of another language, or nothing. */
export function signHint(sign: string): string {
  return Object.hasOwn(SIGNS, sign) ? `: write ${SIGNS[sign]!}` : ''
}

/** The same for a tag. */
export function tagHint(name: string): string {
  return Object.hasOwn(TAGS, name) ? `: write ${TAGS[name]!}` : ''
}
