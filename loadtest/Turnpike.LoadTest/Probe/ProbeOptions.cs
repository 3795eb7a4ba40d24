using Turnpike.LoadTest.CommandLine;

namespace Turnpike.LoadTest.Probe;

/// <summary>Which API is asked, and what is echoed.</summary>
internal sealed record ProbeOptions(IssuingApi Api, int Packets)
{
    public static readonly Option[] Known =
    [
        new("api", "URL", "the control plane's REST port, such as http://control-plane:8080 (required)"),
        new("user", "NAME", "user that the credential is issued for", "probe"),
        new("packets", "N", "packets to echo through each server", "50"),
        new("patience", "S", "time for the API to answer with servers, and for the echoes of one server", "30"),
        new("trusted-issuer", "FILE", "PEM file with the issuer of the API's certificate, where the system does not trust it"),
        new("help", null, "this text"),
    ];

    public static ProbeOptions From(ParsedOptions given, string? token)
    {
        TimeSpan patience = TimeSpan.FromSeconds(given.Number("patience", 1, 600));
        return new ProbeOptions(
            IssuingApi.From(given, token, given.RequiredText("user"), realm: null, patience), given.Integer("packets", 1, 10_000));
    }
}
