// Runs the portable suite in Node: `node node.mjs BUNDLE ORIGIN`.
const [bundle, origin] = process.argv.slice(2)
const { runPortable } = await import(bundle)
await runPortable(origin, 'node')
