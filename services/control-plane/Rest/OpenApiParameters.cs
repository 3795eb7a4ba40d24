using System.Text.RegularExpressions;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.OpenApi.Models;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Turnpike.ControlPlane.Rest;

/// <summary>
/// Describes the parameters of paths and queries with the comments of the fields that they fill. One in a path is often a part of a
/// resource name (<see cref="OpenApiPaths"/>), and says of which.
/// </summary>
internal sealed partial class OpenApiParameters(ProtoComments comments) : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<GrpcJsonTranscodingMetadata>().SingleOrDefault() is not { } method)
        {
            return;
        }
        MessageDescriptor request = method.MethodDescriptor.InputType;
        string? resource = Resource().Match(OpenApiPaths.Template(method.HttpRule)) is { Success: true } match ? match.Groups[1].Value : null;
        foreach (OpenApiParameter parameter in operation.Parameters)
        {
            if (Find(request, parameter.Name) is { } field)
            {
                parameter.Description = comments.Of(field);
            }
            else if (parameter.In == ParameterLocation.Path && resource is not null && Find(request, resource) is { } name)
            {
                parameter.Description = $"The {parameter.Name} in {comments.Of(name)}";
            }
        }
    }

    // A path of names as in JSON or as in the proto: policy.allocationsPerUser.
    private static FieldDescriptor? Find(MessageDescriptor message, string path)
    {
        string[] names = path.Split('.');
        FieldDescriptor? field = null;
        MessageDescriptor? within = message;
        foreach (string name in names)
        {
            field = within?.Fields.InDeclarationOrder().FirstOrDefault(each => each.JsonName == name || each.Name == name);
            within = field?.FieldType == FieldType.Message ? field.MessageType : null;
        }
        return field;
    }

    [GeneratedRegex(@"\{([^}=]*)=")]
    private static partial Regex Resource();
}
