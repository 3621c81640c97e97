// Package netfault tells what is wrong between a program and a database server
// that is reached over a network. It is for those who implement an engine:
//
//	a := netfault.Attempt{Engine: "mysql", Server: "MySQL", Where: "db:3306", Classifier: classifier{}, CheckTLS: "ssl_ca and ssl_mode",
//		Words: map[string]string{"1049": "the database app does not exist on db:3306; create it, or correct the URL"}}
//	return nil, a.Error(ctx, err)
//
// What it will not do: connect, or read an engine's own numbers, which its
// classifier does.
package netfault

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"syscall"

	"github.com/larder-db/larder/dberr"
	"github.com/larder-db/larder/driver"
)

// Lost reports whether err is a failure of the network below the protocol.
func Lost(err error) bool {
	var ne net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.As(err, &ne)
}

// CertificateRefused reports whether err says that the certificate of the other
// side is not accepted, and why: "it has expired". The reason may be empty.
func CertificateRefused(err error) (why string, refused bool) {
	var (
		unknownCA x509.UnknownAuthorityError
		wrongName x509.HostnameError
		badCert   x509.CertificateInvalidError
		badAny    *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &wrongName):
		return "it is for another host than " + wrongName.Host, true
	case errors.As(err, &unknownCA):
		return "it is of an authority that is not known here", true
	case errors.As(err, &badCert) && badCert.Reason == x509.Expired:
		return "it has expired or is not valid yet", true
	}
	return "", errors.As(err, &badCert) || errors.As(err, &badAny)
}

// Attempt is a connection that did not come about.
type Attempt struct {
	Engine     string // as errors name it
	Server     string // as a sentence names it: "MySQL or MariaDB"
	Where      string // the addresses, without a password
	Fits       string // what the server would have to be like beside being there: "that fits target_session_attrs"; empty for nothing
	CheckTLS   string // the arguments of the URL that decide which certificates are accepted
	NoTLS      string // the sentence for a server without TLS, where that is what err says; empty otherwise
	Known      bool   // a server of the kind was there before: nobody asks what listens, which takes seconds
	Classifier driver.Classifier

	// Words are whole sentences by the server's own number, for what the
	// classifier's detail says too little about.
	Words map[string]string
}

// Error says in a sentence why there is no connection. The error of a context
// that is done, and an error that is a *dberr.Error already, come back as they
// are.
func (a Attempt) Error(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var known *dberr.Error
	if errors.As(err, &known) {
		return known
	}
	f := a.Classifier.Classify(err)
	why, badCertificate := CertificateRefused(err)
	e := &dberr.Error{Op: "connect", Code: f.Code, Engine: a.Engine, Native: f.Native, Msg: f.Detail,
		Unsent: true, Err: err}
	switch words := a.Words[f.Native]; {
	case f.Native != "" && words != "":
		e.Msg = words
	case badCertificate:
		if why == "" {
			why = "it is revoked or made for something else"
		}
		e.Code, e.Msg = dberr.Invalid,
			"the certificate of the server at "+a.Where+" is not accepted: "+why+"; check "+a.CheckTLS
	case f.Native == "" && (f.Code == dberr.Unavailable || f.Code == dberr.Timeout || f.Code == dberr.Internal):
		if !a.Known {
			if e.Msg = a.stranger(ctx); e.Msg != "" {
				e.Code = dberr.Invalid
				break
			}
		}
		if a.NoTLS != "" {
			e.Code, e.Msg = dberr.Invalid, a.NoTLS
			break
		}
		e.Code, e.Msg = dberr.Unavailable, "no "+a.Server+" server could be reached at "+a.Where
		if a.Fits != "" {
			e.Msg += " " + a.Fits
		}
		e.Msg += "; check that it runs, the address, and the network"
	case e.Msg == "":
		e.Msg = "the server at " + a.Where + " refused the connection"
	}
	return e
}
