//go:build !no_azure

package main

import _ "gocloud.dev/blob/azureblob" // the driver
