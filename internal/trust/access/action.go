package access

import "slices"

// Action is what somebody wants to do.
type Action string

// Acts on footage.
const (
	FootageList   Action = "footage.list"   // learn when there is footage and when not; no pictures
	FootageRead   Action = "footage.read"   // look: the span widens to whole minutes (CONTRACTS 6)
	FootageStill  Action = "footage.still"  // one picture of recorded footage, or a thumbnail
	FootageLive   Action = "footage.live"   // look at what happens now; the span runs from now to the viewing's end
	FootageExport Action = "footage.export" // write a copy: the span stays exact to the microsecond

	// FootageDispose is to destroy footage: the system's alone. What is held or not kept long enough yet stays closed to it.
	FootageDispose Action = "footage.dispose"
)

// Acts of a site's own affairs. What each role may do is in policy.cedar.
const (
	CameraView     Action = "camera.view"     // a camera's configuration and health; no pictures
	CameraManage   Action = "camera.manage"   // add, change, test, remove; never its class
	CameraClassify Action = "camera.classify" // the class and the retention of a camera
	StaffView      Action = "staff.view"
	StaffManage    Action = "staff.manage"    // add, invite, disable, assign cameras, sign out
	RoleGrant      Action = "role.grant"      // give and revoke standing roles
	DelegationMake Action = "delegation.make" // the custodian's role for dated time
	SettingView    Action = "setting.view"
	SettingManage  Action = "setting.manage"
	Restrict       Action = "restriction.place" // place and lift restrictions; list them
	AuditRead      Action = "audit.read"        // the whole diary
	AuditExport    Action = "audit.export"
	AuditOwn       Action = "audit.own"   // one's own viewing history
	SelfManage     Action = "self.manage" // one's own session, password, second factor, acknowledgement
)

// Acts on requests, holds, schedules and packages. Ask.Subject names the request, item, hold or package that it is about.
const (
	RequestView     Action = "request.view"      // read requests, their papers, holds and packages; no pictures
	RequestLog      Action = "request.log"       // log what reached any employee, by any channel
	RequestPrepare  Action = "request.prepare"   // facts, items, call-back, notes, proposals
	RequestDecide   Action = "request.decide"    // the outcome of an item
	RequestClose    Action = "request.close"     // close and reopen
	AgencyManage    Action = "agency.manage"     // the directory of agencies that are called back
	HoldPlace       Action = "hold.place"        // keep footage, with or without a request; review a hold
	HoldLift        Action = "hold.lift"         // propose that a hold ends
	HoldConfirm     Action = "hold.confirm"      // end it, as the second person
	RetentionView   Action = "retention.view"    // schedules, dispositions, what would be disposed of
	RetentionManage Action = "retention.manage"  // change schedules
	PackageHandOver Action = "package.hand-over" // take a package out of the house, and record who has it
	PackageRecall   Action = "package.recall"

	RequestDispose        Action = "request.dispose"         // propose that the file of a closed request is disposed of
	RequestDisposeConfirm Action = "request.dispose-confirm" // carry it out, as the second person
)

// Basis is the kind of a viewing's purpose. Nothing is pre-selected.
type Basis string

const (
	Incident  Basis = "incident" // something happened; Reference names the incident, if it has a name
	OnRequest Basis = "request"  // for a logged request; Reference is its number
	Reason    Basis = "reason"   // any other, with a sentence
)

// Actions lists every action, in the order in which pages show them.
func Actions() []Action {
	return []Action{
		FootageList, FootageRead, FootageStill, FootageLive, FootageExport, FootageDispose,
		CameraView, CameraManage, CameraClassify, StaffView, StaffManage, RoleGrant, DelegationMake,
		SettingView, SettingManage, Restrict, AuditRead, AuditExport, AuditOwn, SelfManage,
		RequestView, RequestLog, RequestPrepare, RequestDecide, RequestClose, AgencyManage, HoldPlace, HoldLift, HoldConfirm,
		RetentionView, RetentionManage, PackageHandOver, PackageRecall, RequestDispose, RequestDisposeConfirm,
	}
}

func isAction(a Action) bool { return slices.Contains(Actions(), a) }
