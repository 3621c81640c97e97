package sqlite

import "golang.org/x/sys/unix"

// networkFileSystem names the network file system that dir is on; "" when it
// is on none. The numbers are statfs(2)'s.
func networkFileSystem(dir string) string {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return ""
	}
	return remoteMagic(uint32(st.Type)) // signed on some machines, wider on others
}

func remoteMagic(magic uint32) string {
	switch magic {
	case 0x6969:
		return "NFS"
	case 0x517b, 0xff534d42, 0xfe534d42:
		return "SMB/CIFS"
	case 0x01021997:
		return "9P"
	case 0x5346414f, 0x6b414653:
		return "AFS"
	case 0x73757245:
		return "Coda"
	case 0x00c36400:
		return "Ceph"
	case 0x0bd00bd0:
		return "Lustre"
	case 0x19830326:
		return "BeeGFS"
	case 0x47504653:
		return "GPFS"
	case 0x564c:
		return "NCP"
	case 0x786f4256:
		return "VirtualBox shared folder"
	case 0x65735546:
		return "FUSE, which may be remote" // sshfs, s3fs, GlusterFS; also shares of a virtual machine
	}
	return ""
}
