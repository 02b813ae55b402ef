package server

import "context"

// CompressAlways has the session's connection be compressed at the next occasion, however
// little is to be read and wherever the server is.
func CompressAlways(s *Session) { s.compression.always = true }

// CompressFor is what happens before octets are read.
func CompressFor(ctx context.Context, s *Session, octets int64) error {
	return s.compressFor(ctx, octets)
}
