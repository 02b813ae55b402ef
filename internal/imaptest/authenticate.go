package imaptest

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

// serveAuthdaemon answers Courier's question whether a login is right, on a socket at path, for as long as this process
// lives. The answer is in the form of authdaemond.
func serveAuthdaemon(path string, answer func(username, secret string) string) error {
	return serve(path, func(conn io.ReadWriter) error {
		reader := bufio.NewReader(conn)
		var size int
		for size == 0 {
			line, err := reader.ReadString('\n')
			if err != nil {
				return err
			}
			if strings.Contains(line, "=") { // about the connection
				continue
			}
			if _, err := fmt.Sscanf(line, "AUTH %d", &size); err != nil { // it also lists users and changes passwords
				_, err = io.WriteString(conn, "FAIL\n")
				return err
			}
		}
		octets := make([]byte, min(size, 4096))
		if _, err := io.ReadFull(reader, octets); err != nil {
			return err
		}
		fields := strings.Split(string(octets), "\n") // service, kind, name, password
		reply := "FAIL\n"
		if len(fields) >= 4 && fields[1] == "login" {
			reply = answer(fields[2], fields[3])
		}
		_, err := io.WriteString(conn, reply)
		return err
	})
}

// serveSaslauthd answers Cyrus's question likewise, in the form of saslauthd.
func serveSaslauthd(path string, right func(username, secret string) bool) error {
	return serve(path, func(conn io.ReadWriter) error {
		var fields [4]string // name, password, service, realm
		for i := range fields {
			var size uint16
			if err := binary.Read(conn, binary.BigEndian, &size); err != nil {
				return err
			}
			octets := make([]byte, size)
			if _, err := io.ReadFull(conn, octets); err != nil {
				return err
			}
			fields[i] = string(octets)
		}
		reply := "\x00\x02NO"
		if right(fields[0], fields[1]) {
			reply = "\x00\x02OK"
		}
		_, err := io.WriteString(conn, reply)
		return err
	})
}

// serve answers one question a connection.
func serve(path string, answer func(io.ReadWriter) error) error {
	listener, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	if err := os.Chmod(path, 0o666); err != nil {
		return err
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // the process ends
			}
			go func() {
				defer conn.Close()
				conn.SetDeadline(time.Now().Add(10 * time.Second))
				answer(conn) // a question that cannot be read is one that the server gets no answer to
			}()
		}
	}()
	return nil
}
