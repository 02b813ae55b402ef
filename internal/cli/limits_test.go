package cli

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/server"
)

// All sessions of an account share what it may ask of its server, those of others do
// not.
func TestAccountLimits(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]map[*server.Limits]bool{}
	inv := &invocation{Env: Env{Dial: func(_ context.Context, a *config.Account, o server.Options) (Session, error) {
		mu.Lock()
		defer mu.Unlock()
		if seen[a.Address] == nil {
			seen[a.Address] = map[*server.Limits]bool{}
		}
		seen[a.Address][o.Limits] = true
		return nil, errors.New("nobody is there")
	}}}
	var dialling sync.WaitGroup
	for _, address := range []string{"account.work", "account.home", "account.work", "account.home"} {
		dialling.Go(func() {
			if _, err := inv.dial(t.Context(), &config.Account{Address: address}, server.Options{}); err == nil {
				t.Error("somebody is there")
			}
		})
	}
	dialling.Wait()
	all := map[*server.Limits]bool{}
	for address, limits := range seen {
		if len(limits) != 1 || limits[nil] {
			t.Errorf("%s: %d limits", address, len(limits))
		}
		for l := range limits {
			all[l] = true
		}
	}
	if len(all) != 2 {
		t.Errorf("%d limits of two accounts", len(all))
	}
}
