package dburl

import "testing"

func TestPathsOfWindows(t *testing.T) {
	for path, want := range map[string]string{
		`C:\data\a b.db`:   "file:///C:/data/a%20b.db",
		`C:/data/webui.db`: "file:///C:/data/webui.db",
		`data\webui.db`:    "file:data/webui.db",
		`\\server\share\x`: "file:////server/share/x",
		`\data\webui.db`:   "file:///data/webui.db",
	} {
		if got := fileURI(path, true); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	if got := fileURI(`a\b`, false); got != "file:a%5Cb" {
		t.Error(got)
	}
	if got := nativePath("/C:/data/x.db", true); got != `C:\data\x.db` {
		t.Error(got)
	}
	if got := nativePath("/C:/data/x.db", false); got != "/C:/data/x.db" {
		t.Error(got)
	}
}
