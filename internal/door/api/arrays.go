package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// An array of this API is never null, neither in an answer nor in a body: a list with nothing in it is written as one. The document
// says so, and what writes answers sees to it.

// neverNull takes back what the library says of every Go slice.
func neverNull(schemas map[string]*huma.Schema) {
	for _, s := range schemas {
		plainArrays(s)
	}
}

func plainArrays(s *huma.Schema) {
	if s == nil {
		return
	}
	if s.Type == huma.TypeArray {
		s.Nullable = false
	}
	plainArrays(s.Items)
	for _, p := range s.Properties {
		plainArrays(p)
	}
	s.PrecomputeMessages()
}

// filled is v with an empty slice in place of every nil one. v is a DTO, a tree made for one answer.
func filled(v any) any {
	if v == nil {
		return nil
	}
	out := reflect.New(reflect.TypeOf(v)).Elem()
	out.Set(reflect.ValueOf(v))
	fill(out)
	return out.Interface()
}

func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			fill(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i))
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return // text of one kind or another, not a list
		}
		if v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		if k := v.Type().Elem().Kind(); k == reflect.Struct || k == reflect.Pointer || k == reflect.Slice {
			for i := range v.Len() {
				fill(v.Index(i))
			}
		}
	}
}
