using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace Turnpike.ControlPlane.Rest;

/// <summary>
/// Writes resource names out in the paths of the OpenAPI document: <c>/v1/{name=realms/*/users/*}</c> is
/// <c>/v1/realms/{realm}/users/{user}</c>. Otherwise the deletions of three kinds of things would all be <c>/v1/{name}</c>.
/// </summary>
internal sealed partial class OpenApiPaths : IApiDescriptionProvider
{
    // After everybody that makes descriptions.
    public int Order => int.MaxValue;

    public void OnProvidersExecuting(ApiDescriptionProviderContext context)
    {
        foreach (ApiDescription description in context.Results)
        {
            if (description.ActionDescriptor.EndpointMetadata.OfType<GrpcJsonTranscodingMetadata>().SingleOrDefault() is { } method)
            {
                Write(description, Template(method.HttpRule));
            }
        }
    }

    public void OnProvidersExecuted(ApiDescriptionProviderContext context)
    {
        // All is done before.
    }

    /// <summary>The path of a rule, whichever method it is for.</summary>
    internal static string Template(Google.Api.HttpRule rule) => rule.Get + rule.Put + rule.Post + rule.Patch + rule.Delete;

    private static void Write(ApiDescription description, string template)
    {
        List<string> parts = [];
        string path = Resource().Replace(template, match => WrittenOut(match.Groups[1].Value, parts));
        if (path == template)
        {
            return;
        }
        ApiParameterDescription whole = description.ParameterDescriptions.First(parameter => parameter.Source == BindingSource.Path);
        description.ParameterDescriptions.Remove(whole);
        foreach (string part in parts)
        {
            description.ParameterDescriptions.Add(new ApiParameterDescription
            {
                Name = part,
                Source = BindingSource.Path,
                IsRequired = true,
                Type = typeof(string),
                ModelMetadata = whole.ModelMetadata,
            });
        }
        description.RelativePath = path.TrimStart('/');
    }

    // Each * is named after the collection in front of it, in the singular.
    private static string WrittenOut(string pattern, List<string> parts)
    {
        string[] segments = pattern.Split('/');
        for (int i = 1; i < segments.Length; i++)
        {
            if (segments[i] == "*")
            {
                parts.Add(segments[i - 1].TrimEnd('s'));
                segments[i] = $"{{{parts[^1]}}}";
            }
        }
        return string.Join('/', segments);
    }

    [GeneratedRegex(@"\{[^}=]*=([^}]*)\}")]
    private static partial Regex Resource();
}
