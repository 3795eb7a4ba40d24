using System.Globalization;
using System.Text.RegularExpressions;

namespace Turnpike.Interop.Clients;

/// <summary>What a run of <c>turnutils_uclient -v</c> printed, read.</summary>
internal sealed partial class UclientResult
{
    public UclientResult(string output)
    {
        Output = output;
        if (Totals().Match(output) is { Success: true } totals && LostPackets().Match(output) is { Success: true } lost)
        {
            Completed = true;
            Sent = Number(totals.Groups[1].Value);
            Received = Number(totals.Groups[2].Value);
            Lost = Number(lost.Groups[1].Value);
        }

        ErrorCodes = [.. Errors().Matches(output).Select(m => Number(m.Groups[1].Value))];
        BoundChannels = [.. Channels().Matches(output).Select(m => int.Parse(m.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
    }

    public string Output { get; }

    /// <summary>The client came as far as its totals.</summary>
    public bool Completed { get; }

    public int Sent { get; }

    public int Received { get; }

    public int Lost { get; }

    /// <summary>Codes of the error responses, in order.</summary>
    public IReadOnlyList<int> ErrorCodes { get; }

    /// <summary>Channel numbers that the server accepted, each as often as it was bound.</summary>
    public IReadOnlyList<int> BoundChannels { get; }

    /// <summary>Every message went out and came back.</summary>
    public void AssertNothingLost(int messages)
    {
        Assert.True(Completed, $"uclient did not complete:\n{Output}");
        Assert.True(
            Sent == messages && Received == messages && Lost == 0,
            $"expected {messages} messages there and back; sent {Sent}, received {Received}, lost {Lost}:\n{Output}");
    }

    /// <summary>The server refused with this code, and nothing was relayed.</summary>
    public void AssertRefused(int code)
    {
        Assert.True(ErrorCodes.Contains(code), $"expected error {code}, saw [{string.Join(", ", ErrorCodes)}]:\n{Output}");
        Assert.True(!Completed && Received == 0, $"refused with {code}, and yet messages were relayed:\n{Output}");
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    // The line without "msz=" is the final one.
    [GeneratedRegex(@"start_mclient: tot_send_msgs=(\d+), tot_recv_msgs=(\d+)")]
    private static partial Regex Totals();

    [GeneratedRegex(@"Total lost packets (\d+)")]
    private static partial Regex LostPackets();

    [GeneratedRegex(@"error (\d{3}) \(")]
    private static partial Regex Errors();

    [GeneratedRegex(@"success: 0x([0-9a-f]+)")]
    private static partial Regex Channels();
}
