using Turnpike.Protocol;

namespace Turnpike.Fuzz.Targets;

/// <summary>One datagram through the ChannelData parser and, where it is ChannelData, back.</summary>
public static class ChannelDataTarget
{
    /// <summary>Takes one datagram.</summary>
    public static void Run(ReadOnlySpan<byte> input)
    {
        bool parsed = ChannelData.TryParse(input, out ushort number, out ReadOnlySpan<byte> data);
        bool expected = input.Length >= 4 && input[0] is >= 0x40 and <= 0x7F && (input[2] * 256) + input[3] + 4 <= input.Length;
        FuzzException.Unless(parsed == expected, "ChannelData is judged wrongly.");
        if (!parsed)
        {
            FuzzException.Unless(number == 0 && data.IsEmpty, "A refused message gives something out.");
            return;
        }

        FuzzException.Unless(number == (input[0] * 256) + input[1], "The channel number differs.");
        byte[] header = new byte[ChannelData.HeaderLength];
        ChannelData.WriteHeader(header, number, data.Length);
        FuzzException.Unless(
            input.StartsWith(header) && input[header.Length..].StartsWith(data), "Written again, the message differs.");
    }
}
