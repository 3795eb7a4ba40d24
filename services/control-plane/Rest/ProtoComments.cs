using System.Text.RegularExpressions;
using System.Xml.Linq;
using Google.Protobuf.Reflection;

namespace Turnpike.ControlPlane.Rest;

/// <summary>The comments of the protos, which the generated documentation file carries.</summary>
/// <param name="file">The documentation file of the contract's assembly.</param>
internal sealed partial class ProtoComments(string file)
{
    private readonly Dictionary<string, string> _comments = XDocument.Load(file).Descendants("member")
        .Where(member => member.Element("summary") is not null)
        .ToDictionary(member => member.Attribute("name")!.Value, member => Blanks().Replace(member.Element("summary")!.Value, " ").Trim());

    /// <summary>The comment of a field, or null where there is none.</summary>
    public string? Of(FieldDescriptor field) =>
        _comments.GetValueOrDefault($"P:{field.ContainingType.ClrType.FullName!.Replace('+', '.')}.{field.PropertyName}");

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
