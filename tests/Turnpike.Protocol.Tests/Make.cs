using System.Text;

namespace Turnpike.Protocol.Tests;

/// <summary>Makes messages: with the writer under test, and byte by byte for what the writer would not write.</summary>
internal static class Make
{
    public delegate void WriteAttributes(ref StunMessageWriter writer);

    public static TransactionId Id { get; } = TransactionId.From([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);

    /// <summary>A message written into a buffer full of old bytes.</summary>
    public static byte[] Message(WriteAttributes write, StunMethod method = StunMethod.Allocate, StunClass @class = StunClass.Request)
    {
        byte[] buffer = new byte[StunMessage.HeaderLength + 0xFFFC];
        Array.Fill(buffer, (byte)0xA5);
        var writer = new StunMessageWriter(buffer, @class, method, Id);
        write(ref writer);
        return writer.Finish().ToArray();
    }

    /// <summary>A Binding request of these attributes as they are, padded with <paramref name="padding"/>.</summary>
    public static byte[] Raw(byte padding, params (int Type, byte[] Value)[] attributes)
    {
        List<byte> bytes = [];
        foreach ((int type, byte[] value) in attributes)
        {
            bytes.AddRange([(byte)(type >> 8), (byte)type, (byte)(value.Length >> 8), (byte)value.Length]);
            bytes.AddRange(value);
            while (bytes.Count % 4 != 0)
            {
                bytes.Add(padding);
            }
        }

        byte[] header = [0, 1, (byte)(bytes.Count >> 8), (byte)bytes.Count, 0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        return [.. header, .. bytes];
    }

    public static byte[] Raw(StunAttributeType type, byte[] value) => Raw(0, ((int)type, value));

    public static StunMessage Parse(byte[] bytes)
    {
        Assert.Equal(StunParseResult.Ok, StunMessage.TryParse(bytes, out StunMessage message));
        return message;
    }

    public static List<StunAttributeType> EffectiveTypes(byte[] bytes)
    {
        List<StunAttributeType> types = [];
        foreach (StunAttribute attribute in Parse(bytes))
        {
            types.Add(attribute.Type);
        }

        return types;
    }

    public static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", string.Empty, StringComparison.Ordinal));

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
