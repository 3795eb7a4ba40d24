using System.Text.RegularExpressions;
using System.Xml.Linq;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Microsoft.OpenApi.Models;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Turnpike.ControlPlane.Rest;

/// <summary>Describes the fields of messages with the comments of the protos, which the generated documentation file carries.</summary>
/// <param name="file">The documentation file of the contract's assembly.</param>
internal sealed partial class OpenApiComments(string file) : ISchemaFilter
{
    private readonly Dictionary<string, string> _comments = XDocument.Load(file).Descendants("member")
        .Where(member => member.Element("summary") is not null)
        .ToDictionary(member => member.Attribute("name")!.Value, member => Blanks().Replace(member.Element("summary")!.Value, " ").Trim());

    public void Apply(OpenApiSchema schema, SchemaFilterContext context)
    {
        if (!context.Type.IsAssignableTo(typeof(IMessage))
            || context.Type.GetProperty(nameof(IMessage.Descriptor), typeof(MessageDescriptor))?.GetValue(null) is not MessageDescriptor message)
        {
            return;
        }
        foreach (FieldDescriptor field in message.Fields.InDeclarationOrder())
        {
            if (schema.Properties.TryGetValue(field.JsonName, out OpenApiSchema? property)
                && _comments.TryGetValue($"P:{context.Type.FullName!.Replace('+', '.')}.{field.PropertyName}", out string? comment))
            {
                property.Description = comment;
            }
        }
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
