using CsCheck;

namespace Turnpike.Sockets.Tests;

/// <summary>A relay with segmentation offload does to any traffic what one without it does.</summary>
public sealed class TrainPropertyTests() : ReactorTest(portable: false)
{
    private const int Clients = 3;

    // Some lengths that repeat, so that there are trains, and some that hardly do; what is short is shorter than the room around it.
    private static readonly Gen<Step> Steps = Gen.Select(
        Gen.Int[0, Clients - 1],
        Gen.Frequency((6, Gen.Int[0, 2].Select(i => i == 0 ? 1200 : i == 1 ? 160 : 24)), (1, Gen.Int[0, 40]), (1, Gen.Int[41, 1400])),
        Gen.Int[1, 12],
        Gen.Int[0, 5],
        (client, length, times, treatment) => new Step(client, length, times, (Treatment)treatment));

    private enum Treatment { AsItIs, HeaderInFront, LongHeaderAndPadding, HeaderOff, Drop, FlushFirst }

    [Fact]
    public void Any_sequence_is_relayed_as_without_segmentation_offload()
    {
        using DatagramReactor plain = DatagramReactor.Create(new ReactorOptions { SegmentationOffload = false });
        Gen.Int.Select(Steps.Array[1, 12]).Sample(
            (int seed, Step[] steps) =>
            {
                List<byte[]>[] trains = Relay(First, steps, seed);
                List<byte[]>[] singles = Relay(plain, steps, seed);
                for (int client = 0; client < Clients; client++)
                {
                    Assert.Equal(singles[client].Count, trains[client].Count);
                    Assert.All(singles[client].Zip(trains[client]), both => Assert.True(both.First.AsSpan().SequenceEqual(both.Second)));
                }
            },
            iter: 40,
            threads: 1);

        Assert.True(First.Counters.TrainsReceived > 0 && First.Counters.TrainsSent > 0);
        Assert.Equal((0, 0), (plain.Counters.TrainsReceived, plain.Counters.TrainsSent));
    }

    /// <summary>What each client gets back.</summary>
    private List<byte[]>[] Relay(DatagramReactor relay, Step[] steps, int seed)
    {
        var roomy = new DatagramSocketOptions { ReceiveBuffer = 1 << 20, SendBuffer = 1 << 20 };
        DatagramSocket listener = Open(relay, options: roomy);
        DatagramSocket[] clients = [.. Enumerable.Range(0, Clients).Select(i => Open(Second, options: roomy, state: i))];
        int handled = 0;
        int answered = 0;
        var forward = new RecordingHandler
        {
            OnArrival = (DatagramSocket socket, in ReceivedDatagram datagram) =>
            {
                handled++;
                answered += Answer(relay, socket, datagram, steps) ? 1 : 0;
            },
        };
        var answers = new RecordingHandler();
        int sent = 0;
        for (int step = 0; step < steps.Length; step++)
        {
            for (int i = 0; i < steps[step].Times; i++)
            {
                byte[] payload = TrainTests.Payload(steps[step].Length + 1, seed + sent++);
                payload[0] = (byte)step;
                Second.Send(clients[steps[step].Client], payload, listener.Local, default);
            }
        }

        Second.Flush();
        PollUntil(relay, forward, () => handled == sent);
        PollUntil(Second, answers, () => answers.Arrivals.Count == answered);
        List<byte[]>[] got = [.. clients.Select(client => answers.Arrivals.Where(a => a.Socket == client).Select(a => a.Payload).ToList())];
        relay.Close(listener);
        Array.ForEach(clients, Second.Close);
        return got;
    }

    private static bool Answer(DatagramReactor relay, DatagramSocket socket, in ReceivedDatagram datagram, Step[] steps)
    {
        Treatment treatment = steps[datagram.Payload[0]].Treatment;
        (int front, int back) = treatment switch
        {
            Treatment.HeaderInFront or Treatment.FlushFirst => (4, 0),
            Treatment.LongHeaderAndPadding => (48, 3),
            _ => (0, 0),
        };
        Span<byte> message = datagram.Buffer.Slice(datagram.Offset - front, front + datagram.Length + back);
        message[..front].Fill(0xF0);
        message[^back..].Clear();
        if (treatment == Treatment.FlushFirst)
        {
            relay.Flush();
        }

        if (treatment == Treatment.HeaderOff)
        {
            message = message[1..];
        }

        if (treatment != Treatment.Drop)
        {
            relay.Send(socket, message, in datagram.Source, default);
        }

        return treatment != Treatment.Drop;
    }

    private sealed record Step(int Client, int Length, int Times, Treatment Treatment);
}
