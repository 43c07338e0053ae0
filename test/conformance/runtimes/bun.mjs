// Runs the portable suite in Bun: `bun run bun.mjs BUNDLE ORIGIN`.
const [bundle, origin] = Bun.argv.slice(2)
const { runPortable } = await import(bundle)
await runPortable(origin, 'bun')
