package sqlite

import "testing"

func TestNetworkFileSystemsByNumber(t *testing.T) {
	for magic, want := range map[uint32]string{0x6969: "NFS", 0xff534d42: "SMB/CIFS", 0xfe534d42: "SMB/CIFS",
		0x01021997: "9P", 0x65735546: "FUSE, which may be remote",
		0xef53: "", 0x01021994: "", 0x58465342: "", 0x9123683e: "", 0x794c7630: ""} { // ext4, tmpfs, xfs, btrfs, overlayfs
		if got := remoteMagic(magic); got != want {
			t.Errorf("%#x is %q, want %q", magic, got, want)
		}
	}
}
