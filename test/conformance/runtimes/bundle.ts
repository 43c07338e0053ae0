/**
 * Bundles the portable suite with the built package into one module that imports nothing. A Node module anywhere in it
 * ends the build.
 */
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../../..', import.meta.url))

export async function makeBundle(outfile: string): Promise<void> {
  const { metafile } = await build({
    absWorkingDir: root, entryPoints: ['test/conformance/portable/client.ts'], outfile, bundle: true, format: 'esm',
    platform: 'neutral', mainFields: ['module', 'main'], target: 'es2022', metafile: true, logLevel: 'error',
  })
  const inputs = Object.keys(metafile.inputs)
  const source = inputs.find((path) => path.startsWith('src/'))
  if (source !== undefined) throw new Error(`the bundle holds ${source}: the suite is to run on the built package`)
  if (!inputs.includes('dist/verify/index.js')) throw new Error('the bundle does not hold the built package')
}
