package identity

import (
	"sync"
	"time"

	"github.com/footage-custody/custody/internal/custody"
)

// shelf keeps what waits for its second half: at most limit things and of one owner at most each, every one for a while. Who has that
// many loses their own oldest, so that nobody pushes everybody else's off; when all together are too many the oldest goes.
type shelf[T any] struct {
	limit int
	each  int
	life  time.Duration
	mu    sync.Mutex
	kept  map[string]shelved[T]
}

type shelved[T any] struct {
	thing T
	owner string
	at    custody.Instant
}

func newShelf[T any](limit, each int, life time.Duration) *shelf[T] {
	return &shelf[T]{limit: limit, each: each, life: life, kept: map[string]shelved[T]{}}
}

func (s *shelf[T]) put(key, owner string, thing T, now custody.Instant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.kept, key)
	if s.count(owner) >= s.each {
		s.dropOldest(owner)
	}
	if len(s.kept) >= s.limit {
		s.dropOldest("")
	}
	s.kept[key] = shelved[T]{thing, owner, now}
}

func (s *shelf[T]) count(owner string) (n int) {
	for _, v := range s.kept {
		if v.owner == owner {
			n++
		}
	}
	return n
}

// dropOldest takes the owner's oldest thing away, or everybody's if none is named.
func (s *shelf[T]) dropOldest(owner string) {
	oldest, at := "", custody.Instant(0)
	for k, v := range s.kept {
		if (owner == "" || v.owner == owner) && (oldest == "" || v.at < at) {
			oldest, at = k, v.at
		}
	}
	delete(s.kept, oldest)
}

// look finds a thing that is not too old.
func (s *shelf[T]) look(key string, now custody.Instant) (T, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.kept[key]
	if !ok || now >= v.at.Add(s.life) {
		delete(s.kept, key)
		var none T
		return none, false
	}
	return v.thing, true
}

// take finds it and removes it: what is taken is taken once.
func (s *shelf[T]) take(key string, now custody.Instant) (T, bool) {
	v, ok := s.look(key, now)
	if !ok {
		return v, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, there := s.kept[key]; !there { // another has taken it meanwhile
		var none T
		return none, false
	}
	delete(s.kept, key)
	return v, true
}
