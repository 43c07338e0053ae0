// Mutants of a layer: each of its rules broken in the sources, in a copy, on which the tests of the layer are run. Yields what
// noticed each, the name of the first test that failed; undefined where none did.
import { join } from 'node:path'
import { failureOf, inCopy, whileBroken } from './mutant-copy.mjs'

/**
 * `mutants`: rows of what is broken, in which file of `src/LAYER`, from which text, to which. `tests`: the files and folders to run; what
 * is dear comes last, and is run only where the rest passes. Throws where the tests fail without a mutant.
 */
export function sourceMutants(root, layer, tests, mutants) {
  const names = ['package.json', 'policy.schema.json', 'tsconfig.json', 'vitest.config.ts', 'src', 'test', 'fixtures', 'dist']
  return inCopy(root, layer, names, function* breakEach(copy) {
    const check = () => {
      for (const files of tests) {
        const failure = failureOf(copy, files)
        if (failure !== undefined) return failure
      }
      return undefined
    }
    const unchanged = check()
    if (unchanged !== undefined) throw new Error(`the unchanged layer ${layer} fails ${unchanged}`)
    for (const [code, file, from, to] of mutants) {
      yield { code: `${layer}, ${code}`, noticed: whileBroken(join(copy, 'src', layer, `${file}.ts`), from, to, check) }
    }
  })
}
