export interface TableFile { readonly cases: readonly unknown[] }
import type { PortableCase } from './case.ts'
export function tableCases(_f: TableFile): PortableCase[] { return [] }
