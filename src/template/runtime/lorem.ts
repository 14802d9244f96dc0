import { RenderFault } from './fault.ts'
import { capitalize } from './text-case.ts'
import type { Rendering } from './value.ts'

const WORDS = (
  'a ac adipiscing aenean aliquam aliquet amet ante arcu at auctor augue bibendum blandit commodo congue consectetur ' +
  'convallis cras cursus dapibus diam dictum dolor donec dui egestas eget elit enim erat eros est et eu euismod ' +
  'facilisis fames faucibus felis fermentum fusce gravida hac iaculis id imperdiet in integer ipsum justo lacinia ' +
  'lacus laoreet lectus leo libero ligula lobortis lorem luctus maecenas magna massa mattis mauris metus mi molestie ' +
  'mollis morbi nam nec neque nibh nisi nisl non nulla nunc odio orci ornare pede pellentesque pharetra placerat ' +
  'porta porttitor pretium pulvinar purus quam quis rhoncus risus rutrum sagittis sapien scelerisque sed sem semper ' +
  'sit sodales sollicitudin suscipit suspendisse tellus tempor tempus tincidunt tortor tristique turpis ullamcorper ' +
  'ultrices urna ut varius vehicula vel velit venenatis vestibulum vitae vivamus viverra volutpat vulputate'
).split(' ')
const PARAGRAPH_LIMIT = 100
const WORD_LIMIT = 1000

/** Paragraphs of made-up Latin, for a body that has to be long. */
export function loremIpsum(
  rendering: Rendering,
  paragraphs: number,
  { least, most, isHtml }: { least: number; most: number; isHtml: boolean },
): string {
  if (paragraphs > PARAGRAPH_LIMIT || most > WORD_LIMIT) {
    throw new RenderFault(`expected at most ${PARAGRAPH_LIMIT} paragraphs of ${WORD_LIMIT} words, got more`)
  }
  const made = Array.from({ length: Math.max(0, paragraphs) }, () => {
    const count = least + Math.floor(rendering.random() * Math.max(1, most - least))
    const words = Array.from({ length: count }, () => WORDS[Math.floor(rendering.random() * WORDS.length)]!)
    return `${capitalize(words.join(' '))}.`
  })
  return isHtml ? made.map((text) => `<p>${text}</p>`).join('\n') : made.join('\n\n')
}
