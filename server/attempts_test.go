package server_test

import (
	"fmt"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/larder-db/larder/jsonvalue"
	"github.com/larder-db/larder/server"
)

const (
	tooMany  = "API rate limit exceeded"
	wrong    = "The email or password provided is incorrect. Please check for typos and try logging in again."
	goodAda  = `{"email":"ada@example.com","password":"pw-ada"}`
	badAda   = `{"email":"Ada@Example.com ","password":"no"}`
	byClient = "X-Forwarded-For: "
)

// proxied is an app behind a proxy that is believed, with a clock.
func proxied(t *testing.T) (a *app, clock *time.Time) {
	t.Helper()
	a = local(t)
	a.admin()
	now := time.Now()
	b := openApp(t, a.probe.eng, func(o *server.Options) {
		o.Proxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} // of httptest
		o.Now = func() time.Time { return now }
	})
	return b, &now
}

// A password can be wrong 15 times in three minutes: of one account from
// anywhere, and from one address for any account.
func TestPasswordsAreNotGuessed(t *testing.T) {
	a, now := proxied(t)
	for i := range 15 {
		a.call("POST", "/api/v1/auths/signin", badAda, fmt.Sprintf("%s198.51.100.%d", byClient, i)).is(400, wrong)
	}
	w := a.call("POST", "/api/v1/auths/signin", goodAda, byClient+"203.0.113.1").is(429, tooMany)
	if s := w.Header().Get("Retry-After"); s != "180" {
		t.Errorf("come again after %q", s)
	}
	*now = now.Add(3 * time.Minute)
	a.call("POST", "/api/v1/auths/signin", goodAda, byClient+"203.0.113.1").is(200, "")

	for i := range 15 {
		a.call("POST", "/api/v1/auths/signin", fmt.Sprintf(`{"email":"u%d@example.com","password":"no"}`, i),
			byClient+"2001:db8::"+fmt.Sprint(i)).is(400, wrong)
	}
	a.call("POST", "/api/v1/auths/signin", goodAda, byClient+"2001:db8::ffff").is(429, tooMany) // of the same site
	a.call("POST", "/api/v1/auths/signin", goodAda, byClient+"2001:db8:0:1::1").is(200, "")
}

// Right passwords are not counted, however many.
func TestSigningInOftenIsFine(t *testing.T) {
	a, _ := proxied(t)
	for range 40 {
		a.call("POST", "/api/v1/auths/signin", goodAda).is(200, "")
	}
}

// Who has a session guesses no password with it either.
func TestTheOldPasswordIsNotGuessed(t *testing.T) {
	a, _ := proxied(t)
	token := a.token("signin", map[string]any{"email": "ada@example.com", "password": "pw-ada"})
	for range 15 {
		a.call("POST", "/api/v1/auths/update/password", `{"password":"no","new_password":"x"}`, token).is(400, "")
	}
	a.call("POST", "/api/v1/auths/update/password", `{"password":"pw-ada","new_password":"x"}`, token).is(429, tooMany)
}

func TestSignUpsOfOneAddressAreLimited(t *testing.T) {
	a, _ := proxied(t)
	if err := a.store.Config.Set(t.Context(),
		map[string]jsonvalue.JSON{"ui.enable_signup": jsonvalue.Text("true")}); err != nil {
		t.Fatal(err)
	}
	for i := range 15 {
		a.call("POST", "/api/v1/auths/signup", fmt.Sprintf(`{"name":"B","email":"b%d@example.com","password":"pw"}`, i),
			byClient+"203.0.113.1").is(200, "")
	}
	a.call("POST", "/api/v1/auths/signup", `{"name":"B","email":"c@example.com","password":"pw"}`, byClient+"203.0.113.1").is(429, tooMany)
	a.call("POST", "/api/v1/auths/signup", `{"name":"B","email":"c@example.com","password":"pw"}`, byClient+"203.0.113.2").is(200, "")
}

// Nobody finds out from many addresses whether somebody has an account.
func TestSignUpsOfOneAccountAreLimited(t *testing.T) {
	a, _ := proxied(t)
	a.set(map[string]string{"ui.enable_signup": "true"})
	try := func(i int, email string) *answer {
		return a.call("POST", "/api/v1/auths/signup", `{"name":"B","email":"`+email+`","password":"pw"}`,
			fmt.Sprintf("%s203.0.113.%d", byClient, i))
	}
	for i := range 15 {
		try(i, "Ada@example.com").is(400, "")
	}
	try(99, "ada@example.com").is(429, tooMany)
	try(99, "eve@example.com").is(200, "")
}

// A failed sign-in is a line with the client's address, which tools like
// fail2ban match, and without the account's.
func TestFailedSignInsAreLogged(t *testing.T) {
	a, _ := proxied(t)
	for range 20 {
		a.call("POST", "/api/v1/auths/signin", badAda, byClient+"203.0.113.7")
	}
	a.call("POST", "/api/v1/auths/signin", `{"email":"eve@example.com","password":"no"}`, byClient+"203.0.113.8")
	line := regexp.MustCompile(`(?m)^.* level=WARN msg="sign-in failed" address=(\S+) account=([0-9a-f]{16}) reason="(wrong password|too many attempts)"`)
	found := line.FindAllStringSubmatch(a.log.String(), -1)
	if len(found) != 17 {
		t.Fatalf("%d lines, want 15, one that it is too much, and one of another:\n%s", len(found), a.log)
	}
	for i, f := range found[:16] {
		if f[1] != "203.0.113.7" || f[2] != found[0][2] || (f[3] == "too many attempts") != (i == 15) {
			t.Errorf("line %d: %v", i, f)
		}
	}
	if f := found[16]; f[1] != "203.0.113.8" || f[2] == found[0][2] {
		t.Errorf("the other: %v", f)
	}
	if strings.Contains(a.log.String(), "example.com") {
		t.Error("an address is in the log")
	}
}

// A request is never taken to come from where it says itself.
func TestAClientDoesNotChooseItsAddress(t *testing.T) {
	a := local(t)
	a.admin()
	for i := range 15 {
		a.call("POST", "/api/v1/auths/signin", fmt.Sprintf(`{"email":"u%d@example.com","password":"no"}`, i),
			fmt.Sprintf("%s203.0.113.%d", byClient, i)).is(400, wrong)
	}
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/api/v1/auths/signin", strings.NewReader(goodAda))
	r.Header.Set("X-Forwarded-For", "203.0.113.99")
	w := httptest.NewRecorder()
	a.srv.ServeHTTP(w, r)
	if w.Code != 429 {
		t.Errorf("status %d", w.Code)
	}
}
