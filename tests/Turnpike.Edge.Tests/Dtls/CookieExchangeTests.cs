using System.Net;
using System.Security.Cryptography;
using Turnpike.Edge.Transport.Dtls;
using Turnpike.Protocol;

namespace Turnpike.Edge.Tests.Dtls;

/// <summary>RFC 6347 section 4.2.1.</summary>
public sealed class CookieExchangeTests
{
    private static readonly TransportAddress Client = TransportAddress.From(IPAddress.Parse("192.0.2.1"), 5000);

    private readonly CookieExchange _cookies = new();

    [Fact]
    public void A_cookie_is_good_for_the_address_and_the_hello_that_it_was_made_for()
    {
        var hello = new Hello();
        Hello second = hello.With(Cookie(hello, Client));
        Assert.True(IsVerified(second, Client));
        Assert.False(IsVerified(second, Client.WithPort(5001)));
        Assert.False(IsVerified(second, TransportAddress.From(IPAddress.Parse("192.0.2.2"), 5000)));
        Assert.False(IsVerified(new Hello().With(second.Cookie), Client)); // another random
        Assert.False(IsVerified(new Hello { Random = hello.Random, SessionId = new byte[32] }.With(second.Cookie), Client));
        Assert.False(IsVerified(new Hello { Random = hello.Random, Suites = [0xC0, 0x30] }.With(second.Cookie), Client));
        Assert.False(IsVerified(hello, Client));
        Assert.False(IsVerified(hello.With(new byte[CookieExchange.CookieLength]), Client));
        Assert.False(IsVerified(hello.With([.. second.Cookie, 0]), Client));
    }

    [Fact]
    public void Extensions_may_change_between_the_two_hellos()
    {
        var hello = new Hello();
        Assert.True(IsVerified(new Hello { Random = hello.Random, Extensions = [] }.With(Cookie(hello, Client)), Client));
    }

    [Fact]
    public void Another_edge_or_shard_has_another_secret()
    {
        var hello = new Hello();
        byte[] datagram = hello.With(Cookie(hello, Client)).ToDatagram();
        Assert.True(Parse(datagram, out ClientHello parsed));
        Assert.False(new CookieExchange().IsVerified(parsed, Client));
    }

    [Fact]
    public void A_cookie_lasts_for_one_to_two_minutes()
    {
        var hello = new Hello();
        Hello second = hello.With(Cookie(hello, Client));
        _cookies.OnTick(59_999);
        Assert.Equal(second.Cookie, Cookie(hello, Client));
        _cookies.OnTick(60_000);
        Assert.NotEqual(second.Cookie, Cookie(hello, Client));
        _cookies.OnTick(119_999);
        Assert.True(IsVerified(second, Client));
        _cookies.OnTick(120_000);
        Assert.False(IsVerified(second, Client));
    }

    [Fact]
    public void A_cookie_does_not_outlast_a_pause_of_the_clock()
    {
        var hello = new Hello();
        Hello second = hello.With(Cookie(hello, Client));
        _cookies.OnTick(1_000_000);
        Assert.False(IsVerified(second, Client));
    }

    [Fact]
    public void The_answer_is_shorter_than_the_shortest_hello()
    {
        byte[] shortest = new Hello { Suites = [0xC0, 0x2B], Extensions = [] }.ToDatagram();
        Assert.True(Parse(shortest, out _));
        Assert.InRange(CookieExchange.ResponseLength, 1, shortest.Length);
    }

    [Fact]
    public void The_answer_has_the_form_of_the_RFC()
    {
        byte[] answer = Answer(new Hello { RecordSequence = 0x0102030405 }, Client);
        Assert.Equal([22, 0xFE, 0xFF, 0, 0, 0, 1, 2, 3, 4, 5, 0, 35], answer[..13]); // record: DTLS 1.0, epoch 0, the hello's number
        Assert.Equal([3, 0, 0, 23, 0, 0, 0, 0, 0, 0, 0, 23], answer[13..25]); // HelloVerifyRequest, message 0, one fragment
        Assert.Equal([0xFE, 0xFF, 20], answer[25..28]);
        Assert.Equal(48, answer.Length);
    }

    [Fact]
    public void A_hello_in_fragments_or_with_wrong_lengths_is_refused()
    {
        byte[] good = new Hello { SessionId = new byte[32], Cookie = new byte[20] }.ToDatagram();
        Assert.True(Parse(good, out _));
        Assert.False(Parse(Changed(14, 1), out _)); // message length
        Assert.False(Parse(Changed(21, 1), out _)); // fragment offset
        Assert.False(Parse(Changed(24, 1), out _)); // fragment length
        Assert.False(Parse(Changed(59, 33), out _)); // session id longer than 32
        Assert.False(Parse(Changed(92, 255), out _)); // cookie that runs out of the message
        Assert.False(Parse(Changed(113, 255), out _)); // cipher suites that run out of the message

        byte[] Changed(int at, byte value)
        {
            byte[] bytes = [.. good];
            bytes[at] = value;
            return bytes;
        }
    }

    [Fact]
    public void Hostile_bytes_are_refused_without_an_exception()
    {
        byte[] good = new Hello { SessionId = new byte[32], Cookie = new byte[20] }.ToDatagram();
        int refused = 0;
        for (int i = 0; i < 100_000; i++)
        {
            byte[] bytes = [.. good];
            for (int changes = 1 + (i % 4); changes > 0; changes--)
            {
                bytes[RandomNumberGenerator.GetInt32(bytes.Length)] = (byte)RandomNumberGenerator.GetInt32(256);
            }

            byte[] cut = bytes[..RandomNumberGenerator.GetInt32(bytes.Length + 1)];
            refused += DtlsRecord.TryRead(cut, out DtlsRecord record) && ClientHello.IsAt(cut, record) && Parse(cut, out _) ? 0 : 1;
        }

        Assert.InRange(refused, 50_000, 100_000);
    }

    private static bool Parse(byte[] datagram, out ClientHello hello)
    {
        hello = default;
        return DtlsRecord.TryRead(datagram, out DtlsRecord record) && ClientHello.TryRead(datagram, record, out hello);
    }

    private byte[] Answer(Hello hello, TransportAddress client)
    {
        Assert.True(Parse(hello.ToDatagram(), out ClientHello parsed));
        byte[] answer = new byte[CookieExchange.ResponseLength];
        _cookies.Answer(parsed, client, answer);
        return answer;
    }

    private byte[] Cookie(Hello hello, TransportAddress client) => Hello.CookieOf(Answer(hello, client));

    private bool IsVerified(Hello hello, TransportAddress client)
    {
        Assert.True(Parse(hello.ToDatagram(), out ClientHello parsed));
        return _cookies.IsVerified(parsed, client);
    }
}
