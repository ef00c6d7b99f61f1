package camera

import (
	"strings"
	"unicode"
)

// privateRooms are the words, in English and Spanish, for rooms where no camera may be (Iowa Code ch. 27), as plainWords leaves them.
const privateRooms = "restroom,restrooms,rest room,rest rooms,toilet,toilets,bathroom,bathrooms,bath room,bath rooms,washroom,washrooms,wash room,wash rooms," +
	"lavatory,lavatories,water closet,wc,w c,urinal,urinals,mens room,men s room,womens room,women s room,ladies room,ladies s room,powder room," +
	"locker room,locker rooms,lockerroom,lockerrooms,locker area,changing room,changing rooms,changingroom,changing area,change room,change rooms," +
	"dressing room,dressing rooms,dressingroom,fitting room,fitting rooms,fittingroom,shower,showers,shower room,showerroom,undressing room," +
	"lactation,nursing room,nursing rooms,breastfeeding,mothers room,mother s room," +
	"bano,banos,aseo,aseos,sanitario,sanitarios,servicios higienicos,retrete,retretes,inodoro,inodoros,lavabo,lavabos,mingitorio,urinario,urinarios," +
	"vestuario,vestuarios,vestidor,vestidores,vestier,probador,probadores,ducha,duchas,regadera,regaderas,lactancia,lactario,lactarios"

// namesPrivateRoom reports whether a name or a place mentions such a room, as whole words.
func namesPrivateRoom(s string) bool {
	words := " " + plainWords(s) + " "
	for room := range strings.SplitSeq(privateRooms, ",") {
		if strings.Contains(words, " "+room+" ") {
			return true
		}
	}
	return false
}

// plainWords is the words of s in lower case without accents, one space apart. MensRestroom2 is three words less a digit.
func plainWords(s string) string {
	var b strings.Builder
	var before rune
	for _, r := range s {
		if unicode.IsUpper(r) && unicode.IsLower(before) {
			b.WriteByte(' ')
		}
		before = r
		if unicode.Is(unicode.Mn, r) {
			continue
		}
		if r = plainLetter(unicode.ToLower(r)); !unicode.IsLetter(r) {
			r = ' '
		}
		b.WriteRune(r)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func plainLetter(r rune) rune {
	for _, letters := range []string{"aáàâäã", "eéèêë", "iíìîï", "oóòôöõ", "uúùûü", "nñ"} {
		if strings.ContainsRune(letters, r) {
			return rune(letters[0])
		}
	}
	return r
}
