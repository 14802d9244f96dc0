import { defineMethod, type Methods } from './define-method.ts'
import { LIST_FILTERS } from './filter-list.ts'
import { NUMBER_FILTERS } from './filter-number.ts'
import { PLATFORM_FILTERS } from './filter-platform.ts'
import { SELECT_FILTERS } from './filter-select.ts'
import { TEXT_FILTERS } from './filter-text.ts'
import { plainText } from './print.ts'
import { TESTS as VALUE_TESTS } from './test.ts'

/** Every filter by name. */
export const FILTERS: Methods = {
  ...TEXT_FILTERS,
  ...LIST_FILTERS,
  ...SELECT_FILTERS,
  ...NUMBER_FILTERS,
  ...PLATFORM_FILTERS,
}

/** Every test by name. */
export const TESTS: Methods = {
  ...VALUE_TESTS,
  filter: defineMethod('', (value) => Object.hasOwn(FILTERS, plainText(value))),
  test: defineMethod('', (value) => Object.hasOwn(TESTS, plainText(value))),
}
