using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Turnpike.Edge.Trial;

/// <summary>One screen: what runs and how to try it, ready to paste.</summary>
public static class TrialScreen
{
    private const string TurnScheme = "turn:";

    // The username's colon and the password's base64 letters stay readable and paste as they are.
    private static readonly JsonWriterOptions Json = new()
    {
        Indented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes the screen as plain text.</summary>
    /// <param name="urls">TURN URLs as clients use them.</param>
    /// <param name="credential">The credential to show; null where there are only users whose passwords nobody knows here.</param>
    /// <param name="management">The management address: <c>http://127.0.0.1:9641</c>.</param>
    /// <param name="version">The version that runs.</param>
    /// <param name="more">What else runs: a line's name and its value.</param>
    /// <param name="check">The connectivity check page of this process; null where it has none.</param>
    /// <param name="trial">Whether loopback peers are open.</param>
    public static string Write(
        IReadOnlyList<string> urls,
        TrialCredential? credential,
        string management,
        string version,
        IReadOnlyList<(string Name, string Value)>? more = null,
        string? check = null,
        bool trial = true)
    {
        TrialCredential shown = credential ?? new TrialCredential("USER", "PASSWORD");
        StringBuilder screen = new();
        screen.AppendLine()
            .AppendLine(CultureInfo.InvariantCulture, $"  Turnpike {version} is running: a TURN relay on this machine{(trial ? ", for a trial" : "")}")
            .AppendLine(CultureInfo.InvariantCulture, $"  ───────────────────────────────────────────────────────────────")
            .AppendLine();
        if (check is not null)
        {
            screen.AppendLine("  Open this first. It makes a call through every TURN URL and shows how well each works:")
                .AppendLine(CultureInfo.InvariantCulture, $"    {check}").AppendLine();
        }
        Row(screen, "TURN", string.Join("\n" + new string(' ', 15), urls));
        if (credential is null)
        {
            Row(screen, "users", "those of Edge:Users");
        }
        else
        {
            Row(screen, "username", credential.Username);
            Row(screen, "credential", credential.Password);
            Row(screen, "valid", "24 hours");
        }
        foreach ((string name, string value) in more ?? [])
        {
            Row(screen, name, value);
        }
        Row(screen, "health", $"{management}/health/ready");
        Row(screen, "metrics", $"{management}/metrics");
        screen.AppendLine().AppendLine("  Paste into your page:").AppendLine()
            .AppendLine(Indent($"const pc = new RTCPeerConnection({Configuration(urls, shown)});"));
        if (check is null)
        {
            WriteTrickleIce(screen);
        }
        // Its two clients reach each other through a loopback relayed address, which only the trial lets them.
        if (trial && urls.Select(UclientArguments).FirstOrDefault(arguments => arguments is not null) is string target)
        {
            screen.AppendLine().AppendLine("  Or with coturn's client (Debian: apt install coturn), client to client through the relay:")
                .AppendLine(CultureInfo.InvariantCulture, $"    turnutils_uclient -y -s -n 10 -m 1 -u '{shown.Username}' -w '{shown.Password}' {target}");
        }
        if (trial)
        {
            screen.AppendLine()
                .AppendLine("  NOT FOR PRODUCTION: for this trial the relay also reaches 127.0.0.0/8 and ::1, so whoever has the")
                .AppendLine("  credential reaches every UDP service of this machine. Without Edge:Trial these peers are refused.");
        }
        return screen.AppendLine("  Ctrl-C waits for running calls to end; another one, more than a second later, stops at once.").ToString();
    }

    private static string Configuration(IReadOnlyList<string> urls, TrialCredential credential)
    {
        ArrayBufferWriter<byte> text = new();
        using (Utf8JsonWriter json = new(text, Json))
        {
            json.WriteStartObject();
            json.WriteStartArray("iceServers");
            json.WriteStartObject();
            json.WriteStartArray("urls");
            foreach (string url in urls)
            {
                json.WriteStringValue(url);
            }
            json.WriteEndArray();
            json.WriteString("username", credential.Username);
            json.WriteString("credential", credential.Password);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    private static void WriteTrickleIce(StringBuilder screen) =>
        screen.AppendLine().AppendLine("  Try it in a browser: https://webrtc.github.io/samples/src/content/peerconnection/trickle-ice/")
            .AppendLine("    Remove the default server, add the URL, username and credential above, choose \"relay\", press")
            .AppendLine("    \"Gather candidates\": a line of type relay means that it works.");

    private static void Row(StringBuilder screen, string name, string value) =>
        screen.AppendLine(CultureInfo.InvariantCulture, $"  {name,-13}{value}");

    private static string Indent(string text) => "    " + text.ReplaceLineEndings("\n    ");

    // "turn:127.0.0.1:3478?transport=udp" → "-p 3478 127.0.0.1"
    private static string? UclientArguments(string url)
    {
        string address = url.Split('?')[0];
        int colon = address.LastIndexOf(':');
        return address.StartsWith(TurnScheme, StringComparison.Ordinal) && colon > TurnScheme.Length
            ? $"-p {address[(colon + 1)..]} {address[TurnScheme.Length..colon].Trim('[', ']')}"
            : null;
    }
}
