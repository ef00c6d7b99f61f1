package request

// Profile is what a jurisdiction's law and a body's policy give this room. Every value is a default that the site's counsel confirms; none
// of it is legal advice.
type Profile struct {
	Name          string
	Acknowledge   int   // business days
	Decide        int   // business days, of open records
	DecideAlerts  []int // business days
	Outer         int   // calendar days, of open records
	OuterAlerts   []int // calendar days
	DecideOfficer int   // business days, of law enforcement on its word
	Citations     []Citation
	Remedies      []string // what a requester can do who disagrees, for letters
	// FilesYears is how long the file of a closed request is kept, and FilesAuthority what a tombstone names as the schedule for it.
	FilesYears     int
	FilesAuthority string
}

// Citation is a law that footage may be withheld under. It is a suggestion; a decision may cite another.
type Citation struct {
	Text  string // as a decision cites it
	Means string // in plain words
}

// Iowa is the profile "iowa-library" (LAW.md).
func Iowa() Profile {
	return Profile{
		Name: "iowa-library", Acknowledge: 2, Decide: 10, DecideAlerts: []int{5, 8, 10}, Outer: 20, OuterAlerts: []int{15, 18, 20}, DecideOfficer: 2,
		Citations: []Citation{
			{"Iowa Code 22.7(13)", "library records that tie a person to what they read, borrow or ask for"},
			{"Iowa Code 22.7(50)", "security procedures and what would reveal them; the custodian may waive it"},
			{"Iowa Code 22.7(5)", "peace officers' investigative reports"},
			{"The retention schedule", "no such record exists: it was never made, or was disposed of on schedule"},
		},
		Remedies: []string{
			"Ask the library director to look at it again.",
			"Complain to the Iowa Public Information Board within 60 days (Iowa Code ch. 23).",
			"Ask the district court to enforce chapter 22 (Iowa Code 22.5, 22.10).",
		},
		FilesYears: 5, FilesAuthority: "the schedule of request files",
	}
}
