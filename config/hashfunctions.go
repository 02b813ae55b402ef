package config

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"

	"github.com/zclconf/go-cty/cty/function"
)

// hashFunctions give names to what is too long for one. They protect nothing: who
// has a hash can try what it may be of, so the hash of a sensitive value is
// sensitive.
func hashFunctions() []builtin {
	return []builtin{
		{"md5", "the MD5 hash of the string, in hexadecimal digits", hashFunction(md5.New)},
		{"sha1", "the SHA-1 hash of the string, in hexadecimal digits", hashFunction(sha1.New)},
		{"sha256", "the SHA-256 hash of the string, in hexadecimal digits", hashFunction(sha256.New)},
		{"sha512", "the SHA-512 hash of the string, in hexadecimal digits", hashFunction(sha512.New)},
	}
}

func hashFunction(newHash func() hash.Hash) function.Function {
	return textFunction("string", func(s string) (string, error) {
		h := newHash()
		h.Write([]byte(s)) // never fails, as hash.Hash says
		return hex.EncodeToString(h.Sum(nil)), nil
	})
}
