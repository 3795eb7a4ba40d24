// The floor: a TURN relay with nothing but what a packet needs, to tell how much of a server's cost is the kernel's. One thread, one
// epoll, UDP over IPv4, flat tables. It asks the kernel for the same favours as the edge does: recvmmsg into 64 slots, recvmsg where
// single datagrams come, trains of datagrams in one piece both ways (UDP_GRO, UDP_SEGMENT) without copying a payload, one sendmmsg a
// socket a round.
//
// It is no server to be left alone with a network: it challenges once (401) and then believes every request, any peer may be named,
// nothing expires, and an allocation has one channel. Its answers carry a MESSAGE-INTEGRITY that verifies, as clients insist.
//
//   turnpike-reference ADDRESS PORT KEY [single]    KEY: MD5 of user:reference:password, 32 hex digits; single: no trains
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hmac.h"

enum {
    SOL_UDP_LEVEL = 17, SEGMENT = 103, GRO = 104, // linux/udp.h
    SLOTS = 64, SLOT_SIZE = 65536, HEADROOM = 4, FEW_SLOTS = 32, EVENTS = 128,
    DATAGRAMS = 512, // a socket that gives more in a round gets smaller batches
    ENTRIES = 4096, TRAIN = 128, OLD_TRAIN = 64, TRAIN_BYTES = 65507, // an older kernel splits a message into 64 only
    CLIENTS = 32768, INDEX = 4 * CLIENTS,
    LISTENER_BUFFER = 4194304, RELAY_BUFFER = 262144,
    COOKIE = 0x2112A442, LIFETIME = 600,
};
enum { BINDING = 1, ALLOCATE = 3, REFRESH = 4, CHANNEL_BIND = 9, SUCCESS = 0x100, FAILURE = 0x110 };
enum {
    USERNAME = 0x06, INTEGRITY = 0x08, ERROR_CODE = 0x09, CHANNEL_NUMBER = 0x0C, LIFETIME_ATTRIBUTE = 0x0D, XOR_PEER = 0x12,
    REALM = 0x14, NONCE = 0x15, XOR_RELAYED = 0x16, XOR_MAPPED = 0x20,
};

// A socket with what waits to leave through it: number 0 is the listener, all others are allocations with their relayed address.
struct relay {
    int fd;
    struct sockaddr_in client, peer, relayed;
    uint16_t channel; // host order, 0: none
    int first, last;
    int ask;             // datagrams to read at once
    uint64_t full_round; // when it last gave all of them
};

// A datagram to send: at most a header and a payload, which lies where it was received.
struct entry {
    struct sockaddr_in *to;
    struct iovec part[2];
    int parts, length, next;
    uint8_t header[4];
};

static struct relay relays[CLIENTS];
static int relay_count = 1, free_relays[CLIENTS], free_count;
static uint32_t by_client[INDEX]; // open addressing; 0: free
static struct entry entries[ENTRIES];
static int entry_count, dirty[CLIENTS], dirty_count;
static uint8_t *slots;
static struct mmsghdr received[SLOTS];
static struct iovec slot_vectors[SLOTS];
static struct sockaddr_in sources[SLOTS];
static _Alignas(8) uint8_t received_control[SLOTS][64];
static int next_slot, epoll, train = TRAIN;
static uint64_t rounds = 1;
static struct hmac_key key;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int same(const struct sockaddr_in *a, const struct sockaddr_in *b) {
    return a->sin_addr.s_addr == b->sin_addr.s_addr && a->sin_port == b->sin_port;
}

// ---- the table of clients --------------------------------------------------------------------------------------------------------

static uint32_t place_of(const struct sockaddr_in *client) {
    uint64_t hash = ((uint64_t)client->sin_addr.s_addr << 16 | client->sin_port) * 0x9E3779B97F4A7C15u;
    return hash >> 32 & (INDEX - 1);
}

// The client's place, or the free one that it would get.
static uint32_t find(const struct sockaddr_in *client) {
    uint32_t at = place_of(client);
    while (by_client[at] && !same(&relays[by_client[at]].client, client))
        at = (at + 1) & (INDEX - 1);
    return at;
}

// Closes the gap, so that no search ends at it.
static void forget(uint32_t gap) {
    for (uint32_t at = (gap + 1) & (INDEX - 1); by_client[at]; at = (at + 1) & (INDEX - 1)) {
        uint32_t home = place_of(&relays[by_client[at]].client);
        if (((at - home) & (INDEX - 1)) >= ((at - gap) & (INDEX - 1))) {
            by_client[gap] = by_client[at];
            gap = at;
        }
    }
    by_client[gap] = 0;
}

// ---- sending ---------------------------------------------------------------------------------------------------------------------

// A kernel that does not split a message into so many is not asked to again; what it did not take is lost.
static void learn(ssize_t sent) {
    if (sent < 0 && errno == EINVAL && train > OLD_TRAIN)
        train = OLD_TRAIN;
}

// One message a run of equally long datagrams to one address (the last may be shorter), one sendmmsg for all of them.
static void flush_socket(struct relay *through) {
    static struct mmsghdr messages[ENTRIES];
    static struct iovec vectors[2 * ENTRIES];
    static struct { _Alignas(8) uint8_t bytes[CMSG_SPACE(sizeof(uint16_t))]; } controls[ENTRIES];
    int count = 0, used = 0;
    for (int index = through->first; index >= 0; count++) {
        struct entry *head = &entries[index];
        struct msghdr *message = &messages[count].msg_hdr;
        int segments = 0, bytes = 0, isLast = 0;
        *message = (struct msghdr){.msg_name = head->to, .msg_namelen = sizeof *head->to, .msg_iov = vectors + used};
        while (index >= 0 && !isLast) {
            struct entry *each = &entries[index];
            if (segments && (segments >= train || each->length > head->length || bytes + each->length > TRAIN_BYTES
                             || !same(each->to, head->to)))
                break;
            isLast = each->length < head->length;
            for (int part = 0; part < each->parts; part++)
                vectors[used++] = each->part[part];
            bytes += each->length;
            segments++;
            index = each->next;
        }
        message->msg_iovlen = vectors + used - message->msg_iov;
        if (segments > 1) {
            message->msg_control = &controls[count];
            message->msg_controllen = sizeof controls[count];
            struct cmsghdr *control = CMSG_FIRSTHDR(message);
            control->cmsg_level = SOL_UDP_LEVEL;
            control->cmsg_type = SEGMENT;
            control->cmsg_len = CMSG_LEN(sizeof(uint16_t));
            *(uint16_t *)CMSG_DATA(control) = (uint16_t)head->length;
        }
    }
    struct msghdr *only = &messages[0].msg_hdr;
    if (count == 1 && only->msg_iovlen == 1)
        sendto(through->fd, only->msg_iov->iov_base, only->msg_iov->iov_len, MSG_DONTWAIT, only->msg_name, only->msg_namelen);
    else if (count == 1)
        learn(sendmsg(through->fd, only, MSG_DONTWAIT));
    else
        for (int done = 0; done < count;) {
            int sent = sendmmsg(through->fd, messages + done, count - done, MSG_DONTWAIT);
            learn(sent);
            done += sent > 0 ? sent : 1;
        }
    through->first = through->last = -1;
}

// Nothing received is unsent afterwards.
static void flush(void) {
    for (int i = 0; i < dirty_count; i++)
        if (relays[dirty[i]].first >= 0)
            flush_socket(&relays[dirty[i]]);
    dirty_count = entry_count = 0;
}

static struct entry *append(int through, struct sockaddr_in *to) {
    struct relay *socket = &relays[through];
    struct entry *entry = &entries[entry_count];
    if (socket->first < 0) {
        socket->first = entry_count;
        dirty[dirty_count++] = through;
    } else
        entries[socket->last].next = entry_count;
    socket->last = entry_count++;
    entry->to = to;
    entry->next = -1;
    return entry;
}

// ---- STUN ------------------------------------------------------------------------------------------------------------------------

struct answer {
    uint8_t bytes[256];
    int length;
};

static void put16(uint8_t *at, uint16_t value) { memcpy(at, &(uint16_t){htons(value)}, 2); }
static void put32(uint8_t *at, uint32_t value) { memcpy(at, &(uint32_t){htonl(value)}, 4); }
static uint16_t get16(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }
static uint32_t get32(const uint8_t *at) { return (uint32_t)get16(at) << 16 | get16(at + 2); }

static void begin(struct answer *answer, int type, const uint8_t *request) {
    memcpy(answer->bytes, request, 20);
    put16(answer->bytes, (uint16_t)type);
    answer->length = 20;
}

static uint8_t *attribute(struct answer *answer, int type, int length) {
    uint8_t *at = answer->bytes + answer->length;
    put16(at, (uint16_t)type);
    put16(at + 2, (uint16_t)length);
    memset(at + 4, 0, (length + 3) & ~3);
    answer->length += 4 + ((length + 3) & ~3);
    put16(answer->bytes + 2, (uint16_t)(answer->length - 20));
    return at + 4;
}

static void xor_address(struct answer *answer, int type, const struct sockaddr_in *address) {
    uint8_t *at = attribute(answer, type, 8);
    at[1] = 1;
    put16(at + 2, ntohs(address->sin_port) ^ COOKIE >> 16);
    put32(at + 4, ntohl(address->sin_addr.s_addr) ^ COOKIE);
}

static void error_code(struct answer *answer, int code) {
    put32(attribute(answer, ERROR_CODE, 4), (uint32_t)(code / 100 << 8 | code % 100));
}

static const uint8_t *find_attribute(const uint8_t *message, int length, int type, int least) {
    for (int at = 20; at + 4 <= length; at += 4 + ((get16(message + at + 2) + 3) & ~3))
        if (get16(message + at) == type && get16(message + at + 2) >= least && at + 4 + get16(message + at + 2) <= length)
            return message + at + 4;
    return NULL;
}

static int open_socket(struct sockaddr_in *local, int number, int buffer) {
    int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
    socklen_t size = sizeof *local;
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)number};
    if (fd < 0 || bind(fd, (struct sockaddr *)local, size) || getsockname(fd, (struct sockaddr *)local, &size)
        || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer))
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer))
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    if (train > 1)
        setsockopt(fd, SOL_UDP_LEVEL, GRO, &on, sizeof on);
    return fd;
}

// An Allocate that comes again gets what it got.
static int allocate(const struct sockaddr_in *client, uint32_t at) {
    if (by_client[at])
        return (int)by_client[at];
    if (!free_count && relay_count == CLIENTS)
        return 0;
    int number = free_count ? free_relays[--free_count] : relay_count++;
    struct relay *relay = &relays[number];
    *relay = (struct relay){.client = *client, .relayed = relays[0].relayed, .first = -1, .last = -1, .ask = 1};
    relay->relayed.sin_port = 0;
    relay->fd = open_socket(&relay->relayed, number, RELAY_BUFFER);
    if (relay->fd < 0) {
        free_relays[free_count++] = number;
        return 0;
    }
    by_client[at] = (uint32_t)number;
    return number;
}

static void on_request(const uint8_t *message, int length, const struct sockaddr_in *client) {
    struct answer answer;
    int method = get16(message);
    uint32_t at = find(client);
    int number = (int)by_client[at], isDeletion = 0;
    const uint8_t *value;
    if (length < 20 || get32(message + 4) != COOKIE || 20 + get16(message + 2) != length)
        return;
    begin(&answer, method | SUCCESS, message);
    if (method == BINDING) {
        xor_address(&answer, XOR_MAPPED, client);
    } else if (!find_attribute(message, length, USERNAME, 1)) {
        begin(&answer, method | FAILURE, message);
        error_code(&answer, 401);
        memcpy(attribute(&answer, REALM, 9), "reference", 9);
        memcpy(attribute(&answer, NONCE, 16), "0123456789abcdef", 16);
    } else {
        if (method == ALLOCATE)
            number = allocate(client, at);
        const uint8_t *channel = find_attribute(message, length, CHANNEL_NUMBER, 4);
        const uint8_t *peer = find_attribute(message, length, XOR_PEER, 8);
        if (!number || (method == CHANNEL_BIND && (!channel || !peer))) {
            begin(&answer, method | FAILURE, message);
            error_code(&answer, method == ALLOCATE ? 508 : number ? 400 : 437);
        } else if (method == CHANNEL_BIND) {
            relays[number].channel = get16(channel);
            relays[number].peer = (struct sockaddr_in){
                .sin_family = AF_INET, .sin_port = htons(get16(peer + 2) ^ COOKIE >> 16),
                .sin_addr.s_addr = htonl(get32(peer + 4) ^ COOKIE)};
        } else {
            value = find_attribute(message, length, LIFETIME_ATTRIBUTE, 4);
            isDeletion = method == REFRESH && value && get32(value) == 0;
            put32(attribute(&answer, LIFETIME_ATTRIBUTE, 4), isDeletion ? 0 : LIFETIME);
            if (method == ALLOCATE) {
                xor_address(&answer, XOR_RELAYED, &relays[number].relayed);
                xor_address(&answer, XOR_MAPPED, client);
            }
        }
        uint8_t *integrity = attribute(&answer, INTEGRITY, 20);
        hmac_sha1(&key, answer.bytes, answer.length - 24, integrity);
    }
    if (isDeletion) {
        flush(); // what waits names its client and peer
        close(relays[number].fd);
        relays[number].fd = -1; // the kernel may have told of it already
        forget(at);
        free_relays[free_count++] = number;
    }
    sendto(relays[0].fd, answer.bytes, answer.length, MSG_DONTWAIT, (const struct sockaddr *)client, sizeof *client);
}

// ---- relaying --------------------------------------------------------------------------------------------------------------------

static void from_client(uint8_t *datagram, int length, const struct sockaddr_in *source) {
    if (length < 4 || datagram[0] < 0x40) {
        if (length >= 20)
            on_request(datagram, length, source);
        return;
    }
    struct relay *relay = &relays[by_client[find(source)]];
    int payload = get16(datagram + 2);
    if (relay == relays || relay->channel != get16(datagram) || payload > length - 4)
        return;
    struct entry *entry = append((int)(relay - relays), &relay->peer);
    entry->part[0] = (struct iovec){datagram + 4, payload};
    entry->parts = 1;
    entry->length = payload;
}

static void from_peer(struct relay *relay, uint8_t *datagram, int length, int isTrain, const struct sockaddr_in *source) {
    if (!relay->channel || !same(source, &relay->peer))
        return;
    struct entry *entry = append(0, &relay->client);
    // In a train the bytes in front are another datagram's.
    uint8_t *header = isTrain ? entry->header : datagram - 4;
    put16(header, relay->channel);
    put16(header + 2, (uint16_t)length);
    entry->part[0] = isTrain ? (struct iovec){header, 4} : (struct iovec){header, length + 4};
    entry->part[1] = (struct iovec){datagram, length};
    entry->parts = isTrain ? 2 : 1;
    entry->length = length + 4;
}

// A batch of one spares the kernel recvmmsg's own bookkeeping.
static int receive(int fd, struct mmsghdr *into, int ask) {
    if (ask > 1)
        return recvmmsg(fd, into, ask, MSG_DONTWAIT, NULL);
    ssize_t length = recvmsg(fd, &into->msg_hdr, MSG_DONTWAIT);
    into->msg_len = length < 0 ? 0 : (unsigned)length;
    return length < 0 ? -1 : 1;
}

static int lesser(int a, int b) { return a < b ? a : b; }

static void read_socket(int number) {
    struct relay *relay = &relays[number];
    if (SLOTS - next_slot < lesser(relay->ask, FEW_SLOTS)) {
        flush();
        next_slot = 0;
    }
    int first = next_slot, ask = lesser(relay->ask, SLOTS - first), quarter = ask / 4 > 1 ? ask / 4 : 1, delivered = 0;
    int count = receive(relay->fd, received + first, ask);
    // Asking for more than is there costs a look into an empty queue.
    if (count == ask) {
        if (relay->full_round == rounds - 1 || ask > 1)
            relay->ask = lesser(relay->ask * 4, SLOTS);
        relay->full_round = rounds;
    } else if (count <= quarter)
        relay->ask = relay->ask > 1 ? relay->ask / 2 : 1;
    for (int slot = first; slot < first + count; slot++) {
        struct msghdr *header = &received[slot].msg_hdr;
        struct cmsghdr *control = header->msg_controllen ? CMSG_FIRSTHDR(header) : NULL;
        int length = (int)received[slot].msg_len, each = length;
        if (control && control->cmsg_level == SOL_UDP_LEVEL && control->cmsg_type == GRO)
            each = *(int *)CMSG_DATA(control) > 0 ? *(int *)CMSG_DATA(control) : length;
        int isTrain = each < length;
        for (int at = 0; at < length; at += each, delivered++) {
            uint8_t *datagram = (uint8_t *)slot_vectors[slot].iov_base + at;
            int own = each < length - at ? each : length - at;
            if (entry_count == ENTRIES)
                flush();
            if (number == 0)
                from_client(datagram, own, &sources[slot]);
            else
                from_peer(relay, datagram, own, isTrain, &sources[slot]);
        }
        header->msg_namelen = sizeof sources[slot];
        header->msg_controllen = sizeof received_control[slot];
    }
    if (delivered > DATAGRAMS)
        relay->ask = lesser(relay->ask, ask * DATAGRAMS / delivered > 1 ? ask * DATAGRAMS / delivered : 1);
    next_slot += count > 0 ? count : 0;
}

int main(int argc, char **argv) {
    uint8_t secret[16];
    struct sockaddr_in *listen = &relays[0].relayed;
    int isKey = argc >= 4 && strlen(argv[3]) == 32;
    for (int i = 0; isKey && i < 16; i++)
        isKey = sscanf(argv[3] + 2 * i, "%2hhx", &secret[i]) == 1;
    if (!isKey || argc > 5 || (argc == 5 && strcmp(argv[4], "single")) || inet_pton(AF_INET, argv[1], &listen->sin_addr) != 1) {
        fprintf(stderr, "turnpike-reference ADDRESS PORT KEY [single]\n");
        return 2;
    }
    train = argc == 4 ? TRAIN : 1;
    hmac_key(&key, secret, sizeof secret);
    listen->sin_family = AF_INET;
    listen->sin_port = htons((uint16_t)atoi(argv[2]));
    slots = aligned_alloc(4096, SLOTS * (SLOT_SIZE + 4096));
    if (!slots || (epoll = epoll_create1(0)) < 0 || (relays[0].fd = open_socket(listen, 0, LISTENER_BUFFER)) < 0)
        fail("turnpike-reference");
    relays[0].first = relays[0].last = -1;
    relays[0].ask = 1;
    for (int i = 0; i < SLOTS; i++) {
        slot_vectors[i] = (struct iovec){slots + i * (SLOT_SIZE + 4096) + HEADROOM, SLOT_SIZE};
        received[i].msg_hdr = (struct msghdr){
            .msg_name = &sources[i], .msg_namelen = sizeof sources[i], .msg_iov = &slot_vectors[i], .msg_iovlen = 1,
            .msg_control = received_control[i], .msg_controllen = sizeof received_control[i]};
    }
    for (;;) {
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(epoll, events, EVENTS, -1);
        rounds++;
        for (int i = 0; i < ready; i++)
            read_socket((int)events[i].data.u32);
        flush();
        next_slot = 0;
    }
}
