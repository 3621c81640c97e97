//go:build !no_gcs

package main

import _ "gocloud.dev/blob/gcsblob" // the driver
