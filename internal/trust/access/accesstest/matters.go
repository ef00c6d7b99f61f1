package accesstest

import (
	"context"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
	"github.com/footage-custody/custody/internal/trust/access"
)

// PutMatter says what the rules know of a request, item, hold or package.
func (s *Site) PutMatter(id string, f access.MatterFacts) { s.must(func() { s.matters[id] = f }) }

// PutNumber says what the rules know of the request of that number.
func (s *Site) PutNumber(number string, f access.MatterFacts) {
	s.must(func() { s.numbers[number] = f })
}

// Keep says what stands against disposal of a camera's footage.
func (s *Site) Keep(camera custody.CameraID, k access.Keeping) {
	s.must(func() { s.keeping[camera] = k })
}

// Matter implements access.Facts.
func (s *Site) Matter(ctx context.Context, id string) (access.MatterFacts, error) {
	return known(ctx, s, s.matters, id)
}

// RequestNumbered implements access.Facts.
func (s *Site) RequestNumbered(ctx context.Context, number string) (access.MatterFacts, error) {
	return known(ctx, s, s.numbers, number)
}

// Concerning implements access.Facts.
func (s *Site) Concerning(ctx context.Context, staff custody.StaffID) (out []custody.RequestID, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.matters {
		if slices.Contains(f.Concerned, staff) && f.Request != "" && !slices.Contains(out, f.Request) {
			out = append(out, f.Request)
		}
	}
	return out, s.look(ctx)
}

func known(ctx context.Context, s *Site, in map[string]access.MatterFacts, key string) (access.MatterFacts, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.look(ctx)
	f, ok := in[key]
	if err == nil && !ok {
		err = custody.Errorf(custody.NotFound, "there is nothing of that name")
	}
	return f, err
}

// Keeping implements access.Facts.
func (s *Site) Keeping(ctx context.Context, camera custody.CameraID, span custody.Span) (access.Keeping, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.look(ctx)
	k := s.keeping[camera]
	var held []custody.Span
	for _, h := range k.Held {
		if h.Overlaps(span) {
			held = append(held, h)
		}
	}
	k.Held = held
	return k, err
}
