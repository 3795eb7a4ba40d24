using Turnpike.Edge.Management;
using Turnpike.Edge.Options;
using Turnpike.Edge.Transport;
using Turnpike.Edge.Transport.Streams;
using Turnpike.Edge.Trial;
using Turnpike.ServiceDefaults;

ServiceIdentity identity = ServiceIdentity.Of("edge", typeof(EdgeSettings).Assembly);
ServiceStart<EdgeSettings> start = ServiceStart.Read(identity, args, EdgeSettings.Catalog, EdgeSettingsReader.Read);
if (start.ExitCode is int exitCode)
{
    return exitCode; // --help, --version, or settings that are wrong: all is said.
}

WebApplicationBuilder builder = start.CreateBuilder();
builder.Services.AddSingleton(start.Settings);
builder.Services.AddRelay();
builder.AddServiceDefaults(identity).AddManagement(start.Settings).AddStreams();
builder.Services.AddDrain().AddTrialScreen(start.Settings);

WebApplication app = builder.Build();
app.UseManagement();
app.MapServiceDefaults();
return await app.RunServiceAsync();
