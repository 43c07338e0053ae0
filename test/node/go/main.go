// Makes a CA, two leaves and a list with Go's crypto/x509, as PEM: the CA, the good leaf, the revoked one, the held one, the list.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"time"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	caKey := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Go CA"}, NotBefore: now, NotAfter: now.AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, caKey.Public(), caKey))
	ca := must(x509.ParseCertificate(der))
	write("CERTIFICATE", der)
	// The second serial number has its highest bit set, the third is as long as they get.
	serials := []*big.Int{big.NewInt(0x7f), big.NewInt(0x80), new(big.Int).Lsh(big.NewInt(1), 158)}
	for _, serial := range serials {
		key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
		leaf := &x509.Certificate{
			SerialNumber: serial, Subject: pkix.Name{CommonName: "leaf"}, NotBefore: now, NotAfter: now.AddDate(1, 0, 0),
			KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		}
		write("CERTIFICATE", must(x509.CreateCertificate(rand.Reader, leaf, ca, key.Public(), caKey)))
	}
	write("X509 CRL", must(x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		Number: big.NewInt(4242), ThisUpdate: now.AddDate(0, 1, 0), NextUpdate: now.AddDate(0, 2, 0),
		RevokedCertificateEntries: []x509.RevocationListEntry{
			{SerialNumber: serials[1], RevocationTime: now.AddDate(0, 0, 20), ReasonCode: 1},
			{SerialNumber: serials[2], RevocationTime: now.AddDate(0, 0, 21), ReasonCode: 6},
		},
	}, ca, caKey)))
}

func write(kind string, der []byte) {
	if err := pem.Encode(os.Stdout, &pem.Block{Type: kind, Bytes: der}); err != nil {
		panic(err)
	}
}
