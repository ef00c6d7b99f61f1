package identity

import (
	"slices"
	"strings"
	"unicode"
)

// guessed reports whether a password is made of at most two common words, or of words of the member's own, with nothing but digits and
// punctuation beside them: that is what lists of stolen passwords of twelve characters and more consist of, and what programs try that
// guess. Digits and signs that stand for letters count as the letters. More words, or others, are the remedy.
func guessed(password string, s Staff) bool {
	const most = 2
	words := slices.Concat(commonWords(), own(s))
	text := []rune(strings.ToLower(password))
	// fewest[i] is how many words the first i characters take; more than most if they are not made like that.
	fewest := make([]int, len(text)+1)
	for i := range fewest[1:] {
		fewest[i+1] = most + 1
	}
	for i := range text {
		if fewest[i] > most {
			continue
		}
		if !unicode.IsLetter(text[i]) {
			fewest[i+1] = min(fewest[i+1], fewest[i])
		}
		for _, w := range words {
			if n := len([]rune(w)); spells(text[i:], w) {
				fewest[i+n] = min(fewest[i+n], fewest[i]+1)
			}
		}
	}
	n := fewest[len(text)]
	return n == 1 || n == most
}

// own are the parts of a member's login and name that are long enough to be words.
func own(s Staff) []string {
	parts := strings.FieldsFunc(strings.ToLower(s.Login+" "+s.Name), func(r rune) bool { return !unicode.IsLetter(r) })
	return slices.DeleteFunc(parts, func(p string) bool { return len([]rune(p)) < 3 })
}

// spells reports whether the text begins with the word, letters written as look-alikes included.
func spells(text []rune, word string) bool {
	i := 0
	for _, c := range word {
		if i == len(text) || text[i] != c && !strings.ContainsRune(likes(c), text[i]) {
			return false
		}
		i++
	}
	return true
}

func likes(c rune) string {
	switch c {
	case 'a':
		return "4@"
	case 'e':
		return "3"
	case 'i', 'l':
		return "1!|"
	case 'o':
		return "0"
	case 's':
		return "5$"
	case 't':
		return "7+"
	}
	return ""
}

// commonWords are what common passwords are made of: words, names, walks over the keyboard, and what people make of this house.
func commonWords() []string {
	return strings.Fields(`
		password passwort passwd pass word login logon signin welcome letmein changeme changeit change secret default admin administrator
		root user guest master manager system access account test testing tester temp temporary hello hallo goodbye please trustno whatever
		nothing computer internet laptop windows network server samsung google android iphone apple facebook linkedin microsoft

		qwerty qwertyuiop qwertyui qwert qwertz azerty asdf asdfg asdfgh asdfghjkl zxcv zxcvb zxcvbn zxcvbnm qaz wsx edc rfv tgb yhn ujm
		qazwsx qazwsxedc wasd qweasd qweasdzxc abc abcd abcde abcdef xyz aaa aaaa xxx zzz q1w2e3 q1w2e3r4 q1w2e3r4t5 1q2w3e 1q2w3e4r 1q2w3e4r5t 6y7u8i 6y7u8i9o0p 1qaz
		2wsx 3edc 4rfv zaq xsw cde zaqxsw

		love iloveyou loveyou lovely lover baby babygirl angel angels heaven jesus christ blessed faith freedom family forever friend friends
		mother father sister brother daddy mommy princess prince queen king sunshine rainbow flower flowers butterfly diamond crystal
		silver golden purple orange yellow black white green blue red pink happy lucky sweet sweetie honey cookie chocolate banana cherry
		peanut pepper ginger cheese coffee pizza

		monkey dragon tiger tigger lion eagle eagles falcon panther wolf bear horse horses dolphin shark snoopy garfield mickey kitty puppy
		superman batman spiderman ironman starwars pokemon naruto minecraft fortnite ninja pirate warrior hunter killer shadow phoenix thunder
		football soccer baseball basketball softball hockey tennis golf liverpool chelsea arsenal barcelona madrid manchester united
		yankees cowboys steelers lakers packers mustang ferrari corvette porsche harley yamaha toyota honda

		michael michelle jennifer jessica ashley amanda nicole melissa elizabeth danielle daniel david robert thomas andrew joshua matthew
		anthony william james john jordan justin brandon charlie charles george alexander christian richard samantha maria anna sophie
		sarah rachel laura emily hannah martin peter

		spring summer autumn winter january february march april june july august september october november december monday tuesday
		wednesday thursday friday saturday sunday london paris berlin america canada mexico texas florida california iowa

		library librarian books book public reader reading custody footage camera cameras security video evidence record records recorder
		office school college city county town hall police`)
}
