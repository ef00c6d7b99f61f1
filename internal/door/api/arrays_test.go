package api

import (
	"bytes"
	"testing"
)

func TestArraysAreNeverNull(t *testing.T) {
	type leaf struct {
		Names  []string `json:"names"`
		Absent []string `json:"absent,omitempty"`
	}
	type tree struct {
		Leaves []leaf  `json:"leaves"`
		One    *leaf   `json:"one"`
		None   *leaf   `json:"none"`
		Pairs  [][]int `json:"pairs"`
	}
	var b bytes.Buffer
	if err := strictJSON().Marshal(&b, tree{Leaves: []leaf{{}}, One: &leaf{}, Pairs: [][]int{nil, {1}}}); err != nil {
		t.Fatal(err)
	}
	const want = `{"leaves":[{"names":[]}],"one":{"names":[]},"none":null,"pairs":[[],[1]]}` + "\n"
	if b.String() != want {
		t.Errorf("%s, want %s", b.String(), want)
	}
}
