using System.Globalization;
using Turnpike.ControlPlane.Calls;

namespace Turnpike.ControlPlane.Fleet;

/// <summary>The resource names of edges and their allocations.</summary>
public static class EdgeName
{
    /// <summary>Stands for every edge in <c>edges/-</c>.</summary>
    public const string Every = "-";

    private const string Prefix = "edges/";
    private const string AllocationPart = "/allocations/";

    // A name of 63 letters, a hyphen and the incarnation.
    private const int LongestId = 128;

    /// <summary><c>edges/{edge}</c></summary>
    public static string Of(string edge) => Prefix + edge;

    /// <summary><c>edges/{edge}/allocations/{allocation}</c></summary>
    public static string Of(string edge, long allocation) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{edge}{AllocationPart}{allocation}");

    /// <summary>The edge's id.</summary>
    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT.</exception>
    public static string Parse(string name, string field)
    {
        string id = name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : "";
        return IsId(id) ? id : throw Problems.Invalid(field, "not a name of the form edges/{edge}");
    }

    /// <summary>The allocation's id.</summary>
    /// <param name="name">The name.</param>
    /// <param name="edge">The edge that it must be on.</param>
    /// <param name="field">The field of the request.</param>
    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT.</exception>
    public static long ParseAllocation(string name, string edge, string field)
    {
        string prefix = Prefix + edge + AllocationPart;
        return name.StartsWith(prefix, StringComparison.Ordinal)
            && long.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long id)
            ? id
            : throw Problems.Invalid(field, $"not a name of the form {prefix}{{allocation}}, with a number");
    }

    private static bool IsId(string id) =>
        id.Length is > 0 and <= LongestId && id.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_');
}
