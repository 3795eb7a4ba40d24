using Turnpike.Edge;
using Turnpike.Edge.Management;
using Turnpike.ServiceDefaults;
using Turnpike.Standalone.ControlPlane;
using Turnpike.Standalone.Options;
using Turnpike.Standalone.Screen;
using Turnpike.Standalone.Store;

ServiceIdentity identity = ServiceIdentity.Of("standalone", typeof(StandaloneSettings).Assembly);
ServiceStart<StandaloneSettings> start = ServiceStart.Read(identity, args, StandaloneSettings.Catalog, StandaloneSettingsReader.Read);
if (start.ExitCode is int exitCode)
{
    return exitCode; // --help, --version, or settings that are wrong: all is said.
}

// Before the host, which connects to the store while it is built; and after it, which has something to write to the end.
using ILoggerFactory loggers = start.CreateLoggerFactory();
using EmbeddedStore? store = StoreStart.TryStart(identity, start.Settings, loggers);
if (store is null)
{
    return 1;
}

WebApplicationBuilder builder = start.CreateBuilder();
builder.AddEdge(identity, start.Settings.Edge);
builder.AddNestedControlPlane(start);
builder.AddScreen(start.Settings, store);

WebApplication app = builder.Build();
app.UseEdge();
return await app.RunServiceAsync();
