package mysqltest

import (
	"encoding/binary"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
)

// The commands of the protocol that tests wait for.
const (
	ComQuery       = 0x03
	ComStmtPrepare = 0x16
	ComStmtExecute = 0x17
)

// Verdict is what a Proxy does with a command of the client's.
type Verdict int

// The verdicts.
const (
	Pass       Verdict = iota // and its answer
	Drop                      // the connection is cut before the server gets it
	LoseAnswer                // the server carries it out, then the connection is cut
	Mute                      // the server carries it out, and the client hears nothing more
)

// Proxy stands between a client and the database server, and cuts connections when its judge says so.
type Proxy struct {
	Addr string
	// Lost is called when an answer is lost, before the connection is cut; nil is nothing. It is set before there are connections.
	Lost func()

	judge func(command byte, text string) Verdict
	named bool // the judge hears statements instead of their numbers

	mu      sync.Mutex
	stopped bool
	open    []io.Closer
	busy    sync.WaitGroup
}

// NewProxy starts a proxy for one test. The judge hears each command of the protocol with what follows it, from several goroutines.
func NewProxy(t testing.TB, server string, judge func(command byte, text string) Verdict) *Proxy {
	t.Helper()
	ctx := t.Context()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Addr: listener.Addr().String(), judge: judge, open: []io.Closer{listener}}
	t.Cleanup(p.Stop)
	p.busy.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			upstream, err := (&net.Dialer{}).DialContext(ctx, "tcp", server)
			if err != nil {
				_ = client.Close()
				continue
			}
			p.keep(client, upstream)
			p.busy.Go(func() { p.serve(client, upstream) })
		}
	})
	return p
}

// NewProxyOfStatements is NewProxy for a judge that hears of ComStmtExecute the statement that is executed, and nothing of ComStmtPrepare.
func NewProxyOfStatements(t testing.TB, server string, judge func(command byte, text string) Verdict) *Proxy {
	t.Helper()
	p := NewProxy(t, server, judge)
	p.named = true
	return p
}

func (p *Proxy) keep(conns ...io.Closer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open = append(p.open, conns...)
	if p.stopped {
		for _, c := range conns {
			_ = c.Close()
		}
	}
}

// Stop cuts all connections and takes no more.
func (p *Proxy) Stop() {
	p.mu.Lock()
	p.stopped = true
	for _, c := range p.open {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.busy.Wait()
}

// serve carries packets until one side closes. The answers go through a valve that the judge can close.
func (p *Proxy) serve(client, upstream net.Conn) {
	valve := &valve{to: client}
	answers := make(chan struct{})
	go func() {
		defer close(answers)
		_, _ = io.Copy(valve, upstream)
		_ = client.Close()
	}()
	defer func() {
		_, _ = client.Close(), upstream.Close()
		<-answers
	}()
	prepared := map[uint32]string{}
	for {
		packet, err := readPacket(client)
		if err != nil {
			return
		}
		decision := Pass
		if packet[3] == 0 && len(packet) > 4 { // sequence number 0 begins a command
			command, text := packet[4], string(packet[5:])
			switch {
			case p.named && command == ComStmtPrepare:
				valve.next(func(answer []byte) {
					if len(answer) >= 9 && answer[4] == 0 { // after the header: OK, and the statement's number
						prepared[binary.LittleEndian.Uint32(answer[5:])] = text
					}
				})
			case p.named && command == ComStmtExecute:
				decision = p.judge(command, prepared[binary.LittleEndian.Uint32(packet[5:])])
			default:
				decision = p.judge(command, text)
			}
		}
		switch decision {
		case Drop:
			return
		case LoseAnswer:
			answered := valve.shut()
			_, _ = upstream.Write(packet)
			<-answered
			if p.Lost != nil {
				p.Lost()
			}
			return
		case Mute:
			valve.shut()
		case Pass:
		}
		_, err = upstream.Write(packet)
		if err != nil {
			return
		}
	}
}

func readPacket(from io.Reader) ([]byte, error) {
	header := make([]byte, 4)
	_, err := io.ReadFull(from, header)
	if err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint32([]byte{header[0], header[1], header[2], 0})
	body := make([]byte, length)
	_, err = io.ReadFull(from, body)
	return slices.Concat(header, body), err
}

// valve passes bytes on until it is shut. Then it swallows them, and tells when the first ones come.
type valve struct {
	to io.Writer

	mu       sync.Mutex
	isShut   bool
	answered chan struct{}
	look     func(answer []byte) // at the next one; who asks waits for it before it asks again
}

func (v *valve) next(look func(answer []byte)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.look = look
}

func (v *valve) shut() <-chan struct{} {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.isShut, v.answered = true, make(chan struct{})
	return v.answered
}

func (v *valve) Write(bytes []byte) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.look != nil {
		v.look(bytes)
		v.look = nil
	}
	if !v.isShut {
		return v.to.Write(bytes)
	}
	if v.answered != nil {
		close(v.answered)
		v.answered = nil
	}
	return len(bytes), nil
}
