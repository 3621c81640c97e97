//go:build !no_s3

package main

import _ "gocloud.dev/blob/s3blob" // the driver
