// Package webpage answers a browser with the files of a web page that was built
// with SvelteKit, as Open WebUI's is. It is for the server that is given one.
//
//	root, err := os.OpenRoot(dir)
//	page, err := webpage.New(root.FS())
//	http.Handle("/", page)
//
// A path that names no file is one of the page's own routes, and answered with
// its index.html, where a browser asks for a document. Files whose names have a
// hash in them are kept for good, everything else is asked for again each time.
// Of a file that is there compressed, too (x.js.br, x.js.gz), that one is sent to
// who takes it.
//
// What it will not do: change a file, list a directory, compress, show a file or
// directory whose name begins with a dot, or leave its directory by a link.
package webpage
