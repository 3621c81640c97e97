package mysql

import (
	"crypto/tls"
	"crypto/x509"
	"net/netip"
	"os"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
)

// tlsSettings make the TLS configuration for a host.
type tlsSettings struct {
	from  dburl.MySQLTLS
	mode  dburl.MySQLTLSMode
	roots *x509.CertPool // nil is the system's
	certs []tls.Certificate
}

func readTLS(t dburl.MySQLTLS) (*tlsSettings, error) {
	fail := func(what string, err error) error {
		return &dberr.Error{Op: "connect", Code: dberr.Invalid, Engine: "mysql", Err: err, Msg: what}
	}
	s := &tlsSettings{from: t, mode: t.Mode}
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, fail("the file that ssl_ca names cannot be read", err)
		}
		s.roots = x509.NewCertPool()
		if !s.roots.AppendCertsFromPEM(pem) {
			return nil, fail("the file that ssl_ca names holds no certificate in PEM form", nil)
		}
	}
	if t.Cert != "" {
		cert, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, fail("the files that ssl_cert and ssl_key name are not a certificate and its key in PEM form", err)
		}
		s.certs = []tls.Certificate{cert}
	}
	return s, nil
}

// renewed reads the files again, which others may have renewed. What cannot be
// used, because it is half written, leaves those that the database was opened with.
func (s *tlsSettings) renewed() *tlsSettings {
	if s.from.CA == "" && s.from.Cert == "" {
		return s
	}
	if now, err := readTLS(s.from); err == nil {
		return now
	}
	return s
}

// forHost returns the configuration, nil for none, and whether a server
// without TLS is accepted.
func (s *tlsSettings) forHost(host string) (config *tls.Config, fallback bool) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: s.roots, Certificates: s.certs, ServerName: host}
	switch s.mode {
	case dburl.MySQLTLSDisabled:
		return nil, false
	case dburl.MySQLTLSUnset:
		if host == "" || isLoopback(host) {
			return nil, false
		}
		c.InsecureSkipVerify = true
		return c, true
	case dburl.MySQLTLSPrefer:
		c.InsecureSkipVerify = true
		return c, true
	case dburl.MySQLTLSRequire:
		c.InsecureSkipVerify = true
		return c, false
	case dburl.MySQLTLSVerifyCA:
		// The chain is checked here, without the name.
		c.InsecureSkipVerify = true
		c.VerifyConnection = func(st tls.ConnectionState) error {
			o := x509.VerifyOptions{Roots: s.roots, Intermediates: x509.NewCertPool()}
			for _, cert := range st.PeerCertificates[1:] {
				o.Intermediates.AddCert(cert)
			}
			_, err := st.PeerCertificates[0].Verify(o)
			return err
		}
		return c, false
	}
	return c, false
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}
