// Package cloud keeps the bytes of uploaded files in an object storage: S3 and
// what speaks its protocol, Google Cloud Storage, Azure Blob Storage. It is for
// instances that have no disk to keep them on, or several servers.
//
//	bucket, err := cloud.Open(ctx, "s3://webui-files?region=eu-central-1&prefix=uploads/")
//	if err != nil { ... }
//	st := store.New(eng, store.Options{Blobs: blobs.New(bucket, nil)})
//
// It is a module of its own, so that who keeps files in a directory does not
// carry the SDKs of three clouds: the program in cmd/larder is larder with them.
// Which storages a program reaches is decided by which drivers of gocloud.dev
// it imports; credentials are found as each SDK finds them.
//
// What it will not do: keep a copy on the disk, make buckets, or delete what it
// has not written.
package cloud
