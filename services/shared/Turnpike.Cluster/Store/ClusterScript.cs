using System.Security.Cryptography;
using System.Text;

namespace Turnpike.Cluster;

/// <summary>
/// A Lua script that runs in the store as one atomic step: a file of <c>Scripts/</c>, whose top documents its keys, arguments and
/// result. Every key that it touches is declared, and all of them share a hash tag.
/// </summary>
public sealed class ClusterScript
{
    private ClusterScript(string name, string text)
    {
        Name = name;
        Text = text;
        Digest = SHA1.HashData(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>The file's name without <c>.lua</c>.</summary>
    public string Name { get; }

    internal string Text { get; }

    /// <summary>By which EVALSHA names it.</summary>
    internal byte[] Digest { get; }

    /// <summary>Reads an embedded script.</summary>
    /// <param name="name">The file's name without <c>.lua</c>.</param>
    /// <exception cref="ArgumentException">There is no such script.</exception>
    public static ClusterScript Load(string name)
    {
        using Stream stream = typeof(ClusterScript).Assembly.GetManifestResourceStream(name + ".lua")
            ?? throw new ArgumentException($"There is no script {name}.lua.", nameof(name));
        using StreamReader reader = new(stream, Encoding.UTF8);
        return new ClusterScript(name, reader.ReadToEnd());
    }
}
