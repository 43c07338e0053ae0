// Runs the portable suite in workerd, when it is asked by HTTP. What it fetches goes to the host, whatever the origin says.
export default {
  async fetch() {
    const { runPortable } = await import('bundle.mjs')
    await runPortable('http://host', 'workerd')
    return new Response('done')
  },
}
