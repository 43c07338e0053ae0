// A peer in Go's crypto/tls and net/http, for tests of the adapter.
//
//	peer client CA CERT KEY URL...   asks for each in turn over one client, and prints the status, or why there is none
//	peer server CA CERT KEY          serves, prints its port, then each client's name and path
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	role, ca, cert, key := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(must(os.ReadFile(ca))) {
		panic("no CA")
	}
	own := must(tls.LoadX509KeyPair(cert, key))
	if role == "server" {
		listener := must(net.Listen("tcp", "127.0.0.1:0"))
		fmt.Printf("port %d\n", listener.Addr().(*net.TCPAddr).Port)
		server := &http.Server{
			TLSConfig: &tls.Config{Certificates: []tls.Certificate{own}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert},
			Handler: http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
				fmt.Printf("served %s %s\n", request.TLS.PeerCertificates[0].Subject.CommonName, request.URL.Path)
				io.WriteString(response, "go")
			}),
		}
		panic(server.ServeTLS(listener, "", ""))
	}
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig:   &tls.Config{Certificates: []tls.Certificate{own}, RootCAs: pool, ServerName: "localhost"},
		ForceAttemptHTTP2: os.Getenv("PEER_HTTP2") != "",
	}}
	for _, url := range os.Args[5:] {
		request := must(http.NewRequest("GET", url, nil))
		request.Host = "localhost"
		response, err := client.Do(request)
		if err != nil {
			fmt.Printf("failed %v\n", err)
			continue
		}
		body := must(io.ReadAll(response.Body))
		response.Body.Close()
		fmt.Printf("%d %s %s\n", response.StatusCode, response.Proto, body)
	}
}
