package broker

import (
	"encoding/binary"
	"syscall"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// MaxMessage is how many bytes a message has at most.
const MaxMessage = 64 << 10

// Who connects says first what it is.
const (
	publisher  = 'P'
	subscriber = 'S'
)

// A message is its length and its bytes. Their numbers need not be sent: streams
// have no gaps.
func sendMessage(c *ipc.Conn, msg []byte, deadline time.Time) error {
	var size [4]byte
	binary.BigEndian.PutUint32(size[:], uint32(len(msg)))
	return c.SendList([][]byte{size[:], msg}, deadline)
}

func recvMessage(c *ipc.Conn, deadline time.Time) ([]byte, error) {
	var size [4]byte
	if err := c.Recv(size[:], deadline); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > MaxMessage {
		return nil, &transport.Error{Op: "recv", Err: syscall.EMSGSIZE, Detail: "a message has at most 65536 bytes"}
	}
	msg := make([]byte, n)
	return msg, c.Recv(msg, deadline)
}

func sendNumber(c *ipc.Conn, n uint64, deadline time.Time) error {
	return c.Send(binary.BigEndian.AppendUint64(nil, n), deadline)
}

func recvNumber(c *ipc.Conn, deadline time.Time) (uint64, error) {
	var p [8]byte
	err := c.Recv(p[:], deadline)
	return binary.BigEndian.Uint64(p[:]), err
}
