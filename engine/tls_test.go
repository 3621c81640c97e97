//go:build unix

package engine_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/dburl"
	"github.com/larder-db/larder/engine"
	"github.com/larder-db/larder/engine/enginetest"
	"github.com/larder-db/larder/internal/testdb"
)

// authority signs certificates of servers.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{t: t, key: newKey(t)}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, form, form, a.key.Public(), a.key)
	if err == nil {
		a.cert, err = x509.ParseCertificate(der)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// pem is the authority's own certificate.
func (a *authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// sign makes a certificate for 127.0.0.1, or for the hosts, and its key.
func (a *authority) sign(until time.Time, hosts ...string) (cert, key []byte) {
	a.t.Helper()
	k := newKey(a.t)
	form := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server"}, DNSNames: hosts,
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: until, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if len(hosts) == 0 {
		form.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	}
	der, err := x509.CreateCertificate(rand.Reader, form, a.cert, k.Public(), a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		a.t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
}

// encrypted is a server of its own that has TLS.
type encrypted struct {
	t     *testing.T
	name  string
	admin *engine.Engine
	url   *dburl.URL
	dir   string // where it reads its certificate
}

// newEncrypted starts the server with a certificate that by signs.
func newEncrypted(t *testing.T, name string, by *authority) *encrypted {
	t.Helper()
	s := &encrypted{t: t, name: name}
	var arguments []string
	if name == testdb.MariaDB { // it reads its files again, and takes no others while it runs
		s.dir = t.TempDir()
		s.write(by, time.Now().Add(time.Hour), 0o644)
		for option, file := range map[string]string{"ca": "shown.ca", "cert": "shown.crt", "key": "shown.key"} {
			arguments = append(arguments, "--ssl-"+option+"="+filepath.Join(s.dir, file))
		}
	}
	address := testdb.PrivateWith(t, name, arguments...).NewDatabase(t)
	s.admin = enginetest.Open(t, address, engine.Options{})
	u, err := dburl.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	s.url = u
	if s.dir != "" {
		return s
	}
	ask := "SELECT @@datadir"
	if name == testdb.PostgreSQL {
		ask = "SHOW data_directory"
	}
	rows, err := s.admin.Query(t.Context(), engine.Statement{SQL: ask})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if !rows.Next() || rows.Scan(&s.dir) != nil {
		t.Fatal(rows.Err())
	}
	return s
}

// write puts a certificate that the authority signs where the server reads it.
func (s *encrypted) write(by *authority, until time.Time, mode os.FileMode, hosts ...string) {
	s.t.Helper()
	cert, key := by.sign(until, hosts...)
	owner, err := os.Stat(s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	for name, text := range map[string][]byte{"shown.ca": by.pem(), "shown.crt": cert, "shown.key": key} {
		path := filepath.Join(s.dir, name)
		if err := os.WriteFile(path, text, mode); err != nil {
			s.t.Fatal(err)
		}
		of, ok := owner.Sys().(*syscall.Stat_t)
		if !ok {
			s.t.Fatal("the owner of the server's directory is not known")
		}
		if err := os.Chown(path, int(of.Uid), int(of.Gid)); err != nil {
			s.t.Fatal(err)
		}
	}
}

// shows gives the server a certificate that the authority signs.
func (s *encrypted) shows(by *authority, until time.Time, hosts ...string) {
	s.t.Helper()
	if s.name == testdb.MariaDB {
		s.write(by, until, 0o644, hosts...)
		if _, err := s.admin.Exec(s.t.Context(), engine.Statement{SQL: "FLUSH SSL"}); err != nil {
			s.t.Fatal(err)
		}
		return
	}
	s.write(by, until, 0o600, hosts...)
	crt, k := filepath.Join(s.dir, "shown.crt"), filepath.Join(s.dir, "shown.key")
	ca := filepath.Join(s.dir, "shown.ca")
	statements := []string{"SET GLOBAL ssl_ca = '" + ca + "', GLOBAL ssl_cert = '" + crt + "', GLOBAL ssl_key = '" + k +
		"'", "ALTER INSTANCE RELOAD TLS"}
	if s.name == testdb.PostgreSQL {
		statements = []string{"ALTER SYSTEM SET ssl_cert_file = '" + crt + "'", "ALTER SYSTEM SET ssl_key_file = '" + k + "'",
			"ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()", "SELECT pg_sleep(0.3)"}
	}
	for _, text := range statements {
		if _, err := s.admin.Exec(s.t.Context(), engine.Statement{SQL: text}); err != nil {
			s.t.Fatal(text, err)
		}
	}
}

// trusting is the URL that wants the server's certificate and name checked
// against the authorities in a file.
func (s *encrypted) trusting(file string) *dburl.URL {
	if s.name == testdb.PostgreSQL {
		return s.url.WithQuery("sslmode", "verify-full").WithQuery("sslrootcert", file)
	}
	return s.url.WithQuery("ssl_mode", "VERIFY_IDENTITY").WithQuery("ssl_ca", file)
}

// A certificate that is not good is refused with the reason; an authority that
// takes the place of another is known to the next connection.
func TestCertificates(t *testing.T) {
	eachServer(t, func(t *testing.T, name string) {
		t.Parallel()
		first, second := newAuthority(t, "first"), newAuthority(t, "second")
		s := newEncrypted(t, name, first)
		file := filepath.Join(t.TempDir(), "ca.pem")
		trust := func(a *authority) {
			t.Helper()
			if err := os.WriteFile(file, a.pem(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		hour := time.Now().Add(time.Hour)
		trust(first)
		refused := func(why string) {
			t.Helper()
			eng, err := engine.OpenURL(t.Context(), s.trusting(file), enginetestOptions())
			if err == nil {
				eng.Close()
			}
			if dberr.CodeOf(err) != dberr.Invalid || !strings.Contains(err.Error(), why) {
				t.Errorf("%v, want %q", err, why)
			}
		}
		soon := time.Now().Add(6 * time.Second) // MySQL takes none that has expired
		s.shows(first, soon)
		time.Sleep(time.Until(soon) + time.Second)
		refused("it has expired")
		s.shows(first, hour, "elsewhere.example")
		refused("it is for another host than 127.0.0.1")
		s.shows(second, hour)
		refused("an authority that is not known here")

		s.shows(first, hour)
		o := enginetestOptions()
		o.Pool = &dburl.PoolSettings{Size: 0, MaxOverflow: -1, Timeout: time.Minute} // a connection for each statement
		eng, err := engine.OpenURL(t.Context(), s.trusting(file), o)
		if err != nil {
			t.Fatal(err)
		}
		defer eng.Close()
		ask := func() error {
			_, err := eng.Exec(t.Context(), engine.Statement{SQL: "SELECT 1"})
			return err
		}
		if err := ask(); err != nil {
			t.Error(err)
		}
		s.shows(second, hour)
		if err := ask(); dberr.CodeOf(err) != dberr.Invalid {
			t.Errorf("the new authority is not trusted yet: %v", err)
		}
		trust(second)
		if err := ask(); err != nil {
			t.Errorf("the new authority: %v", err)
		}
		if err := os.WriteFile(file, []byte("half wri"), 0o600); err != nil {
			t.Fatal(err)
		}
		s.shows(first, hour)
		if err := ask(); err != nil {
			t.Errorf("while the file is being written, the one from the start holds: %v", err)
		}
	})
}
