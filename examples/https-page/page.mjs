/** The decision and its trace as a page. Whatever a certificate says is escaped. */
const escape = (value) => String(value).replace(/[&<>"'\p{Cc}\p{Cf}]/gu, (c) => `&#${c.codePointAt(0)};`)

const words = { true: '✓', false: '✗', pending: '…' }

function conditionRows(condition, depth = 0) {
  const indent = ` style="padding-left:${depth * 1.5 + 0.5}em"`
  if (condition.kind !== 'match') {
    return [`<tr><td${indent}>${condition.kind}</td><td></td><td></td><td>${words[condition.result]}</td></tr>`,
      ...condition.conditions.flatMap((inner) => conditionRows(inner, depth + 1))]
  }
  const { field, expected, found, absent, result } = condition
  return [`<tr><td${indent}><code>${escape(field)}</code></td><td><code>${expected === undefined ? 'not shown' : escape(JSON.stringify(expected))}</code></td>
    <td>${found === undefined ? escape(absent) : `<code>${found.map(escape).join('<br>')}</code>`}</td><td>${words[result]}</td></tr>`]
}

export function pageOf(decision, verdict, since) {
  const allowed = decision.decision === 'allow'
  const rules = decision.trace.rules.map(({ id, effect, result, condition }) => `
    <h2>${escape(effect)} <code>${escape(id)}</code>: ${escape(result)}</h2>
    <table><tr><th>field</th><th>expected</th><th>found</th><th></th></tr>${conditionRows(condition).join('')}</table>`)
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${allowed ? 'Accepted' : 'Refused'}</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 52em; margin: 2em auto; padding: 0 1em; color: #1b1f24 }
  h1 { padding: .4em .7em; border-radius: .3em; color: #fff; background: ${allowed ? '#1a7f4b' : '#b3261e'} }
  h2 { font-size: 1.05em } code { font-size: .9em } table { border-collapse: collapse; width: 100% }
  th, td { text-align: left; padding: .25em .5em; border-bottom: 1px solid #d5d9de; vertical-align: top; overflow-wrap: anywhere } td:last-child { width: 1em }
</style>
<h1 id="decision">${allowed ? 'Accepted' : 'Refused'}</h1>
<p>${escape(decision.reason)}${decision.rule === undefined ? '' : `, rule <code>${escape(decision.rule)}</code>`}.
  Your certificate: ${verdict.identities.map(({ value }) => `<code>${escape(value)}</code>`).join(', ')},
  good until ${escape(verdict.validUntil.toISOString())}. This connection is open since <span id="since">${escape(since.toISOString())}</span>.</p>
${rules.join('')}`
}
