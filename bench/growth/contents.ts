/** What grows inside the certificates: names, name constraints, policies. One side at a time, the other fixed. */
import type { BudgetLimits } from 'countersign'
import { dns, nc, policies, san } from '../../fixtures/issue.ts'
import { nLogN } from './series.ts'
import type { Series } from './series.ts'
import { askedAnew, certifyCa, certifyLeaf, party } from './world.ts'

const root = party('Growth Root', 0)
const issuing = party('Growth Issuing CA', 1)
const rootCertificate = certifyCa(root, root)

/** Whatever the sizes take: growth is on trial here, not the budget. */
const raised: Partial<BudgetLimits> = { nameComparisons: 1_000_000_000, policyNodes: 1_000_000_000, bytes: 256 * 1024 * 1024 }
const sizes = [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000]

const host = (i: number): string => `host-${i}.names.example`
const hosts = (count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => dns(host(i)))
/** None of them matches a host, so that each is looked at. */
const subtrees = (count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => dns(`tree-${i}.constraints.example`))
const fixed = 10

export const subjectAltNames: Series = {
  name: 'san-names', title: 'Subject alternative names of the leaf', xLabel: 'names', expected: nLogN, sizes,
  create: (size) => askedAnew({
    anchors: [rootCertificate], intermediates: [certifyCa(issuing, root)], leaf: certifyLeaf('leaf', issuing, san(...hosts(size))),
    names: { anyOf: [{ dns: host(size - 1) }] }, options: { budget: raised },
  }),
}

export const constrainedNames: Series = {
  name: 'name-constraints-names', title: `Names under ${fixed} name constraints`, xLabel: 'names of the leaf', expected: nLogN, sizes,
  create: (size) => askedAnew({
    anchors: [rootCertificate], intermediates: [certifyCa(issuing, root, nc([dns('names.example')], subtrees(fixed - 1)))],
    leaf: certifyLeaf('leaf', issuing, san(...hosts(size))), options: { budget: raised },
  }),
}

export const excludedSubtrees: Series = {
  name: 'name-constraints-excluded', title: `Excluded subtrees over ${fixed} names`, xLabel: 'excluded subtrees', expected: nLogN, sizes,
  create: (size) => askedAnew({
    anchors: [rootCertificate], intermediates: [certifyCa(issuing, root, nc([], subtrees(size)))],
    leaf: certifyLeaf('leaf', issuing, san(...hosts(fixed))), options: { budget: raised },
  }),
}

export const permittedSubtrees: Series = {
  name: 'name-constraints-permitted', title: `Permitted subtrees over ${fixed} names`, xLabel: 'permitted subtrees', expected: nLogN, sizes,
  // The one that matches comes last.
  create: (size) => askedAnew({
    anchors: [rootCertificate], intermediates: [certifyCa(issuing, root, nc([...subtrees(size - 1), dns('names.example')]))],
    leaf: certifyLeaf('leaf', issuing, san(...hosts(fixed))), options: { budget: raised },
  }),
}

export const certificatePolicies: Series = {
  name: 'policies', title: 'Policies of each certificate', xLabel: 'policies', expected: nLogN, sizes,
  create(size) {
    const named = policies(...Array.from({ length: size }, (_, i) => `1.3.6.1.4.1.99999.${i}`))
    return askedAnew({
      anchors: [rootCertificate], intermediates: [certifyCa(issuing, root, named)], leaf: certifyLeaf('leaf', issuing, named),
      options: { budget: raised },
    })
  },
}
