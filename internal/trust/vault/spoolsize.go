package vault

import (
	"os"
	"path/filepath"
	"strings"
)

// SpoolBytes is the size of everything that waits in the spool directory, for the operator's gauge. Files
// that vanish while it looks count as nothing.
func (v *Vault) SpoolBytes() int64 {
	entries, err := os.ReadDir(v.dir)
	if err != nil {
		return 0
	}
	var total int64
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), spoolSuffix) {
			continue
		}
		if info, err := os.Lstat(filepath.Join(v.dir, e.Name())); err == nil {
			total += info.Size()
		}
	}
	return total
}
