package cli

import (
	"sync"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/server"
)

// accountLimits are what the run may ask of each account's server: all of its
// connections to one account share them. The zero value has used nothing.
type accountLimits struct {
	mu  sync.Mutex
	all map[string]*server.Limits // by address
}

func (l *accountLimits) of(a *config.Account) *server.Limits {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = map[string]*server.Limits{}
	}
	if l.all[a.Address] == nil {
		l.all[a.Address] = server.NewLimits(a)
	}
	return l.all[a.Address]
}
