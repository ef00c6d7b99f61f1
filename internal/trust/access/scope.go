package access

import (
	"maps"
	"slices"

	"github.com/footage-custody/custody/internal/custody"
)

// Scope says what a list may show to whom. Only Judge.Scope makes one; the zero Scope shows nothing, and no filter widens it.
// It is safe to copy and share. It is good for one request: nobody keeps one.
type Scope struct {
	actor   Actor
	action  Action
	all     bool // what is about no camera, or about any
	cameras map[custody.CameraID]bool
}

// Action is what it was asked for.
func (s Scope) Action() Action { return s.action }

// Actor is whom it was given to.
func (s Scope) Actor() Actor { return s.actor }

// Everything reports whether it shows rows of every camera and person: the diary to an auditor, the staff list to an
// administrator.
func (s Scope) Everything() bool { return s.all }

// Includes reports whether it shows rows of the camera.
func (s Scope) Includes(camera custody.CameraID) bool { return s.all || s.cameras[camera] }

// Cameras lists the cameras it includes by name, sorted; it says nothing when Everything is true.
func (s Scope) Cameras() []custody.CameraID { return slices.Sorted(maps.Keys(s.cameras)) }
