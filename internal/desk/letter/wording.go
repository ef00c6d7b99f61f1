package letter

import "github.com/footage-custody/custody/internal/custody"

// Kind is who asks, and with it which law holds. The words are those of the rules.
type Kind string

const (
	OpenRecords    Kind = "open-records"
	LawEnforcement Kind = "law-enforcement"
)

func (k Kind) check() error {
	if k != OpenRecords && k != LawEnforcement {
		return custody.Errorf(custody.Invalid, "the letter needs to know who asks: open-records or law-enforcement")
	}
	return nil
}

// wording is what a jurisdiction's law makes the letters say. All of it is a default that counsel confirms.
type wording struct {
	remedies map[Kind]string
	records  string // which law makes recordings public records
	rules    string // of evidence, by which a certification is drafted
	perjury  string // the words over a signature that stands for an oath
}

func wordingOf(jurisdiction string) (*wording, error) {
	if jurisdiction != IowaLibrary {
		return nil, custody.Errorf(custody.Invalid, "there is no wording for the jurisdiction %q", jurisdiction)
	}
	return &wording{
		remedies: map[Kind]string{
			OpenRecords: "If you disagree, you may ask us to look at this again. You may file a complaint with the Iowa Public Information Board " +
				"within 60 days of the day on which you learned of the decision or could have learned of it (Iowa Code 23.7). " +
				"You may also bring the matter before the district court (Iowa Code 22.10).",
			LawEnforcement: "If you need what was not given, you may send a subpoena, a court order or a search warrant. " +
				"We keep the recordings in the meantime and pass every such paper to counsel at once.",
		},
		records: "Recordings are public records under Iowa Code chapter 22, unless the law makes them confidential.",
		rules: "It follows Federal Rules of Evidence 902(11), 902(13) and 902(14) and Iowa Rule of Evidence 5.902(11). " +
			"Whether Iowa Rule 5.902 has counterparts of 902(13) and 902(14) on the day of use is for counsel to confirm.",
		perjury: "I certify under penalty of perjury and pursuant to the laws of the state of Iowa (Iowa Code 622.1), and I declare under penalty " +
			"of perjury under the laws of the United States of America (28 U.S.C. 1746), that the preceding is true and correct.",
	}, nil
}
