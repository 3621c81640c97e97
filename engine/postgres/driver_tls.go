package postgres

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
)

// readRevoked reads the certificates that a PEM file of revocation lists names.
func readRevoked(file string) (map[string]bool, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	out := make(map[string]bool)
	lists := 0
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "X509 CRL" {
			continue
		}
		list, err := x509.ParseRevocationList(block.Bytes)
		if err != nil {
			return nil, err
		}
		lists++
		for _, e := range list.RevokedCertificateEntries {
			out[revokedKey(list.RawIssuer, e.SerialNumber)] = true
		}
	}
	if lists == 0 {
		return nil, errors.New("no X509 CRL block")
	}
	return out, nil
}

func revokedKey(issuer []byte, serial *big.Int) string {
	return string(issuer) + "\x00" + serial.String()
}
