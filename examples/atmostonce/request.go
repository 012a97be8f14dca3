package atmostonce

import (
	"encoding/binary"
	"time"

	"example.com/brine/ipc"
)

// A Request is to give out notes. Client and Number together are the same in every
// try of it, and in no other request.
type Request struct {
	Client uint64 // who asks: a number that is no other client's
	Number uint64 // counted by the client, from 1
	Notes  uint64
}

const requestSize = 3 * 8

func (r Request) send(c *ipc.Conn, deadline time.Time) error {
	var p [requestSize]byte
	binary.BigEndian.PutUint64(p[0:], r.Client)
	binary.BigEndian.PutUint64(p[8:], r.Number)
	binary.BigEndian.PutUint64(p[16:], r.Notes)
	return c.Send(p[:], deadline)
}

func recvRequest(c *ipc.Conn, deadline time.Time) (r Request, err error) {
	var p [requestSize]byte
	err = c.Recv(p[:], deadline)
	r.Client = binary.BigEndian.Uint64(p[0:])
	r.Number = binary.BigEndian.Uint64(p[8:])
	r.Notes = binary.BigEndian.Uint64(p[16:])
	return r, err
}

// What else is said are single numbers: the server's life, first of all, and its
// answers.
func sendNumber(c *ipc.Conn, n uint64, deadline time.Time) error {
	return c.Send(binary.BigEndian.AppendUint64(nil, n), deadline)
}

func recvNumber(c *ipc.Conn, deadline time.Time) (uint64, error) {
	var p [8]byte
	err := c.Recv(p[:], deadline)
	return binary.BigEndian.Uint64(p[:]), err
}
