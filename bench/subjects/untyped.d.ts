/** What the benchmark uses of two peers that carry no types. */
declare module 'node-forge' {
  interface ForgeName { readonly attributes: readonly unknown[] }
  interface ForgeCertificate {
    readonly version: number
    readonly serialNumber: string
    readonly issuer: ForgeName
    readonly subject: ForgeName
    readonly validity: { readonly notBefore: Date, readonly notAfter: Date }
    readonly signatureOid: string
    readonly publicKey: unknown
    readonly signature: string
    readonly extensions: readonly object[]
  }
  const forge: {
    readonly asn1: { fromDer(binary: string): unknown }
    readonly pki: { certificateFromAsn1(asn1: unknown): ForgeCertificate }
  }
  namespace forge { export type { ForgeCertificate } }
  export default forge
}

declare module 'jsrsasign' {
  class X509 {
    readCertHex(hex: string): void
    getParam(): unknown
  }
  const jsrsasign: { readonly X509: typeof X509 }
  namespace jsrsasign { export type { X509 } }
  export default jsrsasign
}
