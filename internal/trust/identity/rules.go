package identity

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/footage-custody/custody/internal/custody"
)

func checkLogin(login string) error {
	if len(login) < 3 || len(login) > 64 || strings.Trim(login, "abcdefghijklmnopqrstuvwxyz0123456789._-") != "" {
		return custody.Errorf(custody.Invalid, "login: use 3 to 64 of the characters a to z, 0 to 9, dot, hyphen and underscore")
	}
	return nil
}

func checkName(name string) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > 80 || !plain(name) || strings.TrimSpace(name) != name {
		return custody.Errorf(custody.Invalid, "name: use 1 to 80 characters, what colleagues call this person")
	}
	return nil
}

func checkLabel(label string) error {
	if n := utf8.RuneCountInString(label); n < 1 || n > 60 || !plain(label) {
		return custody.Errorf(custody.Invalid, "label: use 1 to 60 characters, such as the name of the device")
	}
	return nil
}

func checkReason(reason string) error {
	if utf8.RuneCountInString(reason) > 500 || !plain(reason) {
		return custody.Errorf(custody.Invalid, "reason: use at most 500 characters")
	}
	return nil
}

// plain reports whether s is text without control characters.
func plain(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

func checkCameras(ids []custody.CameraID) error {
	if len(ids) > 1000 {
		return custody.Errorf(custody.Invalid, "cameras: at most 1000; assign all cameras instead")
	}
	for _, id := range ids {
		if !custody.ValidID("cam_", string(id)) {
			return custody.Errorf(custody.Invalid, "cameras: %q is not the id of a camera", string(id))
		}
	}
	return nil
}

// maxPassword bounds what is looked at at all, in bytes.
const maxPassword = 512

// checkPassword is ASVS 5.0, 6.2: length, not one of the commonest, nothing of the member's own; no rules of composition.
func checkPassword(p Secret, s Staff) error {
	text := string(p)
	n := utf8.RuneCountInString(text)
	if len(text) > maxPassword || !utf8.ValidString(text) || n < 12 || n > 128 {
		return custody.Errorf(custody.Invalid, "password: use 12 to 128 characters; a few unrelated words do well")
	}
	bare := bareText(text)
	if bare == "" || bare == bareText(s.Login) || bare == bareText(s.Name) || slices.Contains(commonest(), bare) || guessed(text, s) || monotonous(text) {
		return custody.Errorf(custody.Invalid, "password: this one is guessed at once; a few unrelated words do well")
	}
	return nil
}

// bareText is what remains of a text in lower case without spaces and the punctuation of names.
func bareText(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) || strings.ContainsRune("._-", c) {
			return -1
		}
		return unicode.ToLower(c)
	}, s)
}

// monotonous reports whether a text repeats at most three different characters, or counts up or down.
func monotonous(s string) bool {
	seen := map[rune]bool{}
	steps := map[rune]bool{}
	last := rune(-1)
	for _, c := range s {
		seen[c] = true
		if last >= 0 {
			steps[c-last] = true
		}
		last = c
	}
	return len(seen) <= 3 || len(steps) == 1
}

// commonest are passwords of at least 12 characters that lists of stolen ones lead with, and what people make of this house.
func commonest() []string {
	return []string{
		"123456789012", "1234567890123", "12345678901234", "123456789123", "1234567891011", "123123123123", "123412341234", "012345678901",
		"098765432109", "987654321098", "1q2w3e4r5t6y", "1q2w3e4r5t6y7u", "1qaz2wsx3edc", "1qaz2wsx3edc4rfv", "qazwsxedcrfv", "zaq12wsxcde3",
		"qwertyuiop12", "qwertyuiop123", "qwertyuiopasdf", "qwertyuiop[]", "qwerty123456", "qwerty1234567", "qwerty12345678", "asdfghjkl123",
		"asdfghjkl;'", "zxcvbnm12345", "qwertyqwerty", "abcdefghijkl", "abcdefghijklm", "abcd1234abcd", "abc123abc123", "abcdef123456",
		"password1234", "password12345", "password123456", "passwordpassword", "password123!", "passw0rd1234", "p@ssw0rd1234", "p@ssword1234",
		"mypassword123", "thisismypassword", "changeme1234", "changemenow1", "letmein12345", "letmeinletmein", "welcome12345", "welcome123456",
		"administrator", "administrator1", "admin1234567", "admin12345678", "adminadminadmin", "adminpassword", "rootpassword", "defaultpassword",
		"iloveyou1234", "iloveyouiloveyou", "football1234", "baseball1234", "sunshine1234", "princess1234", "trustno1trustno1", "superman1234",
		"librarylibrary", "library12345", "publiclibrary", "custodycustody", "footagecustody", "custody12345", "securitycamera", "correcthorsebatterystaple",
	}
}
