using System.Collections.Frozen;
using System.Reflection;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Turnpike.ControlPlane.Check;

/// <summary>A part of the page.</summary>
/// <param name="Body">Its bytes.</param>
/// <param name="ContentType">What it is.</param>
/// <param name="Tag">Changes with its content.</param>
internal sealed record CheckAsset(byte[] Body, string ContentType, EntityTagHeaderValue Tag);

/// <summary>The parts of the page, which are in the assembly.</summary>
internal sealed class CheckAssets
{
    /// <summary>The part that is the page itself.</summary>
    public const string Page = "index.html";

    // As the project file names what it embeds.
    private const string Prefix = "check/";

    private readonly FrozenDictionary<string, CheckAsset> _byName;

    private CheckAssets(Dictionary<string, CheckAsset> byName) => _byName = byName.ToFrozenDictionary(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Names => _byName.Keys;

    /// <exception cref="InvalidOperationException">A part has an extension that no type is known of.</exception>
    public static CheckAssets Load()
    {
        Assembly assembly = typeof(CheckAssets).Assembly;
        return new CheckAssets(assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .ToDictionary(name => name[Prefix.Length..], name => Read(assembly, name)));
    }

    /// <summary>The part of this name, or null.</summary>
    public CheckAsset? Find(string name) => _byName.GetValueOrDefault(name);

    private static CheckAsset Read(Assembly assembly, string name)
    {
        using Stream stream = assembly.GetManifestResourceStream(name)!;
        byte[] body = new byte[stream.Length];
        stream.ReadExactly(body);
        string tag = Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, 16));
        return new CheckAsset(body, TypeOf(name), new EntityTagHeaderValue($"\"{tag}\""));
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        string extension => throw new InvalidOperationException($"{name}: nothing is known about {extension}"),
    };
}
