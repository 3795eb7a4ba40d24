using Turnpike.Edge;
using Turnpike.Edge.Management;
using Turnpike.Edge.Options;
using Turnpike.Edge.Trial;
using Turnpike.ServiceDefaults;

ServiceIdentity identity = ServiceIdentity.Of("edge", typeof(EdgeSettings).Assembly);
ServiceStart<EdgeSettings> start = ServiceStart.Read(identity, args, EdgeSettings.Catalog, EdgeSettingsReader.Read);
if (start.ExitCode is int exitCode)
{
    return exitCode; // --help, --version, or settings that are wrong: all is said.
}

WebApplicationBuilder builder = start.CreateBuilder();
builder.AddEdge(identity, start.Settings);
builder.Services.AddTrialScreen(start.Settings);

WebApplication app = builder.Build();
app.UseEdge();
return await app.RunServiceAsync();
