package delivery

// Admits checks what a clerk states, and says whether who comes may take what the asker asked for.
func Admits(a Asker, in *In) (byCode bool, err error) {
	if err := in.check(); err != nil {
		return false, err
	}
	return a.admits(*in)
}
