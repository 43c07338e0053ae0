// Runs the portable suite in Deno: `deno run deno.mjs BUNDLE ORIGIN`.
const [bundle, origin] = Deno.args
const { runPortable } = await import(bundle)
await runPortable(origin, 'deno')
