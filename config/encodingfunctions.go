package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"
)

func encodingFunctions() []builtin {
	return []builtin{
		{"base64decode", "the text that the Base64 string stands for", base64Decode},
		{"base64encode", "the string in Base64", base64Encode},
		{"csvdecode", "a list of objects, one for each line of the CSV text, whose attributes its first line names", stdlib.CSVDecodeFunc},
		{"jsondecode", "the value that the JSON text stands for", checked(stdlib.JSONDecodeFunc, checkJSON)},
		{"jsonencode", "the value as JSON text", ofWritable(stdlib.JSONEncodeFunc)},
		{"textdecodebase64", "the text that the Base64 string stands for in the character set", textDecodeBase64},
		{"textencodebase64", "the string in the character set, in Base64", textEncodeBase64},
		{"urlencode", "the string as it can stand in a URL's query", urlEncode},
		{"yamldecode", "the value that the YAML text stands for", checked(yamlDecode, checkYAML)},
		{"yamlencode", "the value as YAML text", ofWritable(yamlEncode)},
	}
}

var base64Encode = textFunction("string", func(s string) (string, error) {
	return base64.StdEncoding.EncodeToString([]byte(s)), nil
})

var base64Decode = textFunction("string", func(s string) (string, error) {
	decoded, err := decodeBase64(s)
	if err != nil {
		return "", err
	}
	if !utf8.ValidString(decoded) {
		return "", errors.New("decode base64: the result is not UTF-8 text; if it is text in another character set, use textdecodebase64")
	}
	return decoded, nil
})

func decodeBase64(s string) (string, error) {
	decoded, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return "", fmt.Errorf("decode base64: %w", err)
	}
	return string(decoded), nil
}

var urlEncode = textFunction("string", func(s string) (string, error) { return url.QueryEscape(s), nil })

// textFunction makes a function of one string that gives a string.
func textFunction(param string, of func(string) (string, error)) function.Function {
	return function.New(&function.Spec{
		Params:       []function.Parameter{{Name: param, Type: cty.String}},
		Type:         function.StaticReturnType(cty.String),
		RefineResult: notNull,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			s, err := of(args[0].AsString())
			return stringOr(s, err)
		},
	})
}

func stringOr(s string, err error) (cty.Value, error) {
	if err != nil {
		return cty.NilVal, err
	}
	return cty.StringVal(s), nil
}

var textEncodeBase64 = charsetFunction(func(s string, charset encoding.Encoding) (string, error) {
	encoded, err := charset.NewEncoder().String(s)
	if err != nil {
		return "", errors.New("the string has a character that the character set lacks")
	}
	return base64.StdEncoding.EncodeToString([]byte(encoded)), nil
})

var textDecodeBase64 = charsetFunction(func(s string, charset encoding.Encoding) (string, error) {
	raw, err := decodeBase64(s)
	if err != nil {
		return "", err
	}
	text, err := charset.NewDecoder().String(raw)
	if err != nil || strings.ContainsRune(text, utf8.RuneError) {
		return "", errors.New("the string is not text in that character set")
	}
	return text, nil
})

// charsetFunction makes a function of a string and the name of a character set.
func charsetFunction(of func(s string, charset encoding.Encoding) (string, error)) function.Function {
	return function.New(&function.Spec{
		Params:       []function.Parameter{{Name: "string", Type: cty.String}, {Name: "charset", Type: cty.String}},
		Type:         function.StaticReturnType(cty.String),
		RefineResult: notNull,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			name := args[1].AsString()
			charset, err := ianaindex.IANA.Encoding(name)
			if err != nil || charset == nil {
				return cty.NilVal, function.NewArgErrorf(1, "%q is no character set that can be used here; the usual names are IANA's, such as %q or %q", name, "UTF-16LE", "ISO-8859-1")
			}
			s, err := of(args[0].AsString(), charset)
			return stringOr(s, err)
		},
	})
}

// checkJSON keeps brackets from ending the process: the decoder descends with them.
func checkJSON(args []cty.Value) error {
	if knownAs(args[0], cty.String) && tooDeepJSON([]byte(args[0].AsString()), "") != nil {
		return function.NewArgErrorf(0, "its brackets are nested more than %d deep", maxDepth)
	}
	return nil
}
