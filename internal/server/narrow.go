package server

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/uidset"
)

// found is what the server's own search says of tests: the messages that may pass. A
// test that is not in it was not searched for.
type found map[*message.TextTest]map[imap.UID]bool

// of are those of the tests that a message may pass.
func (f found) of(uid imap.UID, tests []*message.TextTest) []*message.TextTest {
	if len(f) == 0 {
		return tests
	}
	return slices.DeleteFunc(slices.Clone(tests), func(t *message.TextTest) bool {
		uids, searched := f[t]
		return searched && !uids[uid]
	})
}

// narrow has the server search for the words of tests, where the account wants that,
// so that texts are read only of messages that it finds. It may not find all.
func (r *reading) narrow(ctx context.Context, messages []*message.Message) (found, error) {
	if !r.s.account.BodySearch || len(messages) == 0 {
		return nil, nil
	}
	uids := make([]imap.UID, len(messages))
	for i, m := range messages {
		uids[i] = m.UID
	}
	all := found{}
	searched := map[string]map[imap.UID]bool{} // by the key, since tests may share a word
	for _, t := range r.texts {
		if t.Word == "" {
			continue
		}
		key := "BODY " + quote(t.Word)
		if t.Header {
			key = "TEXT " + quote(t.Word)
		}
		if searched[key] == nil {
			hits, err := r.searchWord(ctx, uids, key)
			if err != nil {
				return nil, err
			}
			searched[key] = hits
		}
		all[t] = searched[key]
	}
	return all, nil
}

// searchWord returns those of the messages that the server finds by a key. The word is
// ASCII, so that no charset has to be agreed on.
func (r *reading) searchWord(ctx context.Context, uids []imap.UID, key string) (map[imap.UID]bool, error) {
	hits := map[imap.UID]bool{}
	for set := range windows(uidset.Of(uids), r.size) {
		some, err := r.s.searchFor(ctx, r.name, set, key)
		if refused, ok := errors.AsType[*ResponseError](err); ok {
			return nil, fmt.Errorf("search folder %q for a word of a rule: %w: say body_search = \"local\", by which texts are fetched and judged here", r.name, refused)
		}
		if err != nil {
			return nil, fmt.Errorf("search for a word of a rule (body_search = \"server\"): %w", err)
		}
		for _, uid := range some {
			hits[uid] = true
		}
	}
	return hits, nil
}
