/** Implementations of what some runtimes lack, as a caller supplies them. */
import { ed448 } from '@noble/curves/ed448.js'
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import type { AlgorithmImplementation } from 'countersign'

export const nobleImplementations: readonly AlgorithmImplementation[] = [
  { name: 'ed448', verify: (key, data, signature) => ed448.verify(signature, data, key, { zip215: false }) },
  { name: 'ml-dsa-44', verify: (key, data, signature) => ml_dsa44.verify(signature, data, key) },
  { name: 'ml-dsa-65', verify: (key, data, signature) => ml_dsa65.verify(signature, data, key) },
  { name: 'ml-dsa-87', verify: (key, data, signature) => ml_dsa87.verify(signature, data, key) },
]
