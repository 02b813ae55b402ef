package wire

import (
	"fmt"
	"slices"
	"strings"
)

// search rewrites a SEARCH response: numbers of 32 bits in ascending order,
// and the mod-sequence that may follow them (RFC 7162).
func (w *rewriting) search() error {
	var nums []uint32
	modseq := ""
	for w.spaces(); !w.atEnd(); w.spaces() {
		if w.peek() == '(' {
			v, err := w.value(0)
			if err != nil {
				return err
			}
			if len(v.List) != 2 || !strings.EqualFold(v.List[0].Text, "MODSEQ") || !w.atEnd() {
				return errSyntax
			}
			if _, ok := parseNumber([]byte(v.List[1].Text), 1<<63-1); !ok {
				return errSyntax
			}
			modseq = " (MODSEQ " + v.List[1].Text + ")"
			break
		}
		n, ok := w.digits(maxNumber)
		if !ok || n == 0 {
			return errSyntax
		}
		nums = append(nums, uint32(n))
	}
	if !slices.IsSorted(nums) {
		slices.Sort(nums)
	}
	w.begin()
	for _, n := range nums {
		w.dst = appendNumber(append(w.dst, ' '), n)
	}
	w.write(modseq + "\r\n")
	return nil
}

// esearch rewrites an ESEARCH response (RFC 9051 section 7.3.4): words in
// upper case, as the library knows them in no other, sets in ascending order.
func (w *rewriting) esearch() error {
	r, err := parseResponse(&w.scanner, 0, w.typ)
	if err != nil {
		return err
	}
	w.begin()
	values := r.Values
	if len(values) == 0 || values[0].Kind != List {
		return errSyntax // the library needs to be told which search it answers
	}
	correlator := values[0].List
	if len(correlator) != 2 || !strings.EqualFold(correlator[0].Text, "TAG") || correlator[1].Kind == List {
		return errSyntax
	}
	w.write(" (TAG ")
	w.dst = appendQuoted(w.dst, correlator[1].Text)
	w.write(")")
	values = values[1:]
	if len(values) > 0 && values[0].Kind == Atom && strings.EqualFold(values[0].Text, "UID") {
		w.write(" UID")
		values = values[1:]
	}
	if len(values)%2 != 0 {
		return errSyntax
	}
	for pair := range slices.Chunk(values, 2) {
		if err := w.searchReturn(pair[0], pair[1]); err != nil {
			return err
		}
	}
	w.write("\r\n")
	return nil
}

// searchReturn writes an item that the library knows, and leaves others away.
func (w *rewriting) searchReturn(name, val Value) error {
	if name.Kind != Atom || val.Kind != Atom {
		return nil
	}
	word := strings.ToUpper(name.Text)
	max := uint64(maxNumber)
	switch word {
	case "ALL":
		set, count, ok := parseSet([]byte(val.Text))
		if !ok {
			return errSyntax
		}
		if count > w.o.MaxNumbers {
			return fmt.Errorf("a search result names %d messages, the limit is %d", count, w.o.MaxNumbers)
		}
		w.write(" ALL ")
		w.dst = appendSet(w.dst, set)
		return nil
	case "MODSEQ":
		max = 1<<63 - 1
	case "MIN", "MAX", "COUNT":
	default:
		return nil
	}
	if _, ok := parseNumber([]byte(val.Text), max); !ok {
		return errSyntax
	}
	w.write(" " + word + " " + val.Text)
	return nil
}
