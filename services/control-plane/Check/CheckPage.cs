using Microsoft.AspNetCore.Mvc;

namespace Turnpike.ControlPlane.Check;

/// <summary>
/// The connectivity check: a page that calls itself through every relay it is offered. It is open to anybody, because it says nothing
/// but what this source says; what it needs to make calls is a token, which it asks for.
/// </summary>
internal static class CheckPage
{
    /// <summary>Where the page is; its parts are below.</summary>
    public const string Path = "/check";

    private static readonly (string Name, string Value)[] Headers =
    [
        // Nothing runs, and nothing is fetched or asked, that is not of this server; nobody frames the page.
        ("Content-Security-Policy",
            "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        // Isolated pages have the finest clocks: packets take less than a millisecond in a good network.
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Embedder-Policy", "require-corp"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        // Asked for each time and answered 304: a page and parts of two versions do not fit together.
        ("Cache-Control", "no-cache"),
    ];

    public static WebApplication MapCheckPage(this WebApplication app)
    {
        CheckAssets assets = CheckAssets.Load();
        string[] methods = [HttpMethods.Get, HttpMethods.Head];
        app.MapMethods(Path, methods, context => IsFolder(context)
            // The page names its parts relative to /check, so that it works below any prefix that a proxy puts in front.
            ? Redirect(context)
            : AnswerAsync(context, assets.Find(CheckAssets.Page)));
        app.MapMethods($"{Path}/{{part}}", methods, (HttpContext context, [FromRoute] string part) => AnswerAsync(context, assets.Find(part)));
        return app;
    }

    private static bool IsFolder(HttpContext context) => context.Request.Path.Value!.EndsWith('/');

    private static Task Redirect(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status308PermanentRedirect;
        context.Response.Headers.Location = $"..{Path}{context.Request.QueryString}";
        return Task.CompletedTask;
    }

    private static Task AnswerAsync(HttpContext context, CheckAsset? asset)
    {
        foreach ((string name, string value) in Headers)
        {
            context.Response.Headers[name] = value;
        }
        IResult answer = asset is null ? Results.NotFound() : Results.Bytes(asset.Body, asset.ContentType, entityTag: asset.Tag);
        return answer.ExecuteAsync(context);
    }
}
