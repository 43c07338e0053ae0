/** The benchmark measures dist/: it warns where the sources are newer. */
import { readdirSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = (name: string): string => fileURLToPath(new URL(`../${name}/`, import.meta.url))

export function warnIfStale(): void {
  const source = folder('src')
  for (const name of readdirSync(source, { recursive: true }).map(String)) {
    if (!name.endsWith('.ts')) continue
    const built = statSync(folder('dist') + name.replace(/\.ts$/, '.js'), { throwIfNoEntry: false })
    if (built !== undefined && built.mtimeMs >= statSync(source + name).mtimeMs) continue
    console.error(`dist is older than src/${name}: what is measured is not what is written; see npm run build`)
    return
  }
}
