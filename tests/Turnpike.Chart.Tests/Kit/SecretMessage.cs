using System.Text.Json.Nodes;
using Google.Protobuf;

namespace Turnpike.Chart.Tests.Kit;

/// <summary>A Secret as helm sends its releases: in Kubernetes's protobuf, of which this reads what a Secret of helm's has.</summary>
internal static class SecretMessage
{
    private static readonly byte[] Magic = "k8s\0"u8.ToArray();

    public static bool Is(byte[] body) => body.AsSpan().StartsWith(Magic);

    public static JsonObject Read(byte[] body)
    {
        // runtime.Unknown: the type, then the object.
        byte[] raw = Fields(body[Magic.Length..])[2].Single();
        ILookup<int, byte[]> secret = Fields(raw);
        ILookup<int, byte[]> metadata = Fields(secret[1].Single());
        return new JsonObject
        {
            ["kind"] = "Secret",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject
            {
                ["name"] = Text(metadata[1].Single()),
                ["namespace"] = metadata[3].Select(Text).FirstOrDefault(),
                ["labels"] = Map(metadata[11], Text),
            },
            ["data"] = Map(secret[2], Convert.ToBase64String),
            ["type"] = secret[3].Select(Text).Single(),
        };
    }

    private static JsonObject Map(IEnumerable<byte[]> entries, Func<byte[], string> value) =>
        new(entries.Select(Fields).Select(entry => KeyValuePair.Create(Text(entry[1].Single()), (JsonNode?)value(entry[2].Single()))));

    private static string Text(byte[] bytes) => System.Text.Encoding.UTF8.GetString(bytes);

    // The fields that have a length; others (times, numbers) are of no interest here.
    private static ILookup<int, byte[]> Fields(byte[] message)
    {
        List<(int Number, byte[] Value)> fields = [];
        CodedInputStream input = new(message);
        for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
            {
                fields.Add((WireFormat.GetTagFieldNumber(tag), input.ReadBytes().ToByteArray()));
            }
            else
            {
                input.SkipLastField();
            }
        }
        return fields.ToLookup(field => field.Number, field => field.Value);
    }
}
