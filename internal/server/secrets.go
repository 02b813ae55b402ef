package server

import "sync/atomic"

// secrets are what no error and no trace may hold. The trace is written by the
// library's goroutines as well.
type secrets struct{ forms atomic.Pointer[[]string] }

func (s *secrets) keep(forms []string) { s.forms.Store(&forms) }

// all are the secrets, the longest first; none before the login.
func (s *secrets) all() []string {
	if forms := s.forms.Load(); forms != nil {
		return *forms
	}
	return nil
}
