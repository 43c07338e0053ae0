// Judges paths with Go's crypto/x509: one question a line, as JSON; one answer a line, "accepted" or the error.
package main

import (
	"bufio"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
)

type question struct {
	Roots, Intermediates [][]byte
	Leaf                 []byte
	Host                 string
	Seconds              int64
	Policy               string
}

func judge(asked question) error {
	pool := func(all [][]byte) (*x509.CertPool, error) {
		result := x509.NewCertPool()
		for _, der := range all {
			if certificate, err := x509.ParseCertificate(der); err == nil {
				result.AddCert(certificate)
			}
		}
		return result, nil
	}
	roots, _ := pool(asked.Roots)
	intermediates, _ := pool(asked.Intermediates)
	leaf, err := x509.ParseCertificate(asked.Leaf)
	if err != nil {
		return err
	}
	options := x509.VerifyOptions{
		Roots: roots, Intermediates: intermediates, DNSName: asked.Host, CurrentTime: time.Unix(asked.Seconds, 0),
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if asked.Policy != "" {
		oid, err := x509.ParseOID(asked.Policy)
		if err != nil {
			return err
		}
		options.CertificatePolicies = []x509.OID{oid}
	}
	_, err = leaf.Verify(options)
	return err
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 1<<24)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			panic(err)
		}
		if err := judge(asked); err != nil {
			fmt.Println(strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Println("accepted")
		}
	}
}
