import { charactersOf } from './characters.ts'

/** Python's `str.capitalize()`. */
export function capitalize(text: string): string {
  const [first = '', ...rest] = charactersOf(text)
  return titleCharacter(first) + rest.join('').toLowerCase()
}

function titleCharacter(character: string): string {
  const upper = character.toUpperCase()
  return upper.length > character.length ? upper[0]! + upper.slice(1).toLowerCase() : upper
}

/** Jinja2's `title` filter: words begin behind blanks, `-`, and opening brackets. */
export function titleWords(text: string): string {
  return text
    .split(/([-\s({[<]+)/)
    .map((word) => {
      const [first = '', ...rest] = charactersOf(word)
      return first.toUpperCase() + rest.join('').toLowerCase()
    })
    .join('')
}

const LETTER = /\p{L}/u

/** Python's `str.title()`: words begin behind anything that is not a letter. */
export function titleLetters(text: string): string {
  let isInside = false
  let result = ''
  for (const character of text) {
    result += isInside ? character.toLowerCase() : titleCharacter(character)
    isInside = LETTER.test(character)
  }
  return result
}

/** Python's `str.swapcase()`. */
export function swapCase(text: string): string {
  return Array.from(text, (character) => {
    const upper = character.toUpperCase()
    return upper === character ? character.toLowerCase() : upper
  }).join('')
}

export function isUpperText(text: string): boolean {
  return /\p{Lu}/u.test(text) && !/[\p{Ll}\p{Lt}]/u.test(text)
}

export function isLowerText(text: string): boolean {
  return /\p{Ll}/u.test(text) && !/[\p{Lu}\p{Lt}]/u.test(text)
}

/** Python's `str.istitle()`. */
export function isTitleText(text: string): boolean {
  return text !== '' && isUpperOrTitle(text) && titleLetters(text) === text
}

function isUpperOrTitle(text: string): boolean {
  return /[\p{Lu}\p{Lt}]/u.test(text)
}
