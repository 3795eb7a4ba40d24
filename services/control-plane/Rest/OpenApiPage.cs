using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.OpenApi.Models;
using Turnpike.Contracts.V1;

namespace Turnpike.ControlPlane.Rest;

/// <summary>
/// The REST form of the contract as an OpenAPI document, made from the protos and their comments, and a page to read and try it. Both are
/// open: they say what the public contract says. Nothing in them comes from elsewhere.
/// </summary>
internal static class OpenApiPage
{
    /// <summary>Where the document is.</summary>
    public const string Document = "/openapi/v1.json";

    /// <summary>Where the page is.</summary>
    public const string Page = "/swagger";

    private const string Scheme = "bearer";

    // The page's own scripts and styles, the ones that it writes into itself, and the pictures that its styles hold.
    private const string ContentPolicy =
        "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";

    public static IServiceCollection AddOpenApiPage(this IServiceCollection services) => services.AddGrpcSwagger().AddSwaggerGen(document =>
    {
        document.SwaggerDoc("v1", new OpenApiInfo
        {
            Title = "Turnpike",
            Version = "v1",
            Description = "The control plane of a TURN cluster, as REST. Errors are google.rpc.Status with details; see the .proto files for the same over gRPC.",
        });
        string file = Path.ChangeExtension(typeof(CredentialService).Assembly.Location, ".xml");
        ProtoComments comments = new(file);
        document.IncludeGrpcXmlComments(file, includeControllerXmlComments: true);
        document.SchemaFilter<OpenApiComments>(comments);
        document.CustomSchemaIds(Name);
        document.OperationFilter<OpenApiParameters>(comments);
        document.AddSecurityDefinition(Scheme, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = Scheme,
            Description = "A token of the settings ControlPlane:Tokens, or a JWT of the issuer that they name.",
        });
        document.AddSecurityRequirement(new OpenApiSecurityRequirement
        {
            [new OpenApiSecurityScheme { Reference = new OpenApiReference { Type = ReferenceType.SecurityScheme, Id = Scheme } }] = [],
        });
    }).AddSingleton<IApiDescriptionProvider, OpenApiPaths>();

    // Webhook.State and Edge.State are two things; the generated code has what lies inside a message in a class Types of it.
    private static string Name(Type type) => type.DeclaringType?.DeclaringType is { } message ? message.Name + type.Name : type.Name;

    public static WebApplication UseOpenApiPage(this WebApplication app)
    {
        app.MapSwagger("/openapi/{documentName}.json");
        // Calls of the API do not go through what serves a page.
        app.UseWhen(context => context.Request.Path.StartsWithSegments(Page), branch => branch
            .Use((context, next) =>
            {
                context.Response.Headers.ContentSecurityPolicy = ContentPolicy;
                return next(context);
            })
            .UseSwaggerUI(page =>
            {
                page.RoutePrefix = Page[1..];
                page.DocumentTitle = "Turnpike: REST";
                page.SwaggerEndpoint(Document, "Turnpike v1");
            }));
        return app;
    }
}
