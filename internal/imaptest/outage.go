package imaptest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// StartAlone starts a Dovecot that is the test's alone, which may pause it, end it and start it again. It ends with the
// test.
func StartAlone(t testing.TB, options ...Option) *Server {
	t.Helper()
	var s *Server
	t.Cleanup(func() {
		if s != nil {
			s.Stop()
		}
	})
	s = Start(t, Dovecot, append(options, func(c *config) { c.owner = t.Name() })...)
	return s
}

// Pause stops all of the server's processes (SIGSTOP): connections stay, and are even made, but nothing answers. The
// server must be the test's alone, as for all that follows.
func (s *Server) Pause() error { return s.signal(syscall.SIGSTOP, true) }

// Continue lets a server go on after Pause.
func (s *Server) Continue() error { return s.signal(syscall.SIGCONT, true) }

// Kill ends all of the server's processes at once (SIGKILL). The mail stays, for Restart.
func (s *Server) Kill() error {
	if s.config.owner == "" {
		return errors.New("the server is not the test's alone")
	}
	if err := os.WriteFile(filepath.Join(s.process.folder, "keep"), nil, 0o600); err != nil {
		return fmt.Errorf("kill the server: %w", err)
	}
	s.process.stop()
	return nil
}

// ShutDown asks the server to end, as the system does when it goes down (SIGTERM), and returns when it has ended. The
// mail stays, for Restart.
func (s *Server) ShutDown() error {
	if err := s.signal(syscall.SIGTERM, false); err != nil {
		return err
	}
	if err := s.process.awaitEnd(); err != nil {
		return err
	}
	return s.Kill() // what has stayed behind
}

// Restart starts a server after Kill or ShutDown, at the same address and with the same mail, and returns when it
// greets.
func (s *Server) Restart() error {
	if err := os.Remove(filepath.Join(s.process.folder, "ended")); err != nil {
		return fmt.Errorf("start the server again: %w", err)
	}
	p, err := s.process.again()
	if err != nil {
		return fmt.Errorf("start the server again: %w", err)
	}
	s.process = p
	return p.await(s.addr(s.Port))
}

// signal sends a signal to the server's first process, or to all.
func (s *Server) signal(sig syscall.Signal, all bool) error {
	if s.config.owner == "" {
		return errors.New("the server is not the test's alone")
	}
	text, err := os.ReadFile(filepath.Join(s.process.folder, "pid"))
	if err != nil {
		return fmt.Errorf("send the server a signal: %w", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 1 {
		return fmt.Errorf("send the server a signal: its number is %q", text)
	}
	if all {
		pid = -pid
	}
	return syscall.Kill(pid, sig)
}
