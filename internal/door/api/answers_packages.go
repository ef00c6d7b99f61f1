package api

// Hold is an order to keep footage.
type Hold struct {
	ID         string     `json:"id"`
	Request    string     `json:"request,omitempty"`
	Number     string     `json:"number,omitempty" doc:"Of the request"`
	Camera     *CameraRef `json:"camera,omitempty" doc:"Absent: every camera of the site"`
	From       string     `json:"from" format:"date-time"`
	To         string     `json:"to" format:"date-time"`
	FromUS     int64      `json:"from_us"`
	ToUS       int64      `json:"to_us"`
	Reason     string     `json:"reason"`
	By         string     `json:"by"`
	PlacedAt   string     `json:"placed_at" format:"date-time"`
	ReviewAt   string     `json:"review_at" format:"date-time"`
	LapsesAt   string     `json:"lapses_at,omitempty" format:"date-time"`
	VerifiedAt string     `json:"verified_at,omitempty" format:"date-time" doc:"When every object under it was last looked at"`
	Objects    int        `json:"objects"`
	Lost       []HoldLoss `json:"lost" doc:"What was gone before it was placed"`
	Lift       *HoldLift  `json:"lift,omitempty" doc:"Proposed, and waiting for a second person"`
	LiftedAt   string     `json:"lifted_at,omitempty" format:"date-time"`
	Standing   bool       `json:"standing"`
	Version    int64      `json:"version"`
}

// HoldLoss is footage under a hold that was gone already.
type HoldLoss struct {
	Camera      CameraRef `json:"camera"`
	From        string    `json:"from" format:"date-time"`
	To          string    `json:"to" format:"date-time"`
	Disposition string    `json:"disposition,omitempty" doc:"The act of disposal that proves it"`
	Cause       string    `json:"cause"`
}

// HoldLift is a proposal to end a hold.
type HoldLift struct {
	By  PersonRef `json:"by"`
	Why string    `json:"why"`
}

// Holds are holds, latest first.
type Holds struct {
	Holds []Hold `json:"holds"`
}

// Package is one package of a request.
type Package struct {
	ID           string           `json:"id"`
	Number       string           `json:"number"`
	State        string           `json:"state" enum:"building,ready,failed,recalled,replaced"`
	Why          string           `json:"why,omitempty"`
	BegunAt      string           `json:"begun_at" format:"date-time"`
	MadeAt       string           `json:"made_at,omitempty" format:"date-time"`
	Done         int64            `json:"done" doc:"While it is built: bytes so far"`
	Total        int64            `json:"total" doc:"0 while nobody knows"`
	Size         int64            `json:"size"`
	Digest       string           `json:"digest,omitempty" doc:"SHA-256 over the list of all files: what a receipt states"`
	DigestGroups string           `json:"digest_groups,omitempty" doc:"The same, to be read aloud"`
	Verdict      string           `json:"verdict,omitempty" doc:"Of the program's own check, with no key from outside"`
	VerdictText  string           `json:"verdict_text,omitempty"`
	Items        []string         `json:"items" doc:"Numbers of the items of which it holds footage"`
	Files        []PackageFile    `json:"files"`
	Findings     []PackageFinding `json:"findings"`
}

// PackageReport is what came of checking every stored byte again.
type PackageReport struct {
	Verdict  string           `json:"verdict"`
	Text     string           `json:"text"`
	Findings []PackageFinding `json:"findings"`
}

// PackageFile is one file of a package.
type PackageFile struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// PackageFinding is something that is not as it should be.
type PackageFinding struct {
	Weight string `json:"weight"`
	Text   string `json:"text"`
}

// Delivery is one hand-over of a package.
type Delivery struct {
	ID            string    `json:"id"`
	Package       string    `json:"package"`
	PackageNumber string    `json:"package_number"`
	Digest        string    `json:"digest"`
	Way           string    `json:"way" enum:"folder,disc"`
	Recipient     string    `json:"recipient"`
	Agency        string    `json:"agency,omitempty"`
	Badge         string    `json:"badge,omitempty"`
	ByCode        bool      `json:"by_code" doc:"The recipient brought the pick-up code"`
	By            PersonRef `json:"by"`
	At            string    `json:"at" format:"date-time"`
	SignedAt      string    `json:"signed_at,omitempty" format:"date-time"`
	SignedBy      string    `json:"signed_by,omitempty"`
	RecalledAt    string    `json:"recalled_at,omitempty" format:"date-time"`
}

// Recalled answers a recall: who holds what.
type Recalled struct {
	Number  string     `json:"number" doc:"Of the package"`
	Holders []Delivery `json:"holders"`
}

// Schedule says how long footage is kept.
type Schedule struct {
	Camera      *CameraRef `json:"camera,omitempty"`
	Class       string     `json:"class,omitempty" enum:"public-area,staff-area,library-record"`
	AtLeastDays int        `json:"at_least_days"`
	AtMostDays  int        `json:"at_most_days"`
	Version     int64      `json:"version"`
}

// Retention is how long footage is kept, and how full the disk is.
type Retention struct {
	Schedules  []Schedule `json:"schedules" doc:"What people set"`
	Cameras    []Schedule `json:"cameras" doc:"What holds for each camera"`
	FreeBytes  int64      `json:"free_bytes"`
	TotalBytes int64      `json:"total_bytes"`
}

// DryRun is what the schedule would dispose of now.
type DryRun struct {
	Cameras []DryRunCamera `json:"cameras"`
}

// DryRunCamera is that of one camera.
type DryRunCamera struct {
	Camera       CameraRef `json:"camera"`
	Segments     int       `json:"segments"`
	Bytes        int64     `json:"bytes"`
	From         string    `json:"from,omitempty" format:"date-time"`
	To           string    `json:"to,omitempty" format:"date-time"`
	HeldSegments int       `json:"held_segments" doc:"Old enough, but held"`
	Holds        []string  `json:"holds"`
}

// Disposition is one act of disposal.
type Disposition struct {
	ID       string    `json:"id"`
	Camera   CameraRef `json:"camera"`
	From     string    `json:"from" format:"date-time"`
	To       string    `json:"to" format:"date-time"`
	Segments int       `json:"segments"`
	Bytes    int64     `json:"bytes"`
	Why      string    `json:"why"`
	At       string    `json:"at" format:"date-time"`
	PurgedAt string    `json:"purged_at,omitempty" format:"date-time"`
	FinalAt  string    `json:"final_at" format:"date-time" doc:"When the last backup that holds a key ages out"`
}

// Dispositions are acts of disposal, latest first.
type Dispositions struct {
	Dispositions []Disposition `json:"dispositions"`
}
