package apitest

import (
	"github.com/footage-custody/custody/internal/proof/seal"
	"github.com/footage-custody/custody/internal/trust/audit"
)

// Checkpoint signs the log as it stands now.
func (s *Site) Checkpoint() {
	s.tb.Helper()
	head, err := s.DB.Head(s.tb.Context())
	s.must(err)
	origin, err := seal.Origin("test-library", head.Epoch)
	s.must(err)
	key, err := s.Ring.LogSigner()
	s.must(err)
	signer, err := seal.NewSigner(origin, key)
	s.must(err)
	note, err := seal.Checkpoint{Origin: origin, Size: head.Size, Root: head.Root}.Sign(signer)
	s.must(err)
	s.must(s.DB.AddCheckpoint(s.tb.Context(), audit.Checkpoint{Epoch: head.Epoch, Size: head.Size, Note: note, At: s.Clock.Now()}))
}
