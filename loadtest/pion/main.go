// A TURN server as an operator of pion/turn would write it, for `make bench` to measure: one UDP listener, one user with the
// long-term mechanism, everything else as the library has it. One thread runs Go code, as each server of the comparison has one worker.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"github.com/pion/turn/v2"
)

// Set by the linker: the library's version is Debian's package's.
var version = "unknown version"

const (
	realm        = "bench"
	socketBuffer = 4 << 20
)

func main() {
	listen := flag.String("listen", "127.0.0.1:3478", "address to listen on and to relay from")
	user := flag.String("user", "", "NAME:PASSWORD of the one user")
	showVersion := flag.Bool("version", false, "print the version")
	flag.Parse()
	if *showVersion {
		fmt.Printf("pion/turn %s, %s\n", version, runtime.Version())
		return
	}
	name, password, found := strings.Cut(*user, ":")
	if !found {
		log.Fatalf("-user is NAME:PASSWORD, not %q", *user)
	}
	address, err := net.ResolveUDPAddr("udp4", *listen)
	if err != nil || address.IP == nil {
		log.Fatalf("-listen is ADDRESS:PORT, not %q", *listen)
	}

	runtime.GOMAXPROCS(1)
	socket, err := net.ListenUDP("udp4", address)
	if err != nil {
		log.Fatal(err)
	}
	// What the system grants; Go's own is the system's default.
	for _, set := range []func(int) error{socket.SetReadBuffer, socket.SetWriteBuffer} {
		if err := set(socketBuffer); err != nil {
			log.Fatal(err)
		}
	}

	key := turn.GenerateAuthKey(name, realm, password)
	server, err := turn.NewServer(turn.ServerConfig{
		Realm: realm,
		AuthHandler: func(username, _ string, _ net.Addr) ([]byte, bool) {
			return key, username == name
		},
		PacketConnConfigs: []turn.PacketConnConfig{{
			PacketConn: socket,
			RelayAddressGenerator: &turn.RelayAddressGeneratorStatic{
				RelayAddress: address.IP,
				Address:      address.IP.String(),
			},
		}},
	})
	if err != nil {
		log.Fatal(err)
	}

	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGINT, syscall.SIGTERM)
	<-ended
	if err := server.Close(); err != nil {
		log.Fatal(err)
	}
}
