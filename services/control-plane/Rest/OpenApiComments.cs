using Google.Protobuf;
using Google.Protobuf.Reflection;
using Microsoft.OpenApi.Models;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Turnpike.ControlPlane.Rest;

/// <summary>Describes the fields of messages with their comments in the protos.</summary>
internal sealed class OpenApiComments(ProtoComments comments) : ISchemaFilter
{
    public void Apply(OpenApiSchema schema, SchemaFilterContext context)
    {
        if (!context.Type.IsAssignableTo(typeof(IMessage))
            || context.Type.GetProperty(nameof(IMessage.Descriptor), typeof(MessageDescriptor))?.GetValue(null) is not MessageDescriptor message)
        {
            return;
        }
        foreach (FieldDescriptor field in message.Fields.InDeclarationOrder())
        {
            if (schema.Properties.TryGetValue(field.JsonName, out OpenApiSchema? property) && comments.Of(field) is string comment)
            {
                property.Description = comment;
            }
        }
    }
}
