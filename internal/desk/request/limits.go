package request

import "time"

// Limits and times of this room. Those that a law or a policy gives are the profile's (profile.go).
const (
	MaxText        = 20_000 // bytes of what was asked
	MaxItems       = 64     // of a request
	MaxAttachments = 20     // of a request
	MaxAttachment  = 10 << 20
	MaxNote        = 4000 // bytes
	MaxNotes       = 500  // of a request, before no more is added by hand
	MaxRemarks     = 1000 // of a request, with what is said about acts
	MaxCallBacks   = 100  // of a request
	MaxReason      = 2000 // bytes
	MaxCitation    = 300  // bytes
	MaxConcerned   = 20
	MaxAsked       = 366 * 24 * time.Hour // the time asked for, before it is narrowed
	MaxItemSpan    = 24 * time.Hour
	MaxOfficerSpan = 4 * time.Hour // of an item that is granted to law enforcement on its word: a narrow window

	HoldAround   = 30 * time.Minute    // is held before and after what is asked for
	HoldUnknown  = 24 * time.Hour      // before a request was received is held if no time was said
	HoldReview   = 90 * 24 * time.Hour // after which a person looks at a hold again
	DecisionGood = 30 * 24 * time.Hour // how long a decision counts
	AbandonAfter = 30 * 24 * time.Hour // without an answer, after which a request may be closed as abandoned
	LateAfter    = 2 * 24 * time.Hour  // between receipt and logging needs a reason
	LateAtMost   = 366 * 24 * time.Hour
	FutureAtMost = 366 * 24 * time.Hour // how far ahead may be asked for
)
