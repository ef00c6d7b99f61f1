package api

import (
	"encoding/json"
	"net/http"

	"github.com/footage-custody/custody/internal/door/gate"
	"github.com/footage-custody/custody/internal/trust/access"
)

const (
	get    = http.MethodGet
	post   = http.MethodPost
	put    = http.MethodPut
	patch  = http.MethodPatch
	remove = http.MethodDelete

	ok      = http.StatusOK
	created = http.StatusCreated
)

// table is every line of the API. Each is judged before its handler runs, or says why it need not be.
func (s rooms) table() []route {
	var out []route
	for _, part := range [][]route{s.publicLines(), s.selfLines(), s.footageLines(), s.staffLines(), s.cameraLines(), s.siteLines(), s.diaryLines(), s.requestLines(),
		s.itemLines(), s.packageLines(), s.letterLines(), s.holdLines(), s.retentionLines(), s.archiveLines()} {
		out = append(out, part...)
	}
	return out
}

func open(id, method, path, why, about string, answer layer) route {
	return route{id: id, method: method, path: path, open: why, about: about, answer: answer}
}

// own is a line for the caller's own session and credentials.
func own(id, method, path, about string, answer layer) route {
	return route{id: id, method: method, path: path, action: access.SelfManage, mode: gate.Self, about: about, answer: answer}
}

func list(id, path string, action access.Action, about string, answer layer) route {
	return route{id: id, method: get, path: path, action: action, mode: gate.List, about: about, answer: answer}
}

func decide(id, method, path string, action access.Action, about string, answer layer) route {
	return route{id: id, method: method, path: path, action: action, mode: gate.Decide, about: about, answer: answer}
}

func carry(id, method, path string, action access.Action, about string, answer layer) route {
	return route{id: id, method: method, path: path, action: action, mode: gate.Carry, about: about, answer: answer}
}

// on names the path parameter that is the camera of the act.
func (r route) on(camera string) route { r.camera = camera; return r }

// of names the path parameter that is what else the act is about.
func (r route) of(subject string) route {
	r.subject = subject
	r.prefix = map[string]string{"request": "req_", "package": "pkg_", "hold": "hld_", "agency": "agy_"}[subject]
	return r
}

// long marks a line whose answer may take as long as its reader does.
func (r route) long() route { r.stream = true; return r }

// taking marks a line that takes bytes in place of JSON, at most that many.
func (r route) taking(most int64) route { r.takes = most; return r }

func (s rooms) publicLines() []route {
	return []route{
		open("site", get, "/api/site", "a page must know what to offer before anybody signs in", "What may be known of the site by anybody", answers(ok, s.site)),
		open("sign-in", post, "/api/sign-in", "it is how one becomes somebody", "Sign in with a password and, where there is one, a second factor. Every wrong combination gets one same answer", renews(ok, s.signIn)),
		open("sign-in-passkey-start", post, "/api/sign-in/passkey/start", "it is how one becomes somebody", "Begin to sign in with a passkey", answers(ok, s.startPasskeySignIn)),
		open("sign-in-passkey-finish", post, "/api/sign-in/passkey/finish", "it is how one becomes somebody", "Sign in with a passkey", renews(ok, s.finishPasskeySignIn)),
		open("invitation-use", post, "/api/invitation", "the link is the credential, good once", "Set a password by an invitation and sign in", renews(ok, s.join)),
		open("log-checkpoint", get, "/api/log/checkpoint", "a witness need not be staff; it says how long the log is and nothing of what is in it", "The log's newest signed checkpoint, a C2SP signed note", writes(typeText, s.checkpoint)),
		open("log-keys", get, "/api/log/keys", "public keys are public", "The keys that verify the log's checkpoints", answers(ok, s.logKeys)),
	}
}

func (s rooms) selfLines() []route {
	return []route{
		own("session", get, "/api/session", "The caller's session", answers(ok, s.session)),
		own("session-end", remove, "/api/session", "Sign out", ends(s.signOut)),
		own("sessions-end", remove, "/api/sessions", "Sign out everywhere", ends(s.signOutEverywhere)),
		own("sessions", get, "/api/sessions", "The caller's sessions", answers(ok, s.sessions)),
		own("session-refresh", post, "/api/session/refresh", "The session, with a fresh token if the old one is older than a minute", answers(ok, s.session)),
		own("session-confirm", post, "/api/session/confirm", "Give credentials again, as changes of credentials ask for", renews(ok, s.confirm)),
		own("password-change", put, "/api/me/password", "Change the password. Every session ends, and this one goes on under another id", renews(ok, s.changePassword)),
		own("totp-start", post, "/api/me/totp", "Begin to set up one-time codes", answers(ok, s.startTOTP)),
		own("totp-finish", put, "/api/me/totp", "Turn one-time codes on. The recovery codes are shown once", renews(ok, s.finishTOTP)),
		own("totp-remove", remove, "/api/me/totp", "Turn one-time codes off", does(s.removeTOTP)),
		own("recovery-codes", post, "/api/me/recovery-codes", "Replace the recovery codes. They are shown once", answers(ok, s.newRecoveryCodes)),
		own("passkey-start", post, "/api/me/passkeys/start", "Begin to add a passkey", answers(ok, s.startPasskey)),
		own("passkey-finish", post, "/api/me/passkeys", "Add a passkey", renews(created, s.finishPasskey)),
		own("passkeys", get, "/api/me/passkeys", "The caller's passkeys", answers(ok, s.passkeys)),
		own("passkey-remove", remove, "/api/me/passkeys/:passkey", "Remove a passkey", does(s.removePasskey)),
		own("policy-acknowledge", post, "/api/me/acknowledgement", "Acknowledge the policy, as every look at footage asks for once a year", renews(ok, s.acknowledge)),
		list("own-viewings", "/api/me/viewings", access.AuditOwn, "The caller's own viewings, latest first", answers(ok, s.viewings)),
	}
}

func (s rooms) footageLines() []route {
	const of = "/api/viewings/:viewing/cameras/:camera"
	return []route{
		list("cameras", "/api/cameras", access.FootageList, "The cameras that the caller may know about", answers(ok, s.cameras)),
		list("timeline", "/api/timeline", access.FootageList, "When there is footage, when not and why, and how much happened", answers(ok, s.timeline)),
		carry("viewing-open", post, "/api/viewings", access.FootageRead, "State a purpose and open a viewing. Each camera is judged on its own; if all are refused the first refusal is the answer", answers(created, s.openViewing)),
		carry("viewing", get, "/api/viewings/:viewing", access.FootageRead, "One of the caller's own viewings", answers(ok, s.viewing)),
		carry("viewing-close", remove, "/api/viewings/:viewing", access.FootageRead, "Stop a viewing", does(s.closeViewing)),
		carry("footage-index", get, of+"/index", access.FootageRead, "Where the pictures are and when each was, for exact seeking. At most an hour", answers(ok, s.index)),
		carry("footage-playlist", get, of+"/playlist.m3u8", access.FootageRead, "The same as an HLS media playlist", writes(typePlaylist, s.playlist, windowParams()...)).long(),
		carry("footage-init", get, of+"/init/:segment", access.FootageRead, "The init section of a run", writes(typeMP4, s.initSection)).long(),
		carry("footage-media", get, of+"/media/:segment/:range", access.FootageRead, "Fragments as they were recorded; one Range is served. With as=h264 a rendition that browsers play, marked X-Rendition: transcoded, init section included", writes(typeMP4, s.media, param("as", "h264 for a rendition"))).long(),
		carry("footage-still", get, of+"/still", access.FootageStill, "The picture that was showing at a moment; X-Frame-Time says when it was taken", writes(typeJPEG, s.still, param("at_us", "the moment"), param("width", "at most that wide"))).long(),
		carry("footage-thumb", get, of+"/thumb", access.FootageStill, "A small picture near a moment, at most 160 wide", writes(typeJPEG, s.thumb, param("at_us", "the moment"))).long(),
		carry("footage-live", get, of+"/live", access.FootageLive, "What happens now. Text frames are JSON: init, skipped, end. A binary frame after init is the init section; every other is 8 bytes of wall time in microseconds, a byte of flags (1: random access), 3 reserved, and one fragment with one picture", talks(s.live, param("stream", "main or sub"))),
	}
}

func (s rooms) staffLines() []route {
	return []route{
		list("staff", "/api/staff", access.StaffView, "The staff, disabled members included", answers(ok, s.staff)),
		decide("staff-add", post, "/api/staff", access.StaffManage, "Add a member and make the link by which they set a password. Giving roles along is judged as role.grant too", answers(created, s.addStaff)),
		list("staff-member", "/api/staff/:staff", access.StaffView, "One member of staff", answers(ok, s.staffMember)),
		decide("staff-change", patch, "/api/staff/:staff", access.StaffManage, "Change a member. Disabling signs them out everywhere at once", answers(ok, s.changeStaff)).of("staff"),
		decide("staff-invite", post, "/api/staff/:staff/invitation", access.StaffManage, "Make a link by which the member sets a new password. Earlier links lapse", answers(ok, s.invite)).of("staff"),
		decide("staff-sign-out", remove, "/api/staff/:staff/sessions", access.StaffManage, "Sign a member out everywhere", does(s.signOutStaff)).of("staff"),
		decide("role-give", post, "/api/staff/:staff/roles", access.RoleGrant, "Give a member roles", answers(created, s.giveRole)).of("staff"),
		decide("role-take", remove, "/api/staff/:staff/roles/:grant", access.RoleGrant, "Take a role back", does(s.takeRole)).of("staff"),
		list("roles", "/api/roles", access.StaffView, "What each role may do, out of the policy itself", answers(ok, s.powers)),
		list("delegations", "/api/delegations", access.StaffView, "The custodian's delegates, past and present", answers(ok, s.delegations)),
		decide("delegate", post, "/api/delegations", access.DelegationMake, "Give a member the custodian's role for dated time", answers(created, s.delegate)),
	}
}

func (s rooms) siteLines() []route {
	return []route{
		list("health", "/api/health", access.CameraView, "How recording goes", answers(ok, s.health)),
		list("settings", "/api/settings", access.SettingView, "The parameters of the rules", answers(ok, s.settings)),
		decide("settings-change", patch, "/api/settings", access.SettingManage, "Change the parameters of the rules", answers(ok, s.adjust)),
		decide("set-up-finish", post, "/api/settings/set-up-finished", access.SettingManage, "End set-up: roles that people give to themselves start a day later from now on", answers(ok, s.finishSetUp)),
		list("restrictions", "/api/restrictions", access.Restrict, "Restrictions, lifted ones included", answers(ok, s.restrictions)),
		decide("restrict", post, "/api/restrictions", access.Restrict, "Close a span of a camera to ordinary viewing", answers(created, s.restrict)),
		decide("restriction-lift", remove, "/api/restrictions/:restriction", access.Restrict, "Lift a restriction", does(s.lift)).of("restriction"),
	}
}

func (s rooms) diaryLines() []route {
	return []route{
		list("audit", "/api/audit", access.AuditRead, "The diary, newest first", answers(ok, s.audit)),
		list("audit-proof", "/api/audit/:event/proof", access.AuditRead, "Proof that an entry stands in the signed log. 503 while no checkpoint covers it, at most a minute", answers(ok, s.proof)),
		list("audit-watchers", "/api/audit/watchers", access.AuditRead, "Who could see which minutes of a camera, and why", answers(ok, s.watchers)),
		decide("audit-export", get, "/api/audit/export", access.AuditExport, "The diary as a file. In CSV a cell that a spreadsheet would compute begins with an apostrophe; JSON Lines is exact", writes("text/csv", s.export, exportParams()...)).long(),
		list("log-consistency", "/api/log/consistency", access.AuditRead, "Proof that the log's later state extends an earlier one", answers(ok, s.consistency)),
		list("viewings", "/api/viewings", access.AuditRead, "Everybody's viewings, latest first", answers(ok, s.viewings)),
	}
}

// publish lays the line of the OpenAPI document, which is complete by now.
func (l *layout) publish() error {
	line := open("openapi", get, "/api/openapi.json", "the shape of the interface is no secret; the source is public", "This document", nil)
	l.document(line, "application/openapi+json", nil)
	schemas := l.huma.OpenAPI().Components.Schemas.Map()
	delete(schemas, "ErrorModel") // huma's own; no answer has it
	delete(schemas, "ErrorDetail")
	neverNull(schemas)
	text, err := json.Marshal(l.huma.OpenAPI())
	if err != nil {
		return err
	}
	l.door.RawOpen(line.public(), func(w http.ResponseWriter, _ *http.Request) error {
		return send(w, "application/openapi+json", text, nil)
	})
	return nil
}
