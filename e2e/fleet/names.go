package fleet

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// names is a DNS server on loopback that knows a few names: gRPC's own resolver
// and balancer are part of what is tested.
type names struct {
	conn  net.PacketConn
	addrs map[string][][4]byte // by name, without the dot at the end
}

// serveNames answers until close.
func serveNames(addrs map[string][][4]byte) (*names, error) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0") //nolint:noctx // it does not connect
	if err != nil {
		return nil, fmt.Errorf("listen for names: %w", err)
	}
	n := &names{conn: conn, addrs: addrs}
	go n.serve()
	return n, nil
}

func (n *names) close() error { return n.conn.Close() }

// target is how gRPC finds all addresses of a name.
func (n *names) target(name, port string) string {
	return fmt.Sprintf("dns://%s/%s:%s", n.conn.LocalAddr(), name, port)
}

func (n *names) serve() {
	question := make([]byte, 512)
	for {
		size, from, err := n.conn.ReadFrom(question)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		answer, err := n.answer(question[:size])
		if err == nil {
			_, _ = n.conn.WriteTo(answer, from) // who gets no answer asks again
		}
	}
}

// answer gives the IPv4 addresses of a name, and none of any other kind.
func (n *names) answer(question []byte) ([]byte, error) {
	var message dnsmessage.Message
	err := message.Unpack(question)
	if err != nil || len(message.Questions) != 1 {
		return nil, errors.Join(err, errors.New("not one question"))
	}
	asked := message.Questions[0]
	addrs, known := n.addrs[strings.TrimSuffix(asked.Name.String(), ".")]
	message.Response, message.Authoritative = true, true
	message.Additionals = nil
	if !known {
		message.RCode = dnsmessage.RCodeNameError
	}
	if asked.Type == dnsmessage.TypeA {
		for _, addr := range addrs {
			message.Answers = append(message.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: asked.Name, Class: dnsmessage.ClassINET, TTL: 1},
				Body:   &dnsmessage.AResource{A: addr},
			})
		}
	}
	return message.Pack()
}
