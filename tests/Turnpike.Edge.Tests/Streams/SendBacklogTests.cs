using System.Buffers;
using Turnpike.Edge.Transport.Streams;

namespace Turnpike.Edge.Tests.Streams;

public sealed class SendBacklogTests
{
    private readonly SendBacklog _backlog = new(limit: 1000);

    [Fact]
    public void The_oldest_datagrams_go_first()
    {
        for (byte i = 0; i < 10; i++)
        {
            Assert.Equal(0, Append(i, 100));
        }

        Assert.Equal(1, Append(10, 100));
        Assert.Equal(3, Append(11, 250));
        Assert.Equal([4, 5, 6, 7, 8, 9, 10, 11], Taken());
    }

    [Fact]
    public void Answers_outlive_every_datagram_and_are_written_first()
    {
        Append(1, 100);
        _backlog.Append(Bytes(200, 300), isDatagram: false);
        Append(2, 500);
        _backlog.Append(Bytes(201, 300), isDatagram: false);
        Assert.Equal([200, 201], Taken().Take(2));

        Append(3, 500);
        _backlog.Append(Bytes(202, 600), isDatagram: false);
        Assert.Equal([202], Taken());
    }

    [Fact]
    public void Answers_alone_are_bounded_too()
    {
        for (int i = 0; i < 100; i++)
        {
            _backlog.Append(Bytes((byte)i, 100), isDatagram: false);
        }

        Assert.Equal(Enumerable.Range(90, 10), Taken());
    }

    [Fact]
    public void One_writer_at_a_time_and_none_without_work()
    {
        Assert.False(_backlog.TryBegin());
        Append(1, 10);
        Assert.True(_backlog.TryBegin());
        Assert.False(_backlog.TryBegin());
        Assert.Equal(10, _backlog.TakeOrEnd().Count);
        Append(2, 10);
        Assert.False(_backlog.TryBegin());
        Assert.Equal(10, _backlog.TakeOrEnd().Count);
        Assert.Null(_backlog.TakeOrEnd().Array);
        Append(3, 10);
        Assert.True(_backlog.TryBegin());
    }

    [Fact]
    public void Flushed_is_when_the_writer_has_found_nothing_more()
    {
        Assert.True(_backlog.FlushedAsync().IsCompleted);
        Append(1, 10);
        Task flushed = _backlog.FlushedAsync();
        Assert.True(_backlog.TryBegin());
        _backlog.TakeOrEnd();
        Assert.False(flushed.IsCompleted);
        _backlog.TakeOrEnd();
        Assert.True(flushed.IsCompletedSuccessfully);
    }

    [Fact]
    public void A_closed_backlog_takes_nothing_and_keeps_nobody_waiting()
    {
        Append(1, 10);
        Task flushed = _backlog.FlushedAsync();
        _backlog.Close();
        Assert.True(flushed.IsCompletedSuccessfully);
        Assert.Equal(1, Append(2, 10));
        Assert.False(_backlog.TryBegin());
    }

    private static byte[] Bytes(byte first, int length)
    {
        byte[] bytes = new byte[length];
        bytes[0] = first;
        return bytes;
    }

    private int Append(byte first, int length) => _backlog.Append(Bytes(first, length), isDatagram: true);

    private List<int> Taken()
    {
        var taken = new List<int>();
        while (_backlog.Take() is { Array: { } array } message)
        {
            taken.Add(message[0]);
            ArrayPool<byte>.Shared.Return(array);
        }

        return taken;
    }
}
